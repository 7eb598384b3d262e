"""`append/eventsourcing` and `replay/eventsourcing`: from objects to rows, and back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.util import find_spec

from bench.claim import EVENTS_A_PERSON, workload
from bench.facts import Fact, by_person, facts
from bench.lab import Lab, Unavailable
from bench.peers import SCHEMA, Peer
from bench.results import Result, judged, ratio
from bench.rounds import Call, alternate
from bench.store import (
    Bed,
    NotWritten,
    bed,
    in_chunks,
    seldom_collecting,
    sessions_of,
    stopwatch,
)
from domain.values import ContactId
from session_core.use_cases.people import STRANGER, after

EVENTS_A_SAVE = 500
PEOPLE_A_LOAD = 100
OURS, DOCUMENTED, TUNED = "ours", "eventsourcing", "eventsourcing with our codec"


async def append_against_eventsourcing(lab: Lab) -> Sequence[Result]:
    """Measure `append/eventsourcing`: both encode objects and store 500 events a transaction."""
    async with _sides(lab) as (place, peers, decided):
        chunks = in_chunks(decided, EVENTS_A_SAVE)
        events = len(chunks) * EVENTS_A_SAVE
        calls = {OURS: _append(place, chunks)}
        calls.update({name: _save(peer, chunks) for name, peer in peers.items()})

        async def begin() -> None:
            await _empty(place, peers)

        async def check() -> None:
            await _check(place, peers, events)

        rounds = await alternate(
            lab, calls, calls=len(chunks), units=events, begin=begin, check=check
        )
    detail = {"events_a_save": EVENTS_A_SAVE, "saves": len(chunks)}
    return [_result("append/eventsourcing", rounds, 3, detail)]


async def replay_against_eventsourcing(lab: Lab) -> Sequence[Result]:
    """Measure `replay/eventsourcing`: both decode events and fold them to a person's state."""
    async with _sides(lab) as (place, peers, decided):
        await _fill(place, peers, decided)
        people = [ContactId(person) for person in by_person(decided)]
        groups = in_chunks(people, PEOPLE_A_LOAD, rest=True)
        calls = {OURS: _load(place, groups)}
        calls.update({name: _replay(peer, groups) for name, peer in peers.items()})

        async def nothing() -> None:
            """Do nothing: reading leaves all as it is, and checks itself."""

        rounds = await alternate(
            lab, calls, calls=len(groups), units=len(decided), begin=nothing, check=nothing
        )
    detail = {"people": len(people), "events": len(decided), "people_a_load": PEOPLE_A_LOAD}
    return [_result("replay/eventsourcing", rounds, 5, detail)]


@asynccontextmanager
async def _sides(lab: Lab) -> AsyncIterator[tuple[Bed, Mapping[str, Peer], Sequence[Fact]]]:
    if find_spec("eventsourcing") is None:
        raise Unavailable("the peer, eventsourcing, is not installed; `make bench` does it")
    from bench.documented_peer import DocumentedPeer  # noqa: PLC0415 `make bench` installs it
    from bench.tuned_peer import TunedPeer  # noqa: PLC0415 the same

    decided = await facts(workload(lab.sizes.people, begin=datetime.now(UTC)), lab.flows)
    async with bed(lab.postgres) as place:
        await place.bare.execute(f"CREATE SCHEMA {SCHEMA}")
        peers: dict[str, Peer] = {
            DOCUMENTED: DocumentedPeer(place.address),
            TUNED: TunedPeer(place.address),
        }
        try:
            with seldom_collecting():
                yield place, peers, decided
        finally:
            for peer in peers.values():
                peer.close()


def _append(place: Bed, chunks: Sequence[Sequence[Fact]]) -> Call:
    async def call(number: int) -> float:
        chunk = chunks[number]
        with stopwatch() as watch:
            await place.append([fact.stored() for fact in chunk], sessions_of(chunk))
        return watch.seconds

    return call


def _save(peer: Peer, chunks: Sequence[Sequence[Fact]]) -> Call:
    async def call(number: int) -> float:
        prepared = peer.prepare(chunks[number])
        with stopwatch() as watch:
            peer.save(prepared)
        return watch.seconds

    return call


def _load(place: Bed, groups: Sequence[Sequence[ContactId]]) -> Call:
    async def call(number: int) -> float:
        with stopwatch() as watch:
            histories = await place.store.load([], groups[number])
            known = [
                after(STRANGER, (one.event for one in history.events))
                for history in histories.people.values()
            ]
        _all_back(sum(sum(one.versions.values()) for one in known), len(groups[number]))
        return watch.seconds

    return call


def _replay(peer: Peer, groups: Sequence[Sequence[ContactId]]) -> Call:
    async def call(number: int) -> float:
        with stopwatch() as watch:
            seen = sum(peer.replay(person) for person in groups[number])
        _all_back(seen, len(groups[number]))
        return watch.seconds

    return call


async def _fill(place: Bed, peers: Mapping[str, Peer], decided: Sequence[Fact]) -> None:
    chunks = in_chunks(decided, EVENTS_A_SAVE, rest=True)
    for call in (_append(place, chunks), *(_save(peer, chunks) for peer in peers.values())):
        for number in range(len(chunks)):
            await call(number)
    await _check(place, peers, len(decided))
    await place.bare.execute("ANALYZE")


async def _empty(place: Bed, peers: Mapping[str, Peer]) -> None:
    await place.empty()
    for peer in peers.values():
        await place.bare.execute(f"TRUNCATE {peer.table}")
        peer.begin()


async def _check(place: Bed, peers: Mapping[str, Peer], events: int) -> None:
    await place.check(events)
    for peer in peers.values():
        await place.check(events, peer.table)


def _all_back(events: int, people: int) -> None:
    if events != people * EVENTS_A_PERSON:
        raise NotWritten(f"{events} events came back for {people} people")


def _result(
    name: str,
    rounds: Sequence[Mapping[str, float]],
    bar: float,
    detail: Mapping[str, object],
) -> Result:
    rates = {side: [one[side] for one in rounds] for side in rounds[0]}
    runs = {side: [{"events_per_s": round(rate)} for rate in each] for side, each in rates.items()}
    return judged(
        name,
        ratio(rates[OURS], rates[DOCUMENTED]),
        bar=bar,
        better="higher",
        unit="ratio",
        detail={
            **detail,
            **runs,
            "ratio_to_tuned_peer": ratio(rates[OURS], rates[TUNED]),
            "db_functions": False,
        },
    )
