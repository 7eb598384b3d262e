"""What the platform did can be read from a file, also after it was killed."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.app import build
from simulator.ids import user_id_of
from simulator.platform import Simulator
from simulator.settings import Settings
from simulator.testing import FakeBusiness, value_of

ANA = "15550001111"
TEXT = {"type": "text", "text": {"body": "hi"}}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"journal": tmp_path / "journal.jsonl"})


@pytest.fixture
def lines(settings: Settings) -> Any:
    def read() -> list[dict[str, Any]]:
        assert settings.journal is not None
        return [json.loads(line) for line in settings.journal.read_text().splitlines()]

    return read


async def test_a_webhook_is_written_down_when_it_is_taken_and_when_it_was_answered(
    client: httpx.AsyncClient, platform: Simulator, business: FakeBusiness, lines: Any
) -> None:
    business.answers.extend([500, 503])
    wamid = (await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)).json()["wamid"]
    await platform.delivery.settled()

    seen = [(line["what"], line.get("wamid"), line.get("way")) for line in lines()]
    assert seen == [
        ("started", None, None),
        ("taken", wamid, "in-turn"),
        ("answered", wamid, None),
    ]


async def test_a_webhook_that_nobody_answered_is_never_called_answered(
    client: httpx.AsyncClient, platform: Simulator, business: FakeBusiness, lines: Any
) -> None:
    business.answers.extend([500] * 1_000)
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await platform.delivery.stop()

    assert [line["what"] for line in lines()] == ["started", "taken"]


async def test_a_webhook_that_a_fault_sends_ahead_or_twice_goes_alone(
    client: httpx.AsyncClient, platform: Simulator, lines: Any
) -> None:
    await client.put("/simulator/faults", json={"webhooks": {"duplicate": 1.0}})
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await platform.delivery.settled()

    assert [line["way"] for line in lines() if line["what"] == "taken"] == ["alone"]
    assert [line["what"] for line in lines()].count("answered") == 2


async def test_a_reply_its_statuses_and_a_call_of_the_crm_are_written_down(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, platform: Simulator, lines: Any
) -> None:
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    body = {"messaging_product": "whatsapp", "to": ANA, "biz_opaque_callback_data": "r1"}
    await graph.post("/v24.0/106540352242922/messages", json={**body, **TEXT})
    await client.post("/crm/webhooks", content=b"{}")
    await platform.delivery.settled()

    accepted = next(line for line in lines() if line["what"] == "accepted")
    assert (accepted["reply_id"], accepted["message"]) == ("r1", TEXT)
    told = next(line for line in lines() if line["what"] == "crm")
    assert told["answered"] == 401


async def test_a_second_life_adds_to_the_journal_of_the_first(
    settings: Settings, lines: Any
) -> None:
    for _ in range(2):
        simulator = build(settings)
        simulator.journal.close()
        await simulator.caller.close()

    assert [line["what"] for line in lines()] == ["started", "started"]


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        ("both", {"from": ANA, "from_user_id": user_id_of(ANA)}),
        ("phone", {"from": ANA}),
        ("user-id", {"from_user_id": user_id_of(ANA)}),
    ],
)
async def test_a_person_shows_the_business_the_ids_that_they_choose(
    shown: str, names: dict[str, str], client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await client.put(f"/simulator/users/{ANA}", json={"shown": shown})
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await business.webhooks(1)

    value = value_of(business.accepted[0].content)
    (message,), (contact,) = value["messages"], value["contacts"]
    assert {key: message[key] for key in message if key.startswith("from")} == names
    assert set(contact) - {"profile"} == {
        {"from": "wa_id", "from_user_id": "user_id"}[name] for name in names
    }


async def test_a_status_names_the_person_as_the_business_did(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await client.put(f"/simulator/users/{ANA}", json={"shown": "user-id"})
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    body = {"messaging_product": "whatsapp", "recipient": user_id_of(ANA)}
    await graph.post("/v24.0/106540352242922/messages", json={**body, **TEXT})

    (status,) = await business.statuses(1)
    assert status["recipient_user_id"] == user_id_of(ANA)
    assert "recipient_id" not in status
