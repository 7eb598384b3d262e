"""A number's limits can be set, tightened and raised, as Meta raises them."""

import asyncio

import httpx
import pytest

from simulator.limits import Limits, Rates
from simulator.platform import Simulator
from simulator.testing import FakeBusiness, Hands

ANA = "15550001111"
MESSAGES = "/v24.0/106540352242922/messages"
TEXT = {"type": "text", "text": {"body": "hi"}}


async def codes(
    graph: httpx.AsyncClient, client: httpx.AsyncClient, count: int, *, to_each: bool = False
) -> list[int | None]:
    found = []
    for number in range(count):
        wa_id = f"1555000{number:04d}" if to_each else ANA
        await client.post(f"/simulator/users/{wa_id}/messages", json=TEXT)
        body = {"messaging_product": "whatsapp", "to": wa_id, **TEXT}
        answer = await graph.post(MESSAGES, json=body)
        found.append(answer.json().get("error", {}).get("code"))
    return found


async def test_the_throughput_can_be_tightened_for_a_while(
    client: httpx.AsyncClient, graph: httpx.AsyncClient
) -> None:
    await client.put("/simulator/faults", json={"limits": {"per_second": 2}})
    tight = await codes(graph, client, 4, to_each=True)
    await client.delete("/simulator/faults")

    assert tight == [None, None, 130429, 130429]
    assert (await client.get("/simulator/number")).json()["per_second"] == 80


async def test_the_limit_of_a_pair_can_be_tightened_for_a_while(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, clock: Hands
) -> None:
    limits = {"pair_burst": 2, "pair_seconds": 3}
    await client.put("/simulator/faults", json={"limits": limits})

    before = await codes(graph, client, 3)
    clock.turn(3)
    after = await codes(graph, client, 2)

    assert (before, after) == ([None, None, 131056], [None, 131056])


def test_half_a_message_a_second_is_one_every_two_seconds() -> None:
    limits = Limits(Rates(per_second=0.5))

    answers = [limits.refuse(f"person {second}", 100.0 + second) for second in range(5)]

    assert [answer is None for answer in answers] == [True, False, True, False, True]


@pytest.fixture
def maintenance(platform: Simulator, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Upgrades last until this is set."""
    over = asyncio.Event()

    async def sleep(_: float) -> None:
        await over.wait()

    monkeypatch.setattr(platform.number, "_sleep", sleep)
    return over


async def test_an_upgrade_refuses_everything_until_it_is_done(
    client: httpx.AsyncClient,
    graph: httpx.AsyncClient,
    business: FakeBusiness,
    clock: Hands,
    maintenance: asyncio.Event,
) -> None:
    started = await client.post("/simulator/number/upgrade", json={"per_second": 1000})
    meanwhile = await codes(graph, client, 1)
    again = await client.post("/simulator/number/upgrade", json={})
    maintenance.set()
    await business.webhooks(2)
    clock.turn(1)
    after = await codes(graph, client, 120, to_each=True)

    assert (started.json()["in_maintenance"], meanwhile, again.status_code) == (True, [131057], 409)
    assert after == [None] * 120


async def test_an_upgrade_that_is_done_is_told(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    await client.post("/simulator/number/upgrade", json={"takes_s": 0})

    assert await business.webhooks(1) == [
        {
            "display_phone_number": "15550783881",
            "event": "THROUGHPUT_UPGRADE",
            "current_limit": "TIER_UNLIMITED",
            "max_daily_conversations_per_business": "TIER_UNLIMITED",
        }
    ]


async def test_news_of_the_account_carry_the_time_and_the_right_field(
    client: httpx.AsyncClient, business: FakeBusiness, clock: Hands
) -> None:
    await client.post("/simulator/number/upgrade", json={"takes_s": 0})
    await business.webhooks(1)

    [entry] = business.bodies()[0]["entry"]
    assert entry["changes"][0]["field"] == "phone_number_quality_update"
    assert (entry["id"], entry["time"]) == ("102290129340398", int(clock.now))
