"""Computes what is in use from the events alone, person by person, and tells every difference."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from domain import events
from domain.codec import UndecodableMessage, decode_event
from domain.ports.event_store import AliasKey, StoreRefused, TimerKey
from domain.ports.flow_archive import FlowArchive
from domain.ports.rebuilding import AliasInUse, Beginning, Moment, StateInUse, TimerInUse
from domain.session import FlowBook
from domain.values import ContactId
from session_core.use_cases.comparing_snapshots import snapshot_differs
from session_core.use_cases.comparing_timers import timers_differ
from session_core.use_cases.findings import MOST_KEPT, Findings
from session_core.use_cases.replaying import Replayed, replay
from session_core.use_cases.snapshots import FORM
from streaming.counting import counted

PAGE = 200
"""Streams looked at in one moment: their people's histories are in memory together."""
LOOK_AGAIN_SECONDS = (0.5, 2.0, 5.0)
"""A name may lead to a person of another shard a moment before that shard knows of it."""
MOST_DOUBTFUL = 10_000
"""Names that are looked at again; where there are more, the last moment is not the reason."""

Names: TypeAlias = Mapping[AliasKey, AliasInUse]
Sleep: TypeAlias = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How much was compared, and what differs."""

    events: int
    contacts: int
    sessions: int
    aliases: int
    snapshots: int
    timers: int
    seconds: float
    differences: int
    findings: Sequence[str]

    @property
    def holds(self) -> bool:
        """Say whether everything in use is what the events say."""
        return self.differences == 0


class Rebuilding:
    """Reads the store only, in pages, each as it was at one moment: others may write meanwhile."""

    def __init__(
        self,
        state: StateInUse,
        flows: FlowArchive,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Sleep = asyncio.sleep,
        page: int = PAGE,
    ) -> None:
        self._state = state
        self._flows = flows
        self._clock = clock
        self._sleep = sleep
        self._page = page

    async def compare(self) -> Comparison:
        """Compare everything once. Raises StoreUnavailable, or InvalidFlow for a flow kept."""
        run = _Run(self._state, self._flows, self._page, self._sleep)
        return await run.compare(self._clock)


class _Run:
    def __init__(self, state: StateInUse, flows: FlowArchive, page: int, sleep: Sleep) -> None:
        self._state = state
        self._archive = flows
        self._flows = FlowBook.of_versions(())
        self._page = page
        self._sleep = sleep
        self._findings = Findings()
        self._events = self._contacts = self._sessions = 0
        self._aliases = self._snapshots = self._timers = 0

    async def compare(self, clock: Callable[[], float]) -> Comparison:
        began = clock()
        try:
            async with self._state.moment() as moment:
                ends = await moment.ends()
            for shard, last in ends.items():
                await self._shard(shard, last)
            await self._rows_without_events()
            await self._every_name()
        except StoreRefused as refused:
            self._findings.add(f"the rest was not compared: {refused}")
        return Comparison(
            events=self._events,
            contacts=self._contacts,
            sessions=self._sessions,
            aliases=self._aliases,
            snapshots=self._snapshots,
            timers=self._timers,
            seconds=clock() - began,
            differences=self._findings.count,
            findings=self._findings.sentences,
        )

    async def _shard(self, shard: int, last: int) -> None:
        after = found = 0
        while True:
            async with self._state.moment() as moment:
                page = await moment.beginnings(shard, after=after, upto=last, limit=self._page)
                if not page:
                    stored = await moment.count(shard, upto=last)
                    break
                people = [who for who in map(self._begun, page) if who is not None]
                found += await self._people(moment, people, shard, last)
            after = page[-1].stored.sequence
        if found != stored:
            self._findings.add(
                f"shard {shard}: nobody in use accounts for {stored - found}"
                f" of {counted(stored, 'event')}"
            )
        self._events += found

    def _begun(self, beginning: Beginning) -> ContactId | None:
        """Compare a session with its row; return the contact if it is one that begins."""
        stored = beginning.stored
        if stored.event.stream_id == stored.event.origin.contact_id:
            return stored.event.origin.contact_id
        self._sessions += 1
        self._findings.extend(_session_differs(beginning))
        return None

    async def _people(
        self, moment: Moment, contacts: Sequence[ContactId], shard: int, last: int
    ) -> int:
        """Compare people; return how many of the shard's events up to the last are theirs."""
        histories = await moment.histories(contacts, sessions=True)
        people = [replay(contact, history) for contact, history in histories.items()]
        owners = await moment.owners([name for person in people for name in person.names])
        snapshots = await moment.snapshots(contacts, form=FORM)
        timers = await moment.timers([one for person in people for one in person.sessions])
        await self._learn_flows(people)
        found = 0
        for person, own in _each_with_own(people, timers):
            self._findings.extend(person.oddities)
            self._findings.extend(timers_differ(person, own, self._flows))
            if (snapshot := snapshots.get(person.contact_id)) is not None:
                self._findings.extend(snapshot_differs(snapshot, person.events))
            self._findings.extend(_names_differ(person, owners))
            found += sum(one.shard == shard and one.sequence <= last for one in person.events)
        self._contacts += len(people)
        self._snapshots += len(snapshots)
        self._timers += len(timers)
        return found

    async def _learn_flows(self, people: Iterable[Replayed]) -> None:
        """Know the flows of open sessions; each was kept before a session could begin with it."""
        pinned = {
            (session.flow, session.flow_version)
            for person in people
            for session in person.person.sessions.values()
            if session.open
        }
        if not pinned <= self._flows.versions.keys():
            self._flows = FlowBook.of_versions((await self._archive.kept()).values())

    async def _rows_without_events(self) -> None:
        async with self._state.moment() as moment:
            sessions = await moment.sessions_without_beginning(limit=MOST_KEPT)
            streams = await moment.streams_without_beginning(limit=MOST_KEPT)
            timers = await moment.timers_without_session(limit=MOST_KEPT)
        self._findings.extend(f"session {one} is in use but no event began it" for one in sessions)
        self._findings.extend(
            f"timer {one.kind} is there of session {one.session_id}, which no event began"
            for one in timers
        )
        self._findings.extend(f"stream {one} has no first event" for one in streams)

    async def _every_name(self) -> None:
        after: AliasKey | None = None
        odd: dict[AliasKey, AliasInUse] = {}
        while True:
            async with self._state.moment() as moment:
                page = await moment.names(after=after, limit=self._page)
                odd.update(await _unknown_to_their_people(moment, dict(page)))
            if len(odd) > MOST_DOUBTFUL:
                self._unknown(odd)
                odd = {}
            if not page:
                break
            self._aliases += len(page)
            after = page[-1][0]
        for seconds in LOOK_AGAIN_SECONDS:
            if odd:
                await self._sleep(seconds)
                odd = await self._still_odd(odd)
        self._unknown(odd)

    def _unknown(self, odd: Names) -> None:
        self._findings.extend(
            f"a name leads to contact {alias.contact_id}, whose events do not know it"
            for alias in odd.values()
        )

    async def _still_odd(self, odd: Names) -> dict[AliasKey, AliasInUse]:
        async with self._state.moment() as moment:
            return await _unknown_to_their_people(moment, await moment.owners(list(odd)))


