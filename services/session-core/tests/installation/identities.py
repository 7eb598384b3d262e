"""People who change the ids they write under: their webhooks, and what holds whatever happens."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from domain import commands
from domain.codec import decode_event
from domain.events import MessageReceived
from domain.messages import InboundUnknown
from domain.ports.event_store import RecordedEvent
from domain.values import ContactId, command_id, message_id
from installation.settling import is_settled
from installation.stores import HesitantStore
from session_core.adapters.memory_commands import MemoryCommands, MemoryCommandSource
from session_core.adapters.memory_event_publisher import MemoryEventPublisher
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.adapters.memory_state_in_use import MemoryStateInUse
from session_core.app.core import Core, Neighbours, Sizes, assemble
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.people import Known
from session_core.use_cases.rebuilding import Rebuilding
from session_core.use_cases.recalling import recall

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Named = tuple[bool, bool, bool]
"""Whether a webhook names the phone, the user id and the one that linked businesses share."""
Names = tuple[int | None, int | None]
"""A number and a user id."""

NUMBER = "106540352242922"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHARDS = 3
PEOPLE = 2

TROUBLES = ("store-down", "unanswered-written", "unanswered-lost", "conflict")
TROUBLE = st.sampled_from(TROUBLES)
"""What a store can do to whoever appends."""

IN_ANY_ORDER = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Site:
    """One topic, one store, one world; instances of session-core come and go."""

    def __init__(self, flows: dict[str, str], turns: Iterable[int], batch: int) -> None:
        self.topic = MemoryCommands(SHARDS)
        self.store = HesitantStore(turns)
        self.world = MemoryEventPublisher()
        self.running: list[Core] = []
        self._flows = flows
        self.archive = MemoryFlowArchive()
        self._sizes = Sizes(lanes=SHARDS, batch_commands=batch, people_in_memory=6)

    async def begin(self) -> None:
        shelf = FlowShelf(self._flows, self.archive)
        await shelf.open()
        neighbours = Neighbours(
            store=self.store,
            publisher=self.world,
            source=MemoryCommandSource(self.topic),
            dispatch=self.topic,
        )
        core = assemble(neighbours, shelf, owner="test", sizes=self._sizes)
        self.running.append(core)
        core.shards.assigned(range(SHARDS))
        await core.lanes.start()

    async def end(self) -> None:
        for core in self.running:
            await core.lanes.stop()
            await core.shards.stop()
        self.running.clear()

    async def settle(self) -> None:
        async with asyncio.timeout(60):
            while not await is_settled(self.topic, self.store, self.world, range(SHARDS)):  # noqa: ASYNC110 the store tells nobody
                await asyncio.sleep(0.002)

    async def stored(self) -> list[RecordedEvent]:
        return [
            one
            for shard in range(SHARDS)
            for one in await self.store.read(shard, after=0, limit=10_000)
        ]


def phone(person: int) -> str:
    return f"1555000{person}"


def user_id(person: int) -> str:
    return f"US.{person}"


def parent(person: int) -> str:
    return f"US.ENT.{person}"


class Webhooks:
    """What people do, as commands; each can come again."""

    def __init__(self, says: Says, record: Callable[..., Record]) -> None:
        self._says = says
        self._record = record
        self.written: list[Record] = []
        self.messages: set[object] = set()
        self.stopped: set[int] = set()

    def message(self, person: int, named: Named) -> Record:
        by_phone, by_user_id, by_parent = named
        number = len(self.written) + 1
        written = self._says(
            phone(person) if by_phone else "",
            "hello",
            number=number,
            user_id=user_id(person) if by_user_id else None,
            parent=parent(person) if by_parent else None,
        )
        self.written.append(written)
        self.messages.add(dict(written[1])["ce_id"].decode())
        return written

    def written_by(self, number: int | None, user: int | None, shared: int | None = None) -> Record:
        written = self._says(
            phone(number) if number is not None else "",
            "hello",
            number=len(self.written) + 1,
            user_id=user_id(user) if user is not None else None,
            parent=parent(shared) if shared is not None else None,
        )
        self.written.append(written)
        self.messages.add(dict(written[1])["ce_id"].decode())
        return written

    def changed(self, before: Names, now: Names) -> Record:
        """Let WhatsApp tell that who had one number and user id has others now."""
        number = len(self.written) + 1
        wamid, at = f"wamid.system.{number}", NOON + timedelta(seconds=number)
        told = {
            "type": "user_changed_user_id" if now[0] is None else "user_changed_number",
            **({} if now[0] is None else {"wa_id": phone(now[0])}),
            **({} if now[1] is None else {"user_id": user_id(now[1])}),
        }
        command = commands.ReceiveMessage(
            phone_number_id=NUMBER,
            message_id=message_id(wamid),
            received_at=at,
            personal=commands.IncomingMessage(
                wamid=wamid,
                from_=None if before[0] is None else phone(before[0]),
                user_id=None if before[1] is None else user_id(before[1]),
                message=InboundUnknown(
                    original_type="system", raw={"type": "system", "system": told}
                ),
            ),
        )
        identity = command_id(command.TYPE, NUMBER, wamid)
        written = self._record(command, identity=identity, at=at)
        self.written.append(written)
        return written

    def stop(self, person: int, named: Named) -> Record:
        by_phone, by_user_id, by_parent = named
        stop = commands.RecordConsent(
            phone_number_id=NUMBER,
            value="stop",
            source="user_preferences",
            personal=commands.Person(
                from_=phone(person) if by_phone else None,
                user_id=user_id(person) if by_user_id else None,
                parent_user_id=parent(person) if by_parent else None,
            ),
        )
        identity = command_id(stop.TYPE, str(len(self.written)))
        written = self._record(stop, identity=identity)
        self.written.append(written)
        return written

    def echo(self, person: int, named: Named) -> Record:
        by_phone, by_user_id, by_parent = named
        echo = commands.HandOffSession(
            phone_number_id=NUMBER,
            source="echo",
            personal=commands.HandOffNote(
                from_=phone(person) if by_phone else None,
                user_id=user_id(person) if by_user_id else None,
                parent_user_id=parent(person) if by_parent else None,
                wamid=f"wamid.echo.{len(self.written)}",
            ),
        )
        identity = command_id(echo.TYPE, str(len(self.written)))
        written = self._record(echo, identity=identity)
        self.written.append(written)
        return written


async def check_messages(site: Site, webhooks: Webhooks) -> None:
    events = await site.stored()
    received = Counter(
        str(one.event.origin.command_id) for one in events if one.event.type == MessageReceived.TYPE
    )

    assert received == Counter(webhooks.messages)
    assert len({one.event.event_id for one in events}) == len(events)
    assert site.topic.parked == []
    for shard in range(SHARDS):
        assert list(site.world.published(shard)) == list(
            await site.store.read(shard, after=0, limit=10_000)
        )


async def check_memory(site: Site) -> None:
    for core in site.running:
        for shard, holding in core.shards.held.items():
            if await site.store.epoch(shard) == holding.lease.epoch:
                everybody: Mapping[ContactId, Known] = holding.people.everybody()
                replayed = await site.store.load([], list(everybody))
                for contact, known in everybody.items():
                    assert known == recall(replayed.people[contact])


async def check_rebuilt(site: Site) -> None:
    """Nothing is under way any more, so nothing that is odd is looked at again."""
    state = MemoryStateInUse(site.store)
    compared = await Rebuilding(state, site.archive, sleep=lambda _: asyncio.sleep(0)).compare()

    assert compared.findings == ()


async def check_order(site: Site) -> None:
    """Of each contact, messages are stored in the order of the shard; versions leave no hole."""
    versions: Counter[object] = Counter()
    for one in await site.stored():
        versions[one.event.stream_id] += 1

        assert one.event.version == versions[one.event.stream_id]
        decode_event(one.event.type, one.event.data)
