"""The whole service on a real Kafka and a real PostgreSQL, through restarts and cut connections."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from domain.ports.event_store import AliasKey
from domain.topics import MAX_MESSAGE_BYTES, PARTITIONS, SESSION_COMMANDS, SESSION_COMMANDS_PARKED
from installation.site import PEOPLE, Eventually, Says, Site
from installation.wires import PostgresWire
from session_core.adapters.postgres_connections import Connections
from streaming.service import Service

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

_STRANGERS = itertools.count()


@pytest.fixture
async def wire(database: str) -> AsyncIterator[PostgresWire]:
    opened = PostgresWire(database)
    yield opened
    await opened.stop()


@pytest.fixture
async def database_address(wire: PostgresWire) -> str:
    return await wire.start()


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for component in service.components:
            stack.push_async_callback(_stopped(component.stop))
            await component.start()
        yield


def _stopped(stop: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    async def call() -> None:
        await stop()

    return call


async def test_a_message_that_comes_twice_leads_to_one_conversation_published_in_order(
    site: Site, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        for number, text in enumerate(("hello", "Rex", "dog"), start=1):
            for _ in range(2):  # every webhook comes twice
                await site.write(PEOPLE[0], says(PEOPLE[0], text, number=number))

        async def complete() -> bool:
            return await site.completed() == 1

        await eventually(complete)
        seen = await site.read()

    (home,) = [records for records in seen.values() if records]
    assert [record["ce_type"] for record in home].count("message.received.v1") == 3
    assert {"ce_subject", "ce_streamversion", "ce_causationid"} <= home[0].keys()
    await site.check()


@pytest.mark.parametrize("offset", [0, 10_000], ids=["far behind", "far ahead"])
async def test_offsets_committed_to_kafka_do_not_matter(
    offset: int, site: Site, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        await site.write(PEOPLE[0], says(PEOPLE[0], "hello", number=1))
        await eventually(lambda: _published(site, 1))
    await _commit(site, offset)
    await site.write(PEOPLE[0], says(PEOPLE[0], "Rex", number=2))

    async with running(site.instance()):
        await eventually(lambda: _published(site, 2))

    await site.check()


async def strangers_come_until(holds: Callable[[], bool], site: Site, says: Says) -> None:
    """One append takes all that waits: only where somebody comes anew is there another for sure."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.2)
            person = f"1555001{next(_STRANGERS):04}"
            await site.write(person, says(person, "hello", number=1))


