"""Parked records are listed, shown, sent again once and in order, or skipped; all is noted."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer

from agentctl.acts import Act, ParkedPlace
from agentctl.adapters.kafka_desk import desk
from agentctl.adapters.kafka_topic import KafkaRecord
from agentctl.adapters.kafka_trouble import KafkaTrouble
from agentctl.installation import Installation
from agentctl.use_cases.erasure import refuse_erased
from agentctl.use_cases.parking import (
    SOURCES,
    NotParked,
    Parked,
    at_places,
    in_order,
    parked,
    source_of,
    waiting,
)
from agentctl.use_cases.redriving import (
    NotTaken,
    Operator,
    Refused,
    marked,
    redrive_event,
    redrive_webhook,
    refuse_overtaking,
    refuse_unsafe,
    skip,
)
from domain.codec import encode
from domain.events import ContactErased, ContactMerged
from domain.topics import SESSION_EVENTS
from domain.values import ContactId
from streaming.kafka import KafkaSettings, OutgoingRecord, Publisher, broker
from streaming.parking import Parking
from streaming.redriven import MARK, times_redriven

SENDER = SOURCES["sender"]
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
KIM = Operator("kim", "mended", lambda: NOW)


def one(
    offset: int, *, key: bytes | None = b"ana", reason: str = "bug:KeyError", age: float = 0.0
) -> Parked:
    at = int((NOW - timedelta(days=age)).timestamp() * 1000)
    headers = [("park-reason", reason.encode()), ("ce_type", b"reply.requested.v1")]
    record = KafkaRecord("parked", 0, offset, at, key, b"{}", headers)
    return Parked(ParkedPlace("sender", 0, offset), record, [])


def settled(parked: Parked) -> Parked:
    act = Act("redriven", NOW, "kim", str(parked.place))
    return Parked(parked.place, parked.record, [act])


def test_what_was_sent_before_is_not_sent_again_unless_asked_for() -> None:
    done = [settled(one(1))]

    with pytest.raises(Refused, match=r"redriven or skipped before: sender/0/1"):
        refuse_unsafe(done, again=False, even_old=False, now=NOW)
    refuse_unsafe(done, again=True, even_old=False, now=NOW)


def test_what_is_older_than_the_memory_of_effects_is_not_sent_unless_asked_for() -> None:
    old = [one(1, age=8)]

    with pytest.raises(Refused, match="more than 7 days ago: sender/0/1"):
        refuse_unsafe(old, again=False, even_old=False, now=NOW)
    refuse_unsafe(old, again=False, even_old=True, now=NOW)


def test_nobodys_later_record_overtakes_an_earlier_one_of_theirs() -> None:
    first, second, of_ben = one(1), one(2), one(3, key=b"ben")
    everything = [first, second, of_ben]

    with pytest.raises(Refused, match="these wait since earlier: sender/0/1"):
        refuse_overtaking([second], everything)
    refuse_overtaking([first, second], everything)
    refuse_overtaking([of_ben], everything)
    refuse_overtaking([second], [settled(first), second])


def test_webhooks_have_no_person_that_they_could_overtake() -> None:
    first, second = one(1, key=None), one(2, key=None)

    refuse_overtaking([second], [first, second])


def test_records_of_a_partition_keep_their_order_though_a_clock_went_back() -> None:
    early, late = one(2).record, one(1).record._replace(timestamp=9_999_999_999_999)

    assert [record.offset for record in in_order([late, early])] == [1, 2]


def test_those_that_wait_can_be_chosen_by_how_their_reason_begins() -> None:
    found = [one(1), one(2, reason="rejected:CrmRefused: 400"), settled(one(3))]

    assert [it.place.offset for it in waiting(found)] == [1, 2]
    assert [it.place.offset for it in waiting(found, "rejected")] == [2]


def test_a_place_that_is_not_parked_is_named() -> None:
    with pytest.raises(NotParked, match="sender/0/9"):
        at_places([one(1)], [ParkedPlace("sender", 0, 9)])


def test_how_often_a_record_was_sent_again_is_counted_over_all_its_stays() -> None:
    assert times_redriven(marked([(MARK, b"2")], 1)) == 4


def test_a_crm_with_a_name_has_parked_records_of_its_own() -> None:
    source = source_of("crm-notifier-sales")

    assert source is not None
    assert source.parked.name == "session-events.parked.crm-notifier-sales"
    assert source_of("nothing") is None


async def park(site: Installation, *numbers: int, key: bytes = b"ana") -> None:
    settings = site.kafka()
    client = broker(settings)
    await client.start()
    parking = Parking(Publisher(client, settings), SENDER.parked.name, "sender")
    for number in numbers:
        stood = KafkaRecord(
            "session-events",
            4,
            number,
            0,
            key,
            b'{"n": %d}' % number,
            [("ce_type", b"reply.requested.v1"), ("ce_id", b"%d" % number)],
        )
        await parking.park(stood, "bug:KeyError")
    await client.stop()


async def redriven(settings: KafkaSettings, count: int) -> Sequence[KafkaRecord]:
    assert SENDER.redriven is not None
    reader = AIOKafkaConsumer(
        settings.topic(SENDER.redriven.name),
        bootstrap_servers=settings.bootstrap_servers,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    await reader.start()
    async with asyncio.timeout(20):
        found = [await reader.getone() for _ in range(count)]
    await reader.stop()
    return found


@pytest.mark.connected
async def test_what_a_service_parked_goes_back_to_it_once_in_order_and_noted(
    cluster: Installation,
) -> None:
    await park(cluster, 1, 2, 3)
    before = await parked(cluster.kafka(), SENDER)

    async with desk(cluster.kafka()) as taken:
        for record in before:
            await redrive_event(SENDER, record, taken, KIM)
    after = await parked(cluster.kafka(), SENDER)
    sent = await redriven(cluster.kafka(), 3)

    assert [record.value for record in sent] == [b'{"n": 1}', b'{"n": 2}', b'{"n": 3}']
    assert {record.partition for record in sent} == {4}
    assert [times_redriven(record.headers) for record in sent] == [1, 1, 1]
    assert [(it.state, it.waits, it.stood) for it in after] == [
        ("redriven", False, f"4/{number}") for number in (1, 2, 3)
    ]
    assert [(it.acts[0].by, it.acts[0].why) for it in after] == [("kim", "mended")] * 3


async def published(
    site: Installation, *events: tuple[bytes, str], value: bytes = b"{}", partition: int = 4
) -> None:
    """Put events of these people and types on the partition that is parked from."""
    settings = site.kafka()
    client = broker(settings)
    await client.start()
    records = [
        OutgoingRecord(
            topic=SESSION_EVENTS.name,
            value=value,
            key=key,
            headers=[("ce_type", kind.encode())],
            partition=partition,
        )
        for key, kind in events
    ]
    for record in records:
        await Publisher(client, settings).publish_all([record], timeout=20)
    await client.stop()


@pytest.mark.connected
async def test_nothing_is_sent_again_of_a_person_who_was_erased_since(
    cluster: Installation,
) -> None:
    reply = "reply.requested.v1"
    await published(cluster, (b"ana", reply), (b"ben", reply), (b"ana", ContactErased.TYPE))
    await park(cluster, 0, 2, key=b"ana")
    await park(cluster, 1, key=b"ben")
    of_ana, the_erasure, of_ben = await parked(cluster.kafka(), SENDER)

    with pytest.raises(Refused, match=f"the person was erased since: {of_ana.place}; skip"):
        await refuse_erased(cluster.kafka(), [of_ana, of_ben])
    await refuse_erased(cluster.kafka(), [the_erasure, of_ben])


@pytest.mark.connected
async def test_nothing_is_sent_again_of_who_was_merged_into_a_person_that_was_erased(
    cluster: Installation,
) -> None:
    younger, older = UUID(int=1), UUID(int=2)
    await published(cluster, (str(younger).encode(), "reply.requested.v1"))
    await park(cluster, 0, key=str(younger).encode())
    of_both = await parked(cluster.kafka(), SENDER)
    merged = ContactMerged(contact_id=ContactId(younger), into=ContactId(older))
    told = encode(merged)
    await published(cluster, (str(younger).encode(), ContactMerged.TYPE), value=told)
    await refuse_erased(cluster.kafka(), of_both)
    await published(cluster, (str(older).encode(), ContactErased.TYPE), partition=2)

    with pytest.raises(Refused, match="the person was erased since"):
        await refuse_erased(cluster.kafka(), of_both)


@pytest.mark.connected
async def test_of_two_operators_the_one_who_came_later_goes_on_alone(
    cluster: Installation,
) -> None:
    await park(cluster, 1)
    [waits] = await parked(cluster.kafka(), SENDER)

    async with desk(cluster.kafka()) as first, desk(cluster.kafka()) as second:
        with pytest.raises(KafkaTrouble, match="another agentctl took the desk"):
            await redrive_event(SENDER, waits, first, KIM)
        await redrive_event(SENDER, waits, second, KIM)
    [done] = await parked(cluster.kafka(), SENDER)

    assert len(await redriven(cluster.kafka(), 1)) == 1
    assert done.times_redriven == 1


@pytest.mark.connected
async def test_what_is_skipped_stays_and_waits_no_more(cluster: Installation) -> None:
    await park(cluster, 1)
    [waits] = await parked(cluster.kafka(), SENDER)

    async with desk(cluster.kafka()) as taken:
        await skip(waits, taken, KIM)
    [rests] = await parked(cluster.kafka(), SENDER)

    assert (rests.state, rests.waits, rests.record.value) == ("skipped", False, b'{"n": 1}')


@asynccontextmanager
async def parked_webhook(site: Installation) -> AsyncIterator[Parked]:
    settings = site.kafka()
    client = broker(settings)
    await client.start()
    record = OutgoingRecord(
        topic="webhook-parked", value=b'{"odd": 1}', key=None, headers=[("park-reason", b"odd")]
    )
    await Publisher(client, settings).publish_all([record], timeout=20)
    await client.stop()
    [waits] = await parked(settings, SOURCES["webhooks"])
    yield waits


@pytest.mark.connected
async def test_a_webhook_that_ingress_does_not_take_is_left_as_not_known(
    cluster: Installation,
) -> None:
    bodies: list[bytes] = []

    async def ingress(body: bytes) -> int:
        bodies.append(body)
        return 503 if len(bodies) == 1 else 200

    async with parked_webhook(cluster) as waits, desk(cluster.kafka()) as taken:
        with pytest.raises(NotTaken, match="ingress answered 503"):
            await redrive_webhook(waits, ingress, taken, KIM)
        [tried] = await parked(cluster.kafka(), SOURCES["webhooks"])
        await redrive_webhook(tried, ingress, taken, KIM)
    [done] = await parked(cluster.kafka(), SOURCES["webhooks"])

    assert (tried.state, tried.waits) == ("redriving", True)
    assert (done.state, done.waits) == ("redriven", False)
    assert bodies == [b'{"odd": 1}'] * 2
