"""What the sender relies on to remember across a crash, in memory and in Kafka."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaClient, AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol.produce import ProduceRequest

from domain.ports.sending_ledger import (
    Deferred,
    LedgerEntry,
    LedgerUnavailable,
    News,
    Page,
    SendingLedger,
)
from domain.topics import SENDER_LEDGER
from domain.values import ContactId, ReplyId
from sender.adapters.kafka_ledger import KafkaLedger
from sender.adapters.memory_ledger import MemoryLedger
from streaming.kafka import KafkaSettings, Publisher, broker

SENDING = LedgerEntry("sending", attempt=1, offset=17)
ACCEPTED = LedgerEntry("accepted", attempt=1, offset=17)


class SendingLedgerContract:
    """Every adapter inherits these tests."""

    async def test_the_newest_entry_of_each_reply_is_what_counts(
        self, ledger: SendingLedger
    ) -> None:
        told, under_way = ReplyId(uuid4()), ReplyId(uuid4())
        await ledger.write(told, SENDING, partition=0)
        await ledger.write(under_way, SENDING, partition=0)
        await ledger.write(told, ACCEPTED, partition=0)

        pages = await ledger.load({0: 0})
        assert pages[0].entries == {told: ACCEPTED, under_way: SENDING}

    async def test_a_reply_is_recalled_as_it_was_last_although_it_is_done_with(
        self, ledger: SendingLedger
    ) -> None:
        told, unknown, never = (ReplyId(uuid4()) for _ in range(3))
        await ledger.load({0: 18})
        await ledger.write(told, SENDING, partition=0)
        await ledger.write(told, ACCEPTED, partition=0)
        await ledger.write(unknown, SENDING, partition=0)

        recalled = [await ledger.recall(one, partition=0) for one in (told, unknown, never)]
        assert recalled == [ACCEPTED, SENDING, None]

    async def test_only_the_pages_asked_for_are_given(self, ledger: SendingLedger) -> None:
        replies = [ReplyId(uuid4()) for _ in range(3)]
        for partition, reply in enumerate(replies):
            await ledger.write(reply, SENDING, partition=partition)

        pages = await ledger.load({0: 0, 2: 0})
        assert pages == {0: Page({replies[0]: SENDING}), 2: Page({replies[2]: SENDING})}

    async def test_replies_that_are_done_with_are_left_out(self, ledger: SendingLedger) -> None:
        done, under_way = ReplyId(uuid4()), ReplyId(uuid4())
        await ledger.write(done, LedgerEntry("accepted", attempt=1, offset=17), partition=0)
        await ledger.write(under_way, LedgerEntry("sending", attempt=1, offset=18), partition=0)

        pages = await ledger.load({0: 18})
        assert pages[0].entries == {under_way: LedgerEntry("sending", 1, 18)}

    async def test_what_is_old_and_done_with_is_forgotten_and_nothing_else(
        self, ledger: SendingLedger
    ) -> None:
        told, unknown, read_again = (ReplyId(uuid4()) for _ in range(3))
        await ledger.write(told, LedgerEntry("sending", attempt=1, offset=15), partition=0)
        await ledger.write(told, LedgerEntry("failed", attempt=1, offset=15), partition=0)
        await ledger.write(unknown, LedgerEntry("not-sent", 2, 16, is_unsure=True), partition=0)
        await ledger.write(read_again, ACCEPTED, partition=0)
        await ledger.load({0: 17})
        removed = [await ledger.forget(timedelta(days=8))]
        removed += [await ledger.forget(timedelta(0)) for _ in range(2)]

        assert removed == [0, 1, 0]
        left = (await ledger.load({0: 0}))[0].entries
        assert left == {
            unknown: LedgerEntry("not-sent", 2, 16, is_unsure=True),
            read_again: ACCEPTED,
        }

    async def test_a_request_that_is_set_aside_is_given_with_its_bytes_until_it_is_resumed(
        self, ledger: SendingLedger
    ) -> None:
        waiting, resumed = ReplyId(uuid4()), ReplyId(uuid4())
        aside = Deferred(ContactId(uuid4()), 3, '{"id":"1","data":{"ä": 1.0}}'.encode())
        await ledger.defer(waiting, aside, partition=0)
        await ledger.defer(resumed, aside, partition=0)
        await ledger.resume(resumed, partition=0)

        assert await ledger.load({0: 90, 1: 0}) == {0: Page(deferred={waiting: aside}), 1: Page()}

    async def test_what_is_known_of_a_request_that_is_set_aside_is_given_however_old_it_is(
        self, ledger: SendingLedger
    ) -> None:
        before, after = ReplyId(uuid4()), ReplyId(uuid4())
        aside, called = Deferred(ContactId(uuid4()), 3, b"{}"), LedgerEntry("sending", 1, 3)
        await ledger.write(before, called, partition=0)
        await ledger.defer(before, aside, partition=0)
        await ledger.defer(after, aside, partition=0)
        await ledger.write(after, called, partition=0)
        pages = await ledger.load({0: 90})

        assert pages[0].entries == {before: called, after: called}

    @pytest.mark.parametrize("begin", [0, 90], ids=["to be read again", "long since read"])
    async def test_a_request_set_aside_whose_outcome_is_known_is_removed(
        self, ledger: SendingLedger, begin: int
    ) -> None:
        reply, aside = ReplyId(uuid4()), Deferred(ContactId(uuid4()), 3, b"{}")
        await ledger.defer(reply, aside, partition=0)
        await ledger.write(reply, LedgerEntry("accepted", 1, 3), partition=0)

        for _ in range(2):
            assert (await ledger.load({0: begin}))[0].deferred == {}

    async def test_the_newest_news_of_a_person_are_given_until_they_are_taken_back(
        self, ledger: SendingLedger
    ) -> None:
        person, nobody = ContactId(uuid4()), ContactId(uuid4())
        newest = News("2026-11-23T12:00:00Z", opted_out=False)
        for contact in (person, nobody):
            await ledger.note(contact, News(opted_out=True), partition=0)
            await ledger.note(contact, newest, partition=0)
        await ledger.note(nobody, None, partition=0)

        assert (await ledger.load({0: 0}))[0].news == {person: newest}

    async def test_the_number_of_pages_is_known(self, ledger: SendingLedger) -> None:
        await ledger.load({0: 0})

        assert ledger.pages == SENDER_LEDGER.partitions

    async def test_a_page_that_nobody_wrote_is_empty(self, ledger: SendingLedger) -> None:
        assert await ledger.load({1: 0}) == {1: Page()}


class TestMemoryLedger(SendingLedgerContract):
    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()


async def in_transaction(settings: KafkaSettings, page: str) -> Any:
    """Take a page over as senders did that wrote in transactions."""
    older = AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers, transactional_id=page)
    await older.start()
    await older.begin_transaction()
    return older


async def end_of(settings: KafkaSettings) -> int:
    """Give the offset at which page 0 ends."""
    at = TopicPartition(settings.topic(SENDER_LEDGER.name), 0)
    async with AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers) as consumer:
        end: int = (await consumer.end_offsets([at]))[at]
        return end


@pytest.mark.connected
class TestKafkaLedger(SendingLedgerContract):
    @pytest.fixture
    def settings(self, kafka: str, topic_prefix: str) -> KafkaSettings:
        return KafkaSettings(kafka, "sender-test", topic_prefix)

    @pytest.fixture
    async def publisher(self, settings: KafkaSettings) -> AsyncIterator[Publisher]:
        connection = broker(settings)
        await connection.start()
        yield Publisher(connection, settings)
        await connection.stop()

    @pytest.fixture
    async def ledger(self, settings: KafkaSettings) -> AsyncIterator[KafkaLedger]:
        ledger = KafkaLedger(settings)
        await ledger.load(dict.fromkeys(range(4), 0))
        yield ledger
        await ledger.close()

    async def test_a_page_that_somebody_else_took_over_cannot_be_written_any_more(
        self, settings: KafkaSettings, ledger: KafkaLedger
    ) -> None:
        late, mine = ReplyId(uuid4()), ReplyId(uuid4())
        successor = KafkaLedger(settings)
        await successor.load({0: 0})
        with pytest.raises(LedgerUnavailable):
            await ledger.write(late, SENDING, partition=0)
        await ledger.write(mine, SENDING, partition=1)
        await successor.write(mine, SENDING, partition=0)
        await successor.close()

        pages = await ledger.load({0: 0, 1: 0})
        assert pages == {0: Page({mine: SENDING}), 1: Page({mine: SENDING})}

    async def test_losing_a_page_is_told_once_and_mended_by_taking_it_over(
        self, settings: KafkaSettings
    ) -> None:
        losses: list[str] = []
        ledger, other = KafkaLedger(settings, lambda: losses.append("lost")), KafkaLedger(settings)
        await ledger.load({0: 0})
        await other.load({0: 0})
        for _ in range(2):
            with pytest.raises(LedgerUnavailable):
                await ledger.write(ReplyId(uuid4()), SENDING, partition=0)
        await ledger.load({0: 0})
        await ledger.write(ReplyId(uuid4()), SENDING, partition=0)
        for one in (ledger, other):
            await one.close()

        assert losses == ["lost"]

    async def test_a_page_that_was_not_taken_over_cannot_be_written(
        self, ledger: KafkaLedger
    ) -> None:
        await ledger.load({0: 0})

        with pytest.raises(LedgerUnavailable):
            await ledger.write(ReplyId(uuid4()), SENDING, partition=1)

    async def test_a_page_that_has_served_its_time_is_written_only_after_taking_it_over_again(
        self, settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        losses: list[str] = []
        ledger = KafkaLedger(settings, lambda: losses.append("lost"))
        await ledger.load({0: 0})
        tomorrow = time.time() + 24 * 3600
        monkeypatch.setattr("sender.adapters.ledger_page.time.time", lambda: tomorrow)
        with pytest.raises(LedgerUnavailable):
            await ledger.write(ReplyId(uuid4()), SENDING, partition=0)
        await ledger.load({0: 0})
        await ledger.write(ReplyId(uuid4()), SENDING, partition=0)
        await ledger.close()

        assert losses == ["lost"]

    async def test_a_sender_that_writes_in_transactions_cannot_write_a_page_that_was_taken_over(
        self, settings: KafkaSettings, ledger: KafkaLedger
    ) -> None:
        topic = settings.topic(SENDER_LEDGER.name)
        older = await in_transaction(settings, f"{topic}-0")
        await older.send_and_wait(topic, b"{}", key=b"before", partition=0)
        await ledger.load({0: 0})
        with pytest.raises(KafkaError):
            await older.send_and_wait(topic, b"{}", key=b"after", partition=0)
        with suppress(KafkaError):
            await older.stop()

    async def test_a_page_that_a_sender_with_transactions_took_over_cannot_be_written(
        self, settings: KafkaSettings, ledger: KafkaLedger
    ) -> None:
        topic = settings.topic(SENDER_LEDGER.name)
        older = await in_transaction(settings, f"{topic}-0")
        await older.send_and_wait(topic, b"{}", key=b"taken", partition=0)
        with pytest.raises(LedgerUnavailable):
            await ledger.write(ReplyId(uuid4()), SENDING, partition=0)
        await older.abort_transaction()
        await older.stop()

    async def test_what_waits_on_all_pages_goes_out_in_one_request(
        self, ledger: KafkaLedger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send = AIOKafkaClient.send
        requests: list[Any] = []

        async def count(client: Any, node: Any, request: Any, **kw: Any) -> Any:
            requests.append(request)
            return await send(client, node, request, **kw)

        monkeypatch.setattr(AIOKafkaClient, "send", count)
        writes = [ledger.write(ReplyId(uuid4()), SENDING, partition=n % 4) for n in range(40)]
        await asyncio.gather(*writes)

        assert len([one for one in requests if isinstance(one, ProduceRequest)]) == 1

    async def test_an_entry_whose_answer_was_lost_is_kept_once(
        self, settings: KafkaSettings, ledger: KafkaLedger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Kafka has it, but the connection broke before it could say so."""
        send = AIOKafkaClient.send
        lost: list[Any] = []

        async def lose_once(client: Any, node: Any, request: Any, **kw: Any) -> Any:
            answer = await send(client, node, request, **kw)
            if isinstance(request, ProduceRequest) and not lost:
                lost.append(request)
                raise KafkaConnectionError
            return answer

        before = await end_of(settings)
        monkeypatch.setattr(AIOKafkaClient, "send", lose_once)
        for stage in (SENDING, ACCEPTED):
            await ledger.write(ReplyId(uuid4()), stage, partition=0)

        assert await end_of(settings) == before + 2

    async def test_an_entry_that_is_not_understood_means_a_call_may_have_been_made(
        self, ledger: KafkaLedger, publisher: Publisher
    ) -> None:
        values = (b"", b"[]", b'{"stage": "of tomorrow"}', b'{"stage": "sending", "attempt": "x"}')
        for value in values:
            key = str(uuid4()).encode()
            await publisher.publish(SENDER_LEDGER.name, value, key=key, headers=(), partition=0)

        pages = await ledger.load({0: 0})
        assert [entry.stage for entry in pages[0].entries.values()] == ["sending"] * len(values)

    async def test_a_removed_entry_and_one_of_nobody_are_not_there(
        self, ledger: KafkaLedger, publisher: Publisher
    ) -> None:
        reply = ReplyId(uuid4())
        await ledger.write(reply, SENDING, partition=0)
        odd = (
            b"nobody",
            b"\xff",
            b"deferred/1",
            b"deferred/" + bytes(str(reply), "ascii"),
            b"person/1",
        )
        for key, value in ((str(reply).encode(), None), *((key, b"[]") for key in odd)):
            await publisher.publish(SENDER_LEDGER.name, value, key=key, headers=(), partition=0)

        assert (await ledger.load({0: 0}))[0] == Page()

    async def test_a_long_ledger_is_read_to_its_end(self, ledger: KafkaLedger) -> None:
        replies = [ReplyId(uuid4()) for _ in range(300)]
        writes = (ledger.write(reply, SENDING, partition=3) for reply in replies)
        await asyncio.gather(*writes)

        assert set((await ledger.load({3: 0}))[3].entries) == set(replies)


@pytest.mark.connected
async def test_a_ledger_that_cannot_be_reached_says_so() -> None:
    settings = KafkaSettings("127.0.0.1:1", "sender-test")

    with pytest.raises(LedgerUnavailable):
        await KafkaLedger(settings).load({0: 0})