async def test_connections_cut_before_the_answer_lose_and_double_nothing(
    site: Site, wire: PostgresWire, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        for number, text in enumerate(("hello", "Rex", "dog"), start=1):
            wire.drop_answers = 2
            for person in PEOPLE:
                await site.write(person, says(person, text, number=number))
            await strangers_come_until(lambda: wire.drop_answers == 0, site, says)
            wire.cut()

        async def complete() -> bool:
            return await site.completed() == len(PEOPLE)

        await eventually(complete)

    assert max([await site.store.epoch(shard) for shard in range(PARTITIONS)]) > 1
    await site.check()
    assert not any((await site.read(SESSION_COMMANDS_PARKED.name)).values())


async def test_a_database_away_in_mid_conversation_is_waited_for(
    site: Site, wire: PostgresWire, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        await site.write(PEOPLE[0], says(PEOPLE[0], "hello", number=1))
        await eventually(lambda: _published(site, 1))
        wire.closed = True
        wire.cut()
        await site.write(PEOPLE[0], says(PEOPLE[0], "Rex", number=2))
        await asyncio.sleep(1.0)
        unheard = await _published(site, 2)
        wire.closed = False

        await eventually(lambda: _published(site, 2))

    assert not unheard
    await site.check()


async def test_a_second_instance_takes_its_share_while_people_talk(
    site: Site, connections: Connections, says: Says, eventually: Eventually
) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(site.instance(1)))
        talking = asyncio.create_task(site.everybody_talks(says, pause=2.0))
        await stack.enter_async_context(running(site.instance(2)))
        await talking

        async def complete() -> bool:
            return await site.completed() == len(PEOPLE)

        async def have_two_owners() -> bool:
            async with connections.borrow() as connection:
                query = "SELECT count(DISTINCT owner) FROM shard"
                return bool(await connection.fetchval(query) == 2)

        await eventually(complete)
        await eventually(have_two_owners)

    await site.check()


async def test_bytes_that_are_no_command_are_parked_with_their_headers(
    site: Site, says: Says, eventually: Eventually
) -> None:
    async with running(site.instance()):
        await site.write(PEOPLE[0], (b"{", [("ce_id", b"1"), ("odd", b"kept")]))
        await site.write(PEOPLE[0], says(PEOPLE[0], "hello", number=1))
        await eventually(lambda: _published(site, 1))
        parked = await site.read(SESSION_COMMANDS_PARKED.name)

    (record,) = [one for records in parked.values() for one in records]
    assert record["odd"] == "kept"
    assert record["park-reason"] == "invalid CloudEvent: specversion is not 1.0"


async def test_a_command_whose_header_has_a_name_that_is_no_text_is_parked_and_others_go_on(
    site: Site, says: Says, eventually: Eventually
) -> None:
    hello = says(PEOPLE[0], "hello", number=1)
    async with running(site.instance()):
        await site.write_misspelt(PEOPLE[0], hello, "ce_id")
        await site.write(PEOPLE[0], hello)
        await eventually(lambda: _published(site, 1))
        seen = await site.records(SESSION_COMMANDS_PARKED.name)

    (parked,) = [record for records in seen.values() for record in records]
    assert parked.value == hello[0]
    assert ("park-reason", b"invalid CloudEvent: id is missing") in parked.headers
    assert "\\xffce_id" in dict(parked.headers)


async def test_people_known_by_number_and_by_user_id_become_one_through_cut_connections(
    site: Site, wire: PostgresWire, says: Says, eventually: Eventually
) -> None:
    people = PEOPLE[:6]

    async def say(text: str, number: int, *, by_phone: bool, by_user_id: bool) -> None:
        for person in people:
            message = says(
                person if by_phone else "",
                text,
                number=number + int(person[-2:]) * 10,
                user_id=f"US.{person}" if by_user_id else None,
            )
            for key in (person if by_phone else f"US.{person}", f"US.{person}"):  # it comes twice
                await site.write(key, message)

    async with running(site.instance()):
        await say("hello", 1, by_phone=True, by_user_id=False)
        await say("hello", 2, by_phone=False, by_user_id=True)
        await eventually(lambda: _published(site, 2 * len(people)))
        wire.drop_answers = 3
        await say("Rex", 3, by_phone=True, by_user_id=True)
        await say("hello", 2, by_phone=False, by_user_id=True)
        await eventually(lambda: _published(site, 3 * len(people)))
        wire.cut()
        await say("dog", 4, by_phone=False, by_user_id=True)

        async def are_one() -> bool:
            return await _owners(site, people) == len(people) and await _published(
                site, 4 * len(people)
            )

        await eventually(are_one)

    seen = [one for records in (await site.read()).values() for one in records]
    types = [one["ce_type"] for one in seen]
    received = [one["ce_causationid"] for one in seen if "message.received" in one["ce_type"]]
    assert len(received) == len(set(received))
    assert types.count("contact.merged.v1") == types.count("contact.absorbed.v1") == len(people)
    assert not any((await site.read(SESSION_COMMANDS_PARKED.name)).values())
    await site.check()


async def _owners(site: Site, people: tuple[str, ...]) -> int:
    """Count the contacts that have all names of these people."""
    names = [f"wa:{one}" for one in people] + [f"bsuid:US.{one}" for one in people]
    found = await site.store.load([AliasKey("106540352242922", name) for name in names], [])
    return len(set(found.names.values())) if len(found.names) == len(names) else 0


async def _published(site: Site, messages: int) -> bool:
    seen = [one for records in (await site.read()).values() for one in records]
    return [one["ce_type"] for one in seen].count("message.received.v1") == messages


async def _commit(site: Site, offset: int) -> None:
    topic = site.settings.topic_prefix + SESSION_COMMANDS.name
    consumer = AIOKafkaConsumer(
        bootstrap_servers=site.settings.kafka_bootstrap_servers,
        group_id=site.settings.topic_prefix + "session-core",
        enable_auto_commit=False,
        partition_assignment_strategy=(StickyPartitionAssignor,),
        group_instance_id="session-core-1",
    )
    consumer.subscribe([topic])
    await consumer.start()
    await consumer.getmany(timeout_ms=500)
    await consumer.commit(dict.fromkeys(consumer.assignment(), offset))
    await consumer.stop()


async def test_a_command_larger_than_any_record_of_ours_is_parked_and_the_shard_goes_on(
    site: Site, says: Says, eventually: Eventually
) -> None:
    value, headers = says(PEOPLE[0], "hello", number=1)
    large = value.replace(b"hello", b"x" * 2 * MAX_MESSAGE_BYTES)
    async with running(site.instance()):
        await site.write_compressed(PEOPLE[0], (large, headers))
        await site.write(PEOPLE[0], says(PEOPLE[0], "hello", number=2))
        await eventually(lambda: _published(site, 1))

    parked = [
        one
        for records in (await site.records(SESSION_COMMANDS_PARKED.name)).values()
        for one in records
    ]
    assert [(one.value, dict(one.headers)["park-reason"]) for one in parked] == [
        (None, b"too large")
    ]
    async with site.connections.borrow() as connection:
        kept = await connection.fetchval("SELECT value FROM parked_command")
    assert kept == large
