import io
from pathlib import Path

import asyncpg
import pytest
from rich.console import Console

from bench.against_copy import against_copy
from bench.against_floor import TIMES as CROWDS
from bench.against_floor import against_floor
from bench.claim import COMMANDS_A_PERSON, EVENTS_A_PERSON
from bench.crm_rate import ALLOWED_A_SECOND, crm_rate, crm_throttled
from bench.facts_for_crm import EVENTS_A_PERSON as EVENTS_TOLD_OF_A_PERSON
from bench.ingress_latency import UPDATES_A_SECOND, ingress_latency
from bench.ingress_rate import WEBHOOKS_A_PERSON, ingress_rate
from bench.lab import Lab, Sizes, Unavailable
from bench.million import stored
from bench.replies import REPLIES_A_PERSON
from bench.sender_rate import TIMES, sender_rate
from bench.starting import after_a_crash
from bench.store import NotWritten, bed
from bench.stored import template
from bench.timers import fill
from devstack.site import find_root
from devstack.stack import Stack

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

PEOPLE = 10


class Guest(Lab):
    """A lab on servers that other tests use as well."""

    async def restart_postgres(self) -> None:
        """Leave the server alone."""


@pytest.fixture
def lab(kafka: str, postgres: str, tmp_path: Path) -> Lab:
    root = find_root(Path(__file__).parent)
    return Guest(
        root=root,
        folder=tmp_path,
        stack=Stack(root, tmp_path / "never-started"),
        kafka=kafka,
        postgres=postgres,
        sizes=Sizes(rounds=1, people=PEOPLE, seconds=1),
        console=Console(file=io.StringIO()),
    )


async def test_the_floor_writes_and_publishes_all_that_session_core_does(lab: Lab) -> None:
    (result,) = await against_floor(lab)

    assert result.name == "session-core/floor"
    assert result.value > 0
    people = PEOPLE * CROWDS
    assert result.detail["commands"] == people * COMMANDS_A_PERSON
    assert result.detail["ratio_of_one_instance"] > 0
    for side in ("all_instances", "one_instance", "floor", "floor_in_whole_batches"):
        assert result.detail[side][0]["events"] == people * EVENTS_A_PERSON


async def test_sender_and_the_bare_loop_post_the_same_replies(lab: Lab) -> None:
    result, memory = await sender_rate(lab)

    assert (result.name, memory.name) == ("sender/rate", "memory/sender")
    assert memory.value > 1
    assert result.bar == 0.6
    assert result.unit == "ratio"
    assert result.detail["records"] == PEOPLE * TIMES * REPLIES_A_PERSON
    assert result.detail["ratio_of_one_instance"] > 0
    for side in ("all_instances", "one_instance", "bare_loop", "bare_loop_by_our_calls"):
        assert result.detail[side][0]["sends_per_s"] > 0


async def test_crm_notifier_and_the_bare_loop_post_the_same_events(lab: Lab) -> None:
    (result,) = await crm_rate(lab)

    assert (result.name, result.bar, result.unit) == ("crm/rate", 0.6, "ratio")
    assert result.detail["records"] == PEOPLE * TIMES * EVENTS_TOLD_OF_A_PERSON
    assert result.detail["ratio_of_one_instance"] > 0
    for side in ("all_instances", "one_instance", "bare_loop", "bare_loop_by_our_calls"):
        assert result.detail[side][0]["sends_per_s"] > 0


async def test_a_crm_that_throttles_is_told_of_everything_in_the_end(lab: Lab) -> None:
    (result,) = await crm_throttled(lab)

    assert (result.name, result.bar, result.unit) == ("crm/throttled", 0.95, "ratio")
    assert result.detail["events"] == ALLOWED_A_SECOND
    assert 0 < result.value <= 1.01


async def test_ingress_and_the_bare_application_keep_every_webhook(lab: Lab) -> None:
    (result,) = await ingress_rate(lab)

    assert (result.name, result.bar, result.unit) == ("ingress/bare", 0.6, "ratio")
    assert result.detail["webhooks"] == PEOPLE * WEBHOOKS_A_PERSON
    for side in ("ingress", "bare"):
        assert result.detail[side][0]["webhooks_per_s"] > 0


async def test_latency_and_memory_of_ingress_are_taken_under_both_loads(lab: Lab) -> None:
    latency, memory = await ingress_latency(lab)

    assert (latency.name, memory.name) == ("ingress/latency", "memory/ingress")
    assert latency.value == latency.detail["mixed"][0]["p50_ms"] > 0
    assert latency.detail["single"][0]["posts"] == UPDATES_A_SECOND
    assert memory.value > 1


async def test_append_and_copy_are_compared_on_the_same_rows(lab: Lab) -> None:
    (result,) = await against_copy(lab)

    assert result.name == "append/copy"
    assert result.unit == "ratio"
    assert result.detail["calls"] == PEOPLE * EVENTS_A_PERSON // 500
    assert result.detail["append"][0]["events_per_s"] > 0
    assert result.detail["copy"][0]["events_per_s"] > 0


async def test_a_side_that_wrote_too_little_is_found_out(lab: Lab) -> None:
    async with bed(lab.postgres) as place:
        with pytest.raises(NotWritten, match="0 events instead of 500"):
            await place.check(500)


async def test_a_stored_session_goes_on_where_it_was_after_a_crash(lab: Lab) -> None:
    made = await template(lab.flows)

    async with stored(lab, made, 40, [5, 6]) as address:
        seconds = await after_a_crash(lab, address, made, [5])
        connection = await asyncpg.connect(address)
        events = await connection.fetchval("SELECT count(*) FROM event")
        await connection.close()

    assert 0 < seconds[0] < 60
    assert events > 40 * len(made.events)


async def test_a_missing_table_of_timers_is_said_in_so_many_words(postgres: str) -> None:
    with pytest.raises(Unavailable, match="0002_timers"):
        await fill(postgres, 1)
