"""Several updates share a POST when told so, each person's in order, and none is lost."""

import asyncio
import json
import random
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from simulator.batching import MOST_BYTES, Batching
from simulator.envelopes import Update, envelope
from simulator.faults import FaultBoard
from simulator.testing import FakeBusiness
from simulator.webhooks import Delivery, Pauses, Webhook

TEXT = {"type": "text", "text": {"body": "hi"}}


class Notebook:
    """An ingress that writes down the fields of each POST, and answers as told, then 200."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.posts: list[list[str]] = []

    async def post(self, body: bytes) -> int | None:
        self.posts.append(json.loads(body))
        return self.answers.pop(0) if self.answers else 200


def pack(updates: Sequence[Update], *, merged: bool) -> bytes:
    """Write down the fields; alone there is nobody to share a value with."""
    assert len(updates) > 1 or not merged
    return json.dumps([update.field for update in updates]).encode()


async def deliver(ingress: Notebook, webhooks: Sequence[Webhook], **faults: Any) -> Delivery:
    board = FaultBoard()
    board.set({"webhooks": {"batch_wait_s": 0.001, **faults}})
    dice = random.Random(1)  # noqa: S311 - dice for faults
    pauses = Pauses(0.001, 0.002)
    delivery = Delivery(ingress, board, dice, pack=pack, pauses=pauses, concurrency=16)
    for webhook in webhooks:
        delivery.send(webhook)
    await delivery.settled()
    return delivery


def numbered(count: int, lane: str = "ana") -> list[Webhook]:
    return [Webhook(lane, Update(f"{lane} {number}", {})) for number in range(count)]


async def test_the_updates_of_many_people_share_a_post() -> None:
    ingress = Notebook()
    webhooks = [one for lane in "abcdef" for one in numbered(1, lane)]

    delivery = await deliver(ingress, webhooks, batch=1000)

    assert ingress.posts == [[f"{lane} 0" for lane in "abcdef"]]
    assert delivery.counts == {"posted": 1, "batched": 1, "answered_200": 1}


async def test_no_post_holds_more_than_told_and_each_person_stays_in_order() -> None:
    ingress = Notebook(500, None, 200, 503)
    webhooks = [one for lane in "abc" for one in numbered(7, lane)]

    delivery = await deliver(ingress, webhooks, batch=5)

    assert max(map(len, ingress.posts)) == 5
    assert delivery.pending == 0
    for lane in "abc":
        sent = [field for post in ingress.posts[4:] for field in post if field[0] == lane]
        assert sent == sorted(sent)
        assert {f"{lane} {n}" for n in range(7)} == {
            field for post in ingress.posts for field in post if field[0] == lane
        }


async def test_a_thousand_updates_fit_into_one_post() -> None:
    ingress = Notebook()

    await deliver(ingress, numbered(1000), batch=1000)

    assert list(map(len, ingress.posts)) == [1000]


async def test_a_post_stays_below_metas_three_megabytes() -> None:
    ingress = Notebook()
    large = [Webhook(str(n), Update(str(n), {"text": "x" * 400_000})) for n in range(20)]
    same_person = [Webhook("ana", webhook.update) for webhook in large]

    await deliver(ingress, [*large, *same_person], batch=1000)

    assert max(map(len, ingress.posts)) == MOST_BYTES // 400_010
    assert sum(map(len, ingress.posts)) == 40


async def test_updates_that_are_given_up_leave_nobody_waiting() -> None:
    async def post(_: Sequence[Update]) -> int | None:
        await asyncio.Event().wait()
        return 200

    batching = Batching(post, asyncio.sleep)
    waiting = asyncio.create_task(batching.post([Update("a", {})], most=2, wait_s=0))
    await asyncio.sleep(0)
    await batching.stop()

    with pytest.raises(asyncio.CancelledError):
        await waiting


def told(wamid: str, name: str, kind: str = "messages") -> Update:
    card = {"profile": {"name": name}}
    return Update("messages", {"contacts": [card], kind: [{"id": wamid}]})


def test_neighbours_of_one_kind_share_a_value_and_each_card_stands_once() -> None:
    updates = [told("1", "Ana"), told("2", "Ben"), told("3", "Ana"), told("4", "Ana", "statuses")]

    body = json.loads(envelope(updates, account_id="1", merged=True))

    [entry] = body["entry"]
    first, second = (change["value"] for change in entry["changes"])
    assert [message["id"] for message in first["messages"]] == ["1", "2", "3"]
    assert [card["profile"]["name"] for card in first["contacts"]] == ["Ana", "Ben"]
    assert second["statuses"] == [{"id": "4"}]


def test_news_of_the_account_stand_in_an_entry_with_its_time() -> None:
    updates = [told("1", "Ana"), Update("account_update", {"event": "x"}, at=5), told("2", "Ben")]

    body = json.loads(envelope(updates, account_id="9"))

    assert [(entry["id"], entry.get("time")) for entry in body["entry"]] == [
        ("9", None),
        ("9", 5),
        ("9", None),
    ]


async def test_messages_of_many_people_reach_the_business_in_few_posts(
    client: httpx.AsyncClient, business: FakeBusiness
) -> None:
    faults = {"webhooks": {"batch": 1000, "batch_wait_s": 0.2}}
    await client.put("/simulator/faults", json=faults)
    wamids = []
    for number in range(30):
        answer = await client.post(f"/simulator/users/1555000{number:04d}/messages", json=TEXT)
        wamids.append(answer.json()["wamid"])
    await business.webhooks(1)
    await client.delete("/simulator/faults")
    async with asyncio.timeout(5):
        while len(_wamids(business)) < 30:  # noqa: ASYNC110 - as the business hears of them
            await asyncio.sleep(0.01)

    assert _wamids(business) == wamids
    assert len(business.accepted) < 30


def _wamids(business: FakeBusiness) -> list[str]:
    return [
        message["id"]
        for body in business.bodies()
        for entry in body["entry"]
        for change in entry["changes"]
        for message in change["value"]["messages"]
    ]
