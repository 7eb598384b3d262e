"""What every list of parked commands promises: all of them, in order, with their bytes."""

from datetime import UTC, datetime

import pytest

from domain.commands import ReceiveMessage
from domain.ports.event_store import Append, EventStore, ParkedCommand, ParkingPermit
from domain.ports.parked_commands import ParkedCommands, ParkedLines, Place
from domain.values import NAMESPACE, CommandId
from session_core.adapters.memory_event_store import MemoryEventStore
from session_core.adapters.memory_parked_commands import MemoryParkedCommands
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_event_store import PostgresEventStore
from session_core.adapters.postgres_parked_commands import PostgresParkedCommands

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVERY = ParkedLines()
ODD = [("ce_id", b"\xff"), ("empty", b""), ("ce_type", b"15550001111")]
KNOWN = [("ce_type", ReceiveMessage.TYPE.encode()), ("ce_id", str(NAMESPACE).encode())]


async def park(store: EventStore, shard: int, *commands: ParkedCommand) -> None:
    lease = await store.take(shard, owner="one")
    after = commands[-1].offset + 1
    await store.append([Append(shard, lease.epoch, lease.next_offset, after, parked=commands)])


def broken(offset: int, reason: str = "undecodable") -> ParkedCommand:
    return ParkedCommand(offset, reason, None, b"\x00\xff", ODD)


class ParkedCommandsContract:
    """What operators rely on. Every adapter inherits these tests."""

    async def test_everything_parked_is_listed_page_by_page_in_order(
        self, store: EventStore, parked: ParkedCommands
    ) -> None:
        await park(store, 1, broken(0))
        await park(store, 0, broken(3), broken(5))

        first = await parked.lines(EVERY, after=None, limit=2)
        rest = await parked.lines(EVERY, after=first[-1].place, limit=2)

        assert [line.place for line in first] == [Place(0, 3), Place(0, 5)]
        assert [line.place for line in rest] == [Place(1, 0)]

    async def test_a_line_says_what_happened_and_nothing_personal(
        self, store: EventStore, parked: ParkedCommands
    ) -> None:
        known = ParkedCommand(1, "bug: KeyError", b"key", b"{}", KNOWN)
        await park(store, 0, broken(0), known)

        odd, plain = await parked.lines(EVERY, after=None, limit=9)

        assert (odd.reason, odd.type) == ("undecodable", None)
        assert (plain.reason, plain.type) == ("bug: KeyError", ReceiveMessage.TYPE)
        assert (plain.redriven_at, plain.redriven) == (None, 0)
        assert plain.parked_at.tzinfo is not None
        assert (odd.command_id, plain.command_id) == (None, CommandId(NAMESPACE))

    async def test_those_of_a_shard_and_of_a_reason_can_be_picked(
        self, store: EventStore, parked: ParkedCommands
    ) -> None:
        await park(store, 0, broken(0, "bug: KeyError"), broken(1, "undecodable: x"))
        await park(store, 1, broken(0, "bug: KeyError"))

        of_shard = await parked.lines(ParkedLines(1), after=None, limit=9)
        of_reason = await parked.lines(ParkedLines(reason="bug"), after=None, limit=9)

        assert [line.place for line in of_shard] == [Place(1, 0)]
        assert [line.place for line in of_reason] == [Place(0, 0), Place(1, 0)]

    async def test_a_record_comes_back_byte_by_byte(
        self, store: EventStore, parked: ParkedCommands
    ) -> None:
        await park(store, 0, broken(7))

        record = await parked.record(Place(0, 7))

        assert record is not None
        assert (record.shard, record.offset) == (0, 7)
        assert (record.key, record.value, list(record.headers)) == (None, b"\x00\xff", ODD)

    async def test_what_was_never_parked_is_not_found(
        self,
        store: EventStore,  # noqa: ARG002 it is empty
        parked: ParkedCommands,
    ) -> None:
        assert await parked.line(Place(0, 7)) is None
        assert await parked.record(Place(0, 7)) is None

    async def test_redriven_ones_are_remembered_and_count_no_more(
        self, store: EventStore, parked: ParkedCommands
    ) -> None:
        await park(store, 0, broken(0), broken(1))

        await parked.note_redriven(Place(0, 0))
        await parked.note_redriven(Place(0, 0))
        line = await parked.line(Place(0, 0))
        waiting = await parked.lines(ParkedLines(waiting=True), after=None, limit=9)

        assert line is not None
        assert line.redriven == 2
        assert line.redriven_at is not None
        assert [one.place for one in waiting] == [Place(0, 1)]
        assert (await store.take(0, owner="two")).parked_lately == 1

    async def test_dismissed_ones_wait_for_nobody_and_keep_their_bytes(
        self, store: EventStore, parked: ParkedCommands
    ) -> None:
        await park(store, 0, broken(0), broken(1))

        await parked.dismiss(Place(0, 0))
        first = await parked.line(Place(0, 0))
        await parked.dismiss(Place(0, 0))
        again = await parked.line(Place(0, 0))
        waiting = await parked.lines(ParkedLines(waiting=True), after=None, limit=9)
        record = await parked.record(Place(0, 0))

        assert first is not None
        assert first.dismissed_at is not None
        assert again == first
        assert [(one.place, one.dismissed_at) for one in waiting] == [(Place(0, 1), None)]
        assert record is not None
        assert record.value == b"\x00\xff"
        assert (await store.take(0, owner="two")).parked_lately == 1

    async def test_leave_to_park_more_is_for_whoever_takes_that_shard(
        self, store: EventStore, parked: ParkedCommands
    ) -> None:
        await parked.permit(0, most=50, seconds=60)
        await parked.permit(0, most=500, seconds=600)

        mine = (await store.take(0, owner="one")).permit
        other = (await store.take(1, owner="one")).permit

        assert isinstance(mine, ParkingPermit)
        assert mine.most == 500
        assert 500 < mine.seconds <= 600
        assert other is None


class TestMemoryParkedCommands(ParkedCommandsContract):
    @pytest.fixture
    def store(self) -> MemoryEventStore:
        return MemoryEventStore()

    @pytest.fixture
    def parked(self, store: MemoryEventStore) -> MemoryParkedCommands:
        return MemoryParkedCommands(store, NOON)


@pytest.mark.connected
class TestPostgresParkedCommands(ParkedCommandsContract):
    @pytest.fixture
    def store(self, connections: Connections) -> PostgresEventStore:
        return PostgresEventStore(connections)

    @pytest.fixture
    def parked(self, connections: Connections) -> PostgresParkedCommands:
        return PostgresParkedCommands(connections)

    async def test_a_header_without_a_value_stays_one(
        self, store: PostgresEventStore, parked: PostgresParkedCommands
    ) -> None:
        without: list[tuple[str, bytes]] = [("ce_id", None)]  # type: ignore[list-item]
        await park(store, 0, ParkedCommand(0, "undecodable", None, None, without))

        record = await parked.record(Place(0, 0))

        assert record is not None
        assert list(record.headers) == without

    async def test_leave_that_has_run_out_is_none(
        self, store: PostgresEventStore, parked: PostgresParkedCommands
    ) -> None:
        await parked.permit(0, most=50, seconds=0)

        assert (await store.take(0, owner="one")).permit is None
