"""Faults are set, understood or refused with a sentence, and cleared."""

import asyncio
from typing import Any

import httpx
import pytest

from simulator.graph_errors import TITLES
from simulator.platform import Simulator

ANA = "15550001111"
FAULTS = "/simulator/faults"
MESSAGES = "/v24.0/106540352242922/messages"
TEXT = {"type": "text", "text": {"body": "hi"}}
SEND = {"messaging_product": "whatsapp", "to": ANA, **TEXT}
NONE: dict[str, Any] = {
    "webhooks": {
        "duplicate": 0.0,
        "reorder": 0.0,
        "delay_s": 0.0,
        "drop": 0.0,
        "batch": 1,
        "batch_wait_s": 0.05,
    },
    "sends": {
        "error_code": None,
        "share": 1.0,
        "later": False,
        "lost": 0.0,
        "unreached": 0.0,
        "hold_s": 0.0,
        "latency_s": 0.0,
    },
    "statuses": {"delay_s": 0.0, "drop": 0.0},
    "limits": True,
    "media_expired": False,
    "crm": None,
}


async def test_the_faults_of_the_contract_are_set_read_and_cleared(
    client: httpx.AsyncClient,
) -> None:
    wanted: dict[str, Any] = {
        "webhooks": {"duplicate": 0.1, "reorder": 0.1, "delay_s": 2, "drop": 0.0},
        "sends": {"error_code": 131056, "share": 0.2, "latency_s": 0.5},
        "limits": True,
    }

    put = await client.put(FAULTS, json=wanted)
    read = await client.get(FAULTS)
    cleared = await client.delete(FAULTS)

    assert put.json() == read.json()
    for name in ("webhooks", "sends"):
        assert put.json()[name] == {**NONE[name], **wanted[name]}
    assert cleared.json() == (await client.get(FAULTS)).json() == NONE


async def test_what_a_put_leaves_out_is_off_again(client: httpx.AsyncClient) -> None:
    await client.put(FAULTS, json={"media_expired": True, "limits": False})

    answer = await client.put(FAULTS, json={"webhooks": {"drop": 1}})

    assert answer.json() == {**NONE, "webhooks": {**NONE["webhooks"], "drop": 1.0}}


@pytest.mark.parametrize(
    ("faults", "sentence"),
    [
        ({"webhook": {}}, "webhook: no such fault"),
        ({"webhooks": {"lose": 1}}, "webhooks.lose: no such fault"),
        (
            {"webhooks": {"drop": 1.5}},
            "webhooks.drop: Input should be less than or equal to 1",
        ),
        (
            {"webhooks": {"delay_s": -1}},
            "webhooks.delay_s: Input should be greater than or equal to 0",
        ),
        ({"webhooks": {"drop": "all"}}, "webhooks.drop: Input should be a valid number"),
        (
            {"sends": {"error_code": 7}},
            "sends: error_code must be one of Meta's error codes, such as 131056",
        ),
        ({"sends": {"share": 0.5}}, "sends: a share needs an error_code to answer with"),
        (
            {"limits": "off"},
            (
                "limits.bool: Input should be a valid boolean; "
                "limits.LimitFaults: Input should be a valid dictionary or instance of LimitFaults"
            ),
        ),
        (
            {"webhooks": {"batch": 1001}},
            "webhooks.batch: Input should be less than or equal to 1000",
        ),
        ({"crm": {"status": 200}}, "crm.status: Input should be greater than or equal to 300"),
        ({"crm": {"times": 1}}, "crm.status: Field required"),
        ([], "the body: Input should be a valid dictionary or instance of Faults"),
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(
    client: httpx.AsyncClient, faults: Any, sentence: str
) -> None:
    answer = await client.put(FAULTS, json=faults)

    assert answer.status_code == 422
    assert answer.json() == {"detail": sentence}
    assert (await client.get(FAULTS)).json() == NONE


@pytest.mark.parametrize("code", [2, 190, 131000, 131026, 131056, 132001])
async def test_sends_are_refused_with_any_of_metas_codes(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, code: int
) -> None:
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await client.put(FAULTS, json={"sends": {"error_code": code}})

    answer = await graph.post(MESSAGES, json=SEND)

    error = answer.json()["error"]
    assert answer.status_code == TITLES[code][0]
    assert error["code"] == code
    assert error["message"] == f"(#{code}) {TITLES[code][1]}"


async def test_only_a_share_of_the_sends_is_refused(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    faults = {"sends": {"error_code": 131000, "share": 0.3}, "limits": False}
    await client.put(FAULTS, json=faults)

    answers = [await graph.post(MESSAGES, json=SEND) for _ in range(100)]

    refused = sum(answer.status_code == 500 for answer in answers)
    stats = (await client.get("/simulator/stats")).json()["sends"]
    assert 15 < refused < 45
    assert stats == {"accepted": 100 - refused, "131000": refused}


async def test_a_slow_answer_comes_after_the_person_already_has_the_message(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, platform: Simulator
) -> None:
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await client.put(FAULTS, json={"sends": {"latency_s": 60}})
    with platform.hub.page() as page:
        answer = asyncio.create_task(graph.post(MESSAGES, json=SEND))
        notice = await asyncio.wait_for(page.get(), 5)
        while notice is not None and notice.kind != "message":
            notice = await asyncio.wait_for(page.get(), 5)

    lines = (await client.get(f"/simulator/users/{ANA}/transcript")).json()
    assert [line["direction"] for line in lines] == ["in", "out"]
    assert not answer.done()

    answer.cancel()
    await asyncio.gather(answer, return_exceptions=True)
