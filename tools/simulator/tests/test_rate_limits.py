"""How fast a business may send, to everybody and to one person."""

import httpx
import pytest

from simulator.limits import PAIR_RATE, THROUGHPUT, Limits, Rates
from simulator.testing import Hands

MESSAGES = "/v24.0/106540352242922/messages"


def test_45_messages_to_one_person_pass_at_once_and_the_next_does_not() -> None:
    limits = Limits()

    answers = [limits.refuse("ana", 100.0) for _ in range(46)]

    assert answers == [None] * 45 + [PAIR_RATE]


@pytest.mark.parametrize(("wait_s", "allowed"), [(5.9, 0), (6.0, 1), (60.0, 10), (10_000.0, 45)])
def test_a_burst_is_paid_back_with_six_seconds_a_message(wait_s: float, allowed: int) -> None:
    limits = Limits()
    for _ in range(45):
        limits.refuse("ana", 100.0)

    answers = [limits.refuse("ana", 100.0 + wait_s) for _ in range(46)]

    assert answers.count(None) == allowed


def test_one_persons_limit_does_not_touch_another_person() -> None:
    limits = Limits()
    for _ in range(46):
        limits.refuse("ana", 100.0)

    assert limits.refuse("ben", 100.0) is None


def test_80_messages_a_second_pass_and_the_next_does_not() -> None:
    limits = Limits()

    answers = [limits.refuse(f"person {n}", 100.0) for n in range(81)]

    assert answers == [None] * 80 + [THROUGHPUT]
    assert limits.refuse("later", 100.02) is None


def test_a_refused_message_costs_nothing() -> None:
    limits = Limits(Rates(per_second=1))
    limits.refuse("ana", 100.0)
    for _ in range(50):
        limits.refuse("ana", 100.5)

    assert limits.refuse("ana", 101.0) is None


@pytest.mark.parametrize(("limited", "code"), [(True, 131056), (False, None)], ids=["on", "lifted"])
async def test_limits_can_be_lifted(
    client: httpx.AsyncClient, graph: httpx.AsyncClient, clock: Hands, *, limited: bool, code: int
) -> None:
    text = {"type": "text", "text": {"body": "hi"}}
    await client.put("/simulator/faults", json={"limits": limited})
    await client.post("/simulator/users/15550001111/messages", json=text)
    body = {"messaging_product": "whatsapp", "to": "+15550001111", **text}
    for _ in range(45):
        clock.turn(0.01)
        await graph.post(MESSAGES, json=body)

    answer = await graph.post(MESSAGES, json=body)

    assert answer.json().get("error", {}).get("code") == code
