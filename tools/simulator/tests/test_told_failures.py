"""The next so many sends fail as told: refused, failed later, or with an answer that gets lost."""

import asyncio
from typing import Any

import httpx
import pytest

from simulator.graph_errors import TITLES, Unreached
from simulator.people import Entry
from simulator.platform import Simulator
from simulator.testing import FakeBusiness

ANA, BEN = "15550001111", "15550002222"
FAILURES = "/simulator/failures"
MESSAGES = "/v24.0/106540352242922/messages"
TEXT = {"type": "text", "text": {"body": "hi"}}


@pytest.fixture(autouse=True)
async def open_windows(client: httpx.AsyncClient) -> None:
    for wa_id in (ANA, BEN):
        await client.post(f"/simulator/users/{wa_id}/messages", json=TEXT)


async def send(graph: httpx.AsyncClient, to: str = ANA) -> httpx.Response:
    body = {"messaging_product": "whatsapp", "to": to, "biz_opaque_callback_data": "r1", **TEXT}
    return await graph.post(MESSAGES, json=body)


def code_of(answer: httpx.Response) -> int | None:
    code: int | None = answer.json().get("error", {}).get("code")
    return code


def reached(platform: Simulator, wa_id: str = ANA) -> list[Entry]:
    return [entry for entry in platform.people.meet(wa_id).entries if entry.direction == "out"]


@pytest.mark.parametrize("code", sorted(TITLES))
async def test_every_code_of_metas_table_can_refuse_a_send(
    code: int, client: httpx.AsyncClient, graph: httpx.AsyncClient, platform: Simulator
) -> None:
    await client.post(FAILURES, json={"code": code})

    answers = [await send(graph) for _ in range(2)]

    assert [code_of(answer) for answer in answers] == [code, None]
    assert answers[0].status_code == TITLES[code][0]
    assert len(reached(platform)) == 1


async def test_only_the_person_named_is_refused_and_only_so_many_times(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.post(FAILURES, json={"code": 131026, "times": 2, "to": ANA})

    got = [code_of(await send(graph, to)) for to in (BEN, ANA, BEN, ANA, ANA)]

    assert got == [None, 131026, None, 131026, None]
    assert (await client.get(FAILURES)).json() == []


async def test_a_send_can_be_accepted_and_fail_by_a_status_webhook(
    client: httpx.AsyncClient,
    graph: httpx.AsyncClient,
    business: FakeBusiness,
    platform: Simulator,
) -> None:
    await client.post(FAILURES, json={"how": "failed", "code": 131049})

    answer = await send(graph)

    [status] = await business.statuses(1)
    assert status["id"] == answer.json()["messages"][0]["id"]
    assert (status["status"], status["biz_opaque_callback_data"]) == ("failed", "r1")
    assert status["errors"][0]["code"] == 131049
    assert reached(platform) == []


async def test_an_answer_can_get_lost_although_the_person_has_the_message(
    client: httpx.AsyncClient,
    graph: httpx.AsyncClient,
    business: FakeBusiness,
    platform: Simulator,
) -> None:
    await client.post(FAILURES, json={"how": "lost"})

    answer = await send(graph)

    assert answer.status_code == 504
    assert "error" not in answer.text
    assert len(reached(platform)) == 1
    assert (await business.statuses(1))[0]["biz_opaque_callback_data"] == "r1"


async def test_a_call_can_get_lost_before_it_arrives(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, platform: Simulator
) -> None:
    await client.post(FAILURES, json={"how": "unreached"})

    answer = await send(graph)

    assert (answer.status_code, reached(platform)) == (504, [])
    assert platform.sending.counts == {"unreached": 1}


@pytest.mark.parametrize(("share", "arrived"), [("lost", 1), ("unreached", 0)])
async def test_a_share_of_the_sends_can_get_lost(
    share: str,
    arrived: int,
    client: httpx.AsyncClient,
    graph: httpx.AsyncClient,
    platform: Simulator,
) -> None:
    await client.put("/simulator/faults", json={"sends": {share: 1.0}})

    answer = await send(graph)

    assert (answer.status_code, len(reached(platform))) == (504, arrived)


async def test_a_share_of_the_sends_can_be_accepted_and_fail_later(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    sends = {"error_code": 131026, "later": True}
    await client.put("/simulator/faults", json={"sends": sends})

    answer = await send(graph)

    [status] = await business.statuses(1)
    assert answer.status_code == 200
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131026)


async def test_who_hangs_up_while_the_call_is_held_called_in_vain(
    client: httpx.AsyncClient, platform: Simulator
) -> None:
    await client.put("/simulator/faults", json={"sends": {"hold_s": 0.01}})
    gone = asyncio.Event()
    gone.set()

    async def hung_up() -> bool:
        return gone.is_set()

    body = {"messaging_product": "whatsapp", "to": ANA, **TEXT}
    with pytest.raises(Unreached):
        await platform.sending.handle(body, hung_up)
    gone.clear()
    await platform.sending.handle(body, hung_up)

    assert platform.sending.counts == {"unreached": 1, "accepted": 1}


async def test_failures_that_wait_are_shown_and_cleared(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.post(FAILURES, json={"code": 2, "times": 9})
    await client.post(FAILURES, json={"how": "lost", "to": BEN})

    waiting = (await client.get(FAILURES)).json()
    await client.delete(FAILURES)

    assert waiting == [
        {"how": "refused", "code": 2, "times": 9, "to": None},
        {"how": "lost", "code": None, "times": 1, "to": BEN},
    ]
    assert code_of(await send(graph)) is None


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ({}, "the body: code must be one of Meta's error codes, such as 131056"),
        ({"code": 7}, "the body: code must be one of Meta's error codes, such as 131056"),
        ({"how": "lost", "code": 2}, "the body: a send that is lost carries no code"),
        ({"code": 2, "times": 0}, "times: Input should be greater than or equal to 1"),
        ({"code": 2, "what": 1}, "what: no such fault"),
    ],
)
async def test_a_failure_that_makes_no_sense_is_refused_with_a_sentence(
    failure: Any, sentence: str, client: httpx.AsyncClient
) -> None:
    answer = await client.post(FAILURES, json=failure)

    assert (answer.status_code, answer.json()) == (422, {"detail": sentence})
