"""The commands do on a real Kafka and PostgreSQL what they say."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from agentctl.__main__ import app
from agentctl.adapters.kafka_topic import KafkaRecord, topic
from agentctl.installation import Installation
from agentctl.use_cases.parking import acts_by_place
from streaming.cloudevents import CloudEvent, encode
from streaming.kafka import Publisher, broker
from streaming.parking import Parking

pytestmark = pytest.mark.connected

HEADERS = json.dumps([["ce_id", "MQ=="], ["ce_type", "bWVzc2FnZS5yZWNlaXZlLnYx"]]).encode()


@pytest.fixture
def told(
    cluster: Installation, store_site: Installation, monkeypatch: pytest.MonkeyPatch
) -> Installation:
    """Tell agentctl by its variables where Kafka and PostgreSQL of the test are."""
    monkeypatch.setenv("AGENT_KAFKA_BOOTSTRAP_SERVERS", str(cluster.kafka_bootstrap_servers))
    monkeypatch.setenv("AGENT_TOPIC_PREFIX", cluster.topic_prefix)
    monkeypatch.setenv("AGENT_DATABASE_URL", store_site.database())
    monkeypatch.setenv("AGENT_OPERATOR", "kim")
    monkeypatch.setenv("AGENT_TIMEOUT_SECONDS", "30")
    return cluster


async def agentctl(*line: str, typed: str = "") -> Any:
    """Run a command as from a terminal that is none."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(line), input=typed)


async def park_command(site: Installation) -> None:
    connection = await asyncpg.connect(site.database())
    await connection.execute(
        "INSERT INTO parked_command (shard, kafka_offset, reason, key, value, headers)"
        " VALUES (2, 5, 'bug: KeyError', 'ana', '{}', $1)",
        HEADERS,
    )
    await connection.close()


async def park_event(site: Installation, number: int = 1) -> None:
    settings = site.kafka()
    client = broker(settings)
    await client.start()
    event = CloudEvent(
        id=str(number),
        type="session.completed.v1",
        source="/test",
        time=datetime.now(UTC),
        data=b'{"contact_id": "c1", "personal": {"text": "a secret"}}',
    )
    stood = KafkaRecord("session-events", 3, number, 0, b"c1", event.data, encode(event))
    await Parking(
        Publisher(client, settings), "session-events.parked.crm-notifier", "crm-notifier"
    ).park(stood, "rejected:CrmRefused: 400")
    await client.stop()


async def values_of(site: Installation, name: str) -> Sequence[bytes | None]:
    async with topic(site.kafka(), name) as read:
        bounds = await read.bounds()
        begins = {at: one.begin for at, one in bounds.items()}
        ends = {at: one.end for at, one in bounds.items()}
        return [one.value async for portion in read.between(begins, ends) for one in portion]


async def test_a_parked_command_is_listed_redriven_by_session_core_and_noted(
    told: Installation, store_site: Installation
) -> None:
    await park_command(store_site)

    before = await agentctl("parked", "list", "commands")
    shown = await agentctl("parked", "show", "commands", "2/5")
    done = await agentctl("parked", "redrive", "commands", "2/5", "--why", "mended", "--yes")
    again = await agentctl("parked", "redrive", "commands", "2/5", "--yes")
    after = await agentctl("parked", "list", "commands", "--json")
    acts = await acts_by_place(told.kafka(), seconds=20)

    assert "bug: KeyError" in before.output
    assert json.loads(shown.stdout)["value"] == "•••"
    assert "redriven: 1 of 1" in done.output
    assert (again.exit_code, "was redriven" in again.output) == (1, True)
    assert json.loads(after.stdout) == []
    assert await values_of(told, "session-commands") == [b"{}"]
    [act] = acts["commands/2/5"]
    assert (act.kind, act.by, act.why) == ("redriven", "kim", "mended")


@pytest.mark.parametrize("where", ["commands", "crm-notifier"])
@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("99999999999/1", "not parked"),
        ("0/99999999999999999999999", "not parked"),
        ("\N{SUPERSCRIPT TWO}/1", "is no place"),
        ("1", "is no place"),
    ],
)
@pytest.mark.usefixtures("told")
async def test_a_place_that_there_is_none_of_is_told_in_a_line(
    where: str, place: str, says: str
) -> None:
    shown = await agentctl("parked", "show", where, place)

    assert (shown.exit_code, says in shown.output) == (1, True), shown.output or shown.exception


async def test_nothing_is_done_that_was_not_agreed_to(told: Installation) -> None:
    await park_event(told)

    asked = await agentctl("parked", "redrive", "crm-notifier", "--all")

    assert asked.exit_code == 1
    assert "send 1 parked record to crm-notifier" in asked.output
    assert "say --yes" in asked.output
    assert await values_of(told, "session-events.redriven.crm-notifier") == []


@pytest.mark.parametrize("where", ["crm-notifier", "commands"])
@pytest.mark.parametrize("act", [["redrive"], ["skip", "--why", "none"]])
@pytest.mark.usefixtures("told")
async def test_where_nothing_waits_nothing_has_to_be_agreed_to(where: str, act: list[str]) -> None:
    verb, *more = act

    done = await agentctl("parked", verb, where, "--all", *more)

    assert (done.exit_code, done.output) == (0, "nothing waits\n"), done.output or done.exception


async def test_a_parked_event_is_shown_without_what_is_personal_and_skipped(
    told: Installation,
) -> None:
    await park_event(told)

    listed = json.loads((await agentctl("parked", "list", "--json")).stdout)
    [place] = [one["place"] for one in listed]
    masked = await agentctl("parked", "show", "crm-notifier", place)
    unmasked = await agentctl("parked", "show", "crm-notifier", place, "--unmasked")
    skipped = await agentctl(
        "parked", "skip", "crm-notifier", place, "--why", "told by hand", "--yes"
    )
    after = json.loads((await agentctl("parked", "list", "--json")).stdout)

    assert "a secret" not in masked.output
    assert "a secret" in unmasked.output
    assert "skipped: 1" in skipped.output
    assert after == []


async def test_the_doctor_tells_programs_whether_all_holds(told: Installation) -> None:
    well = await agentctl("doctor", "--json", "--only", "kafka", "--only", "topics")
    await park_event(told)
    strict = await agentctl("doctor", "--only", "parked", "--strict")

    assert (well.exit_code, json.loads(well.stdout)["holds"]) == (0, True)
    assert strict.exit_code == 1
    assert "1 of crm-notifier waits for an operator" in strict.output
