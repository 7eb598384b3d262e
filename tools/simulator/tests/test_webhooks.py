"""Webhooks reach the business as Meta's do: signed, escaped, repeated, and sometimes badly."""

import hashlib
import hmac
import json
import random
from collections.abc import Awaitable, Callable, Sequence

import httpx
import pytest

from simulator.envelopes import Update, encode
from simulator.faults import FaultBoard
from simulator.ids import user_id_of
from simulator.platform import Simulator
from simulator.testing import NO_ANSWER, FakeBusiness, Hands
from simulator.webhooks import MOST_PENDING, Delivery, Pauses, TooManyPending, Webhook

ANA = "15550001111"
TEXT = {"type": "text", "text": {"body": "hi"}}


class Notebook:
    """An ingress that writes down what it gets, and sleeps that take no time."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []
        self.slept: list[float] = []

    async def post(self, body: bytes) -> int | None:
        self.bodies.append(body)
        return self.answers.pop(0) if self.answers else 200

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def delivery(
    ingress: Notebook, *, seed: int = 1, pauses: Pauses | None = None, **faults: float
) -> Delivery:
    board = FaultBoard()
    board.set({"webhooks": faults})
    return Delivery(
        ingress,
        board,
        random.Random(seed),  # noqa: S311 - dice for faults
        pack=pack,
        pauses=pauses or Pauses(),
        concurrency=4,
        sleep=ingress.sleep,
    )


def pack(updates: Sequence[Update], *, merged: bool) -> bytes:
    """Write down the fields."""
    assert not (merged and len(updates) == 1)
    return " ".join(update.field for update in updates).encode()


async def send(worker: Delivery, *bodies: bytes, lane: str = "ana") -> list[bytes]:
    """Send and wait until all that is pending was answered; return what was answered, in order."""
    answered: list[bytes] = []
    for body in bodies:
        worker.send(Webhook(lane, Update(body.decode(), {}), on_answered=_note(answered, body)))
    await worker.settled()
    return answered


def _note(answered: list[bytes], body: bytes) -> Callable[[], None]:
    return lambda: answered.append(body)


async def test_a_webhook_is_signed_over_the_exact_bytes_sent(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    message = {"type": "text", "text": {"body": "ä/<b> 50% ana@example.org"}}
    await client.post(f"/simulator/users/{ANA}/messages", json=message)
    await business.webhooks(1)

    request = business.accepted[0]
    expected = hmac.new(b"app-secret", request.content, hashlib.sha256).hexdigest()
    assert request.headers["x-hub-signature-256"] == f"sha256={expected}"
    assert rb"\u00e4\/\u003Cb> 50\u0025 ana\u0040example.org" in request.content
    assert json.loads(request.content)["entry"][0]["changes"][0]["value"]["messages"][0][
        "text"
    ] == {"body": "ä/<b> 50% ana@example.org"}


def test_escaped_bodies_read_back_unchanged() -> None:
    content = {"a/b": ["<%@>", "\\u003C", "\\/", "😀"]}

    assert json.loads(encode(content)) == content
    assert encode(content).isascii()


async def test_a_persons_message_arrives_in_metas_envelope(
    client: httpx.AsyncClient, business: FakeBusiness, clock: Hands
) -> None:
    await client.put(f"/simulator/users/{ANA}", json={"name": "Ana Lima"})
    answer = await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await business.webhooks(1)

    assert json.loads(business.accepted[0].content) == {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": "102290129340398",
                "changes": [
                    {
                        "field": "messages",
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {
                                "display_phone_number": "15550783881",
                                "phone_number_id": "106540352242922",
                            },
                            "contacts": [
                                {
                                    "profile": {"name": "Ana Lima"},
                                    "wa_id": ANA,
                                    "user_id": user_id_of(ANA),
                                }
                            ],
                            "messages": [
                                {
                                    "from": ANA,
                                    "from_user_id": user_id_of(ANA),
                                    "id": answer.json()["wamid"],
                                    "timestamp": str(int(clock.now)),
                                    **TEXT,
                                }
                            ],
                        },
                    }
                ],
            }
        ],
    }


async def test_a_webhook_is_repeated_with_growing_pauses_until_answered_200() -> None:
    ingress = Notebook(500, None, 503, 404, 201, 500, 500)

    answered = await send(delivery(ingress), b"body")

    assert answered == [b"body"]
    assert ingress.bodies == [b"body"] * 8
    assert ingress.slept == [0.25, 0.5, 1, 2, 4, 8, 10]


async def test_webhooks_of_one_person_arrive_in_order_despite_failures() -> None:
    ingress = Notebook(500, 200, None, 500)

    await send(delivery(ingress), b"1", b"2", b"3")

    assert ingress.bodies == [b"1", b"1", b"2", b"2", b"2", b"3"]


async def test_a_business_that_is_down_gets_everything_once_it_is_back(
    client: httpx.AsyncClient, business: FakeBusiness, platform: Simulator
) -> None:
    business.answers.extend([NO_ANSWER] * 3)

    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    await business.webhooks(1)
    await platform.delivery.settled()

    counts = (await client.get("/simulator/stats")).json()["webhooks"]
    assert counts == {"pending": 0, "posted": 4, "unanswered": 3, "answered_200": 1}


async def test_the_persons_message_shows_delivered_once_the_business_answered_200(
    client: httpx.AsyncClient, business: FakeBusiness, platform: Simulator
) -> None:
    business.answers.extend([500])
    await client.post(f"/simulator/users/{ANA}/messages", json=TEXT)
    entry = platform.people.meet(ANA).entries[0]
    before = entry.tick

    await platform.delivery.settled()

    assert (before, entry.tick) == ("sent", "delivered")


async def test_every_webhook_comes_twice_when_told_to_duplicate() -> None:
    ingress = Notebook()

    await send(delivery(ingress, duplicate=1.0), b"1", b"2")

    assert sorted(ingress.bodies) == [b"1", b"1", b"2", b"2"]


async def test_dropped_webhooks_never_arrive_and_are_counted() -> None:
    ingress = Notebook()
    worker = delivery(ingress, drop=1.0)

    await send(worker, b"1", b"2")

    assert ingress.bodies == []
    assert worker.counts == {"dropped": 2}


async def test_a_share_of_webhooks_is_dropped_the_same_way_with_the_same_seed() -> None:
    bodies = [b"%d" % number for number in range(200)]
    first, second, other = Notebook(), Notebook(), Notebook()

    await send(delivery(first, seed=7, drop=0.3), *bodies)
    await send(delivery(second, seed=7, drop=0.3), *bodies)
    await send(delivery(other, seed=8, drop=0.3), *bodies)

    assert first.bodies == second.bodies != other.bodies
    assert 110 < len(first.bodies) < 170


async def test_a_reordered_webhook_is_overtaken_by_a_later_one() -> None:
    ingress = Notebook()
    worker = delivery(ingress, reorder=0.5, seed=3)
    bodies = [b"%d" % number for number in range(10)]

    await send(worker, *bodies)

    assert ingress.bodies != bodies
    assert sorted(ingress.bodies) == bodies
    assert 0 < worker.counts["reordered"] < 10


async def test_a_delayed_webhook_waits_as_long_as_told() -> None:
    ingress = Notebook()

    await send(delivery(ingress, delay_s=2.0), b"1")

    assert ingress.bodies == [b"1"]
    assert ingress.slept == [pytest.approx(2.0, abs=0.1)]


async def test_no_more_webhooks_are_taken_than_can_be_held() -> None:
    worker = delivery(Notebook())
    worker.pending = MOST_PENDING

    with pytest.raises(TooManyPending):
        worker.send(Webhook("ana", Update("1", {})))


@pytest.mark.parametrize(
    ("sign", "header"), [(True, "genuine"), ("forged", "forged"), (False, None)]
)
async def test_any_bytes_can_be_posted_with_any_signature(
    client: httpx.AsyncClient, business: FakeBusiness, *, sign: bool | str, header: str | None
) -> None:
    business.answers.append(401)

    answer = await client.post("/simulator/webhooks/raw", json={"body": "{broken", "sign": sign})

    request = business.requests[0]
    genuine = "sha256=" + hmac.new(b"app-secret", b"{broken", hashlib.sha256).hexdigest()
    sent = request.headers.get("x-hub-signature-256")
    assert answer.json()["status"] == 401
    assert request.content == b"{broken"
    assert (None if sent is None else "genuine" if sent == genuine else "forged") == header


async def test_posting_raw_bytes_says_so_when_nobody_listens(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    business.answers.append(NO_ANSWER)

    answer = await client.post("/simulator/webhooks/raw", json={"body": "{}"})

    assert answer.status_code == 502
    assert answer.json() == {"detail": "The business' webhook address does not answer."}


@pytest.mark.parametrize("problem", [403, 500, NO_ANSWER])
async def test_the_handshake_is_repeated_until_the_business_proves_itself(
    platform: Simulator, business: FakeBusiness, client: httpx.AsyncClient, problem: int
) -> None:
    business.answers.append(problem or 502)
    sleep: Callable[[float], Awaitable[None]] = Notebook().sleep

    await platform.ingress.verify(Pauses(), sleep)

    shaken = (await client.get("/simulator/stats")).json()["handshake"]
    assert shaken == {"verified": True, "attempts": 2, "last_status": 200}


async def test_a_business_that_echoes_another_challenge_is_not_verified(
    platform: Simulator, business: FakeBusiness
) -> None:
    business.verify_token = "another"
    tries: list[float] = []

    async def give_up_after_three(seconds: float) -> None:
        tries.append(seconds)
        if len(tries) == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        await platform.ingress.verify(Pauses(), give_up_after_three)

    assert platform.ingress.handshake.verified is False
    assert tries == [0.25, 0.5, 1.0]