def _each_with_own(
    people: Sequence[Replayed], timers: Mapping[TimerKey, TimerInUse]
) -> Iterator[tuple[Replayed, Mapping[TimerKey, TimerInUse]]]:
    owner = {session: person for person in people for session in person.sessions}
    own: dict[ContactId, dict[TimerKey, TimerInUse]] = {one.contact_id: {} for one in people}
    for key, timer in timers.items():
        own[owner[key.session_id].contact_id][key] = timer
    return ((person, own[person.contact_id]) for person in people)


async def _unknown_to_their_people(moment: Moment, names: Names) -> dict[AliasKey, AliasInUse]:
    contacts = list({alias.contact_id for alias in names.values()})
    histories = await moment.histories(contacts, sessions=False)
    known = {who: replay(who, history).names for who, history in histories.items()}
    return {
        name: alias
        for name, alias in names.items()
        if name not in known.get(alias.contact_id, frozenset())
    }


def _session_differs(beginning: Beginning) -> Iterator[str]:
    stored, row = beginning.stored, beginning.session
    event = stored.event
    try:
        begun = decode_event(event.type, event.data)
    except UndecodableMessage as error:
        yield f"event {event.event_id} cannot be replayed: {error}"
        return
    if not isinstance(begun, events.SessionInitiated):
        yield f"stream {event.stream_id} begins with {event.type}"
    elif row is None:
        yield f"session {event.stream_id} has no row"
    else:
        pairs = (
            ("contact", row.contact_id, begun.contact_id),
            ("shard", row.shard, stored.shard),
            ("time of opening", row.opened_at, event.origin.at),
            ("number of opening", row.opened_sequence, stored.sequence),
        )
        for what, used, told in pairs:
            if used != told:
                yield f"session {event.stream_id} is in use with {what} {used}, not {told}"


def _names_differ(person: Replayed, owners: Names) -> Iterator[str]:
    """Tell of names that lead nowhere; whether one that leads to another should, they show."""
    who, own = person.contact_id, 0
    for name in person.names:
        row = owners.get(name)
        if row is None and not person.is_gone:
            yield f"a name of contact {who} leads to nobody"
        elif row is not None and row.contact_id == who:
            own += 1
            if row.shard != person.shard:
                yield f"a name of contact {who} leads to shard {row.shard}, not {person.shard}"
    if person.names and not own and not person.is_gone:
        yield f"contact {who} is reached by none of their names"
