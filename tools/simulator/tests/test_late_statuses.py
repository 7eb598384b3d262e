"""Statuses can be late, lost, or earlier than the answer to the send."""

import asyncio

import httpx

from simulator.platform import Simulator
from simulator.testing import FakeBusiness

ANA = "15550001111"
MESSAGES = "/v24.0/106540352242922/messages"
TEXT = {"type": "text", "text": {"body": "hi"}}
SEND = {"messaging_product": "whatsapp", "to": ANA, **TEXT}


async def test_statuses_come_as_late_as_told_and_in_order(
    client: httpx.AsyncClient,
    graph: httpx.AsyncClient,
    business: FakeBusiness,
    platform: Simulator,
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    platform.statuses._sleep = sleep  # noqa: SLF001
    await client.put("/simulator/faults", json={"statuses": {"delay_s": 40}})
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await graph.post(MESSAGES, json=SEND)

    statuses = await business.statuses(3)
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert slept == [40, 0, 0]


async def test_statuses_that_get_lost_never_come_and_are_counted(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, platform: Simulator
) -> None:
    await client.put("/simulator/faults", json={"statuses": {"drop": 1.0}})
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await graph.post(MESSAGES, json=SEND)
    async with asyncio.timeout(5):
        while platform.statuses.counts["dropped"] < 3:  # noqa: ASYNC110 - as the message goes
            await asyncio.sleep(0.01)

    await platform.delivery.settled()
    stats = (await client.get("/simulator/stats")).json()
    assert stats["statuses"] == {"dropped": 3}
    assert stats["webhooks"]["answered_200"] == 1  # the person's own message


async def test_a_status_can_come_before_the_answer_to_the_send(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await client.put("/simulator/faults", json={"sends": {"latency_s": 60}})
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    answer = asyncio.create_task(graph.post(MESSAGES, json=SEND))

    statuses = await business.statuses(3)

    assert not answer.done()
    assert statuses[0]["status"] == "sent"
    answer.cancel()
    await asyncio.gather(answer, return_exceptions=True)
