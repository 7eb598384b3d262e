"""Logs emptied by retention, and a store restored from a backup: told aloud, never papered over."""

import signal
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from domain.topics import SESSION_COMMANDS, SESSION_EVENTS
from installation.processes import Instance, Starter
from installation.site import PEOPLE, SHARDS, Eventually, Says, Site

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

FIRST, LATER = PEOPLE[:6], PEOPLE[6:]


async def stop(instance: Instance) -> None:
    instance.send(signal.SIGTERM)
    assert await instance.ended() == 0


async def noted(site: Site) -> bool:
    async with site.connections.borrow() as connection:
        query = "SELECT count(*) FROM shard WHERE published_seq < last_seq"
        return bool(await connection.fetchval(query) == 0)


async def tables(connection: Any) -> list[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    names = [row["tablename"] for row in await connection.fetch(query)]
    return [name for name in names if not name.startswith("backup_") and name != "migration"]


async def back_up(site: Site) -> None:
    async with site.connections.borrow() as connection, connection.transaction():
        for table in await tables(connection):
            await connection.execute(f"CREATE TABLE backup_{table} AS TABLE {table}")


async def restore(site: Site) -> None:
    async with site.connections.borrow() as connection, connection.transaction():
        for table in await tables(connection):
            await connection.execute(f"TRUNCATE {table}")
            await connection.execute(f"INSERT INTO {table} SELECT * FROM backup_{table}")  # noqa: S608


async def test_commands_lost_to_retention_halt_their_shard_alone_and_nothing_is_reset(
    site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    first = await start()
    await site.everybody_talks(says, FIRST)
    await eventually(site.settled, 60)
    await stop(first)
    before = await site.next_offsets()
    lost = max(SHARDS, key=lambda shard: before[shard])
    await site.everybody_talks(says)
    ends = await site.ends(SESSION_COMMANDS.name)
    await site.expire(SESSION_COMMANDS.name, lost, before=before[lost] + 1)

    second = await start()
    alarm = f"shard {lost}: offset {before[lost]} is outside the log of commands"
    await eventually(lambda: second.says(alarm), 60)
    expected = {**ends, lost: before[lost]}

    async def others_go_on() -> bool:
        return await site.next_offsets() == expected and await site.published()

    await eventually(others_go_on, 60)
    assert "a person must look" in second.said()
    await site.check()
    async with site.connections.borrow() as connection:
        accept = "UPDATE shard SET next_offset = $1 WHERE shard = $2 AND next_offset = $3"
        await connection.execute(accept, before[lost] + 1, lost, before[lost])
    await stop(second)
    await start()
    await eventually(site.settled, 60)
    await site.check()


async def test_a_topic_of_events_emptied_by_retention_goes_on_with_the_next_number(
    site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    first = await start()
    await site.everybody_talks(says, FIRST)
    await eventually(site.settled, 60)
    await eventually(lambda: noted(site), 60)
    await stop(first)
    stored = await site.stored()
    for shard, end in (await site.ends(SESSION_EVENTS.name)).items():
        await site.expire(SESSION_EVENTS.name, shard, before=end)
    await site.everybody_talks(says, LATER)

    await start()

    async def all_published() -> bool:
        seen, all_stored = await site.read(), await site.stored()
        behind = await site.next_offsets() != await site.ends(SESSION_COMMANDS.name)
        fresh = {shard: len(all_stored[shard]) - len(stored[shard]) for shard in SHARDS}
        return not behind and fresh == {shard: len(seen[shard]) for shard in SHARDS}

    await eventually(all_published, 60)
    for shard, seen in (await site.read()).items():
        expected = await site.store.read(shard, after=len(stored[shard]), limit=999)
        assert [int(one["ce_sequence"]) for one in seen] == [one.sequence for one in expected]
        assert [one["ce_id"] for one in seen] == [str(one.event.event_id) for one in expected]


@pytest.mark.parametrize(
    ("headers", "alarm"),
    [
        ([], "the last record of the shard is not one of ours"),
        ([("ce_sequence", b"999999")], "event 999999 is published but the store ends at"),
    ],
    ids=["without a number", "with a number too high"],
)
async def test_a_foreign_record_stops_its_shard_until_it_is_removed(  # noqa: PLR0917 by name
    headers: list[tuple[str, bytes]],
    alarm: str,
    site: Site,
    kafka: str,
    start: Starter,
    says: Says,
    eventually: Eventually,
) -> None:
    first = await start()
    await site.everybody_talks(says, FIRST)
    await eventually(site.settled, 60)
    await stop(first)
    told = {shard: len(events) for shard, events in (await site.stored()).items()}
    hit = max(SHARDS, key=lambda shard: told[shard])
    async with AIOKafkaProducer(bootstrap_servers=kafka) as stranger:
        topic = site.topic(SESSION_EVENTS.name)
        await stranger.send_and_wait(topic, b"{}", partition=hit, headers=headers)
    second = await start()
    await eventually(lambda: second.says(alarm), 60)
    await stop(second)

    end = (await site.ends(SESSION_EVENTS.name))[hit]
    await site.expire(SESSION_EVENTS.name, hit, before=end)
    async with site.connections.borrow() as connection:
        noted = "UPDATE shard SET published_seq = $2 WHERE shard = $1 AND last_seq >= $2"
        await connection.execute(noted, hit, told[hit])
    await start()
    await site.everybody_talks(says, LATER)

    async def all_published() -> bool:
        seen, stored = await site.read(), await site.stored()
        behind = await site.next_offsets() != await site.ends(SESSION_COMMANDS.name)
        return not behind and len(seen[hit]) == len(stored[hit]) - told[hit]

    await eventually(all_published, 60)
    numbers = [int(one["ce_sequence"]) for one in (await site.read())[hit]]
    assert numbers == list(range(told[hit] + 1, told[hit] + 1 + len(numbers)))


async def test_a_store_restored_from_a_backup_decides_again_what_was_told_and_tells_nothing_twice(
    site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    first = await start()
    await site.everybody_talks(says, FIRST)
    await eventually(site.settled, 60)
    await back_up(site)
    await site.everybody_talks(says, LATER)
    await eventually(site.settled, 60)
    await stop(first)
    told = await site.told()
    await restore(site)
    lacked = not await site.published()

    second = await start()
    await eventually(site.settled, 60)
    again = await site.told()
    await second.until_ready()

    assert lacked
    assert again == told
    assert "deciding it again, event by event" in second.said()
    await site.check_against_model()


async def test_a_restored_store_that_would_decide_otherwise_halts_and_publishes_nothing(
    site: Site, start: Starter, says: Says, eventually: Eventually
) -> None:
    first = await start()
    await site.everybody_talks(says, FIRST)
    await eventually(site.settled, 60)
    await back_up(site)
    await site.everybody_talks(says, LATER)
    await eventually(site.settled, 60)
    await stop(first)
    told = await site.told()
    await restore(site)
    for flow in site.settings.flows_dir.glob("*.yaml"):
        flow.write_text(flow.read_text().replace("What is its name?", "Its name, please?"))

    second = await start()
    await eventually(lambda: second.says("is published and would be another one now"), 60)
    kept = {shard: len(events) for shard, events in (await site.stored()).items()}
    await site.everybody_talks(says, FIRST)
    seen = {shard: len(records) for shard, records in (await site.read()).items()}
    ahead = {shard for shard in SHARDS if seen[shard] > kept[shard]}

    async def others_go_on() -> bool:
        offsets, ends = await site.next_offsets(), await site.ends(SESSION_COMMANDS.name)
        return all(offsets[shard] == ends[shard] for shard in SHARDS if shard not in ahead)

    await eventually(others_go_on, 60)
    assert ahead
    assert await site.told() == told
    assert {shard: len(events) for shard, events in (await site.stored()).items()} == kept
