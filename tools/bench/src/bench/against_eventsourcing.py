"""`append/eventsourcing` and `replay/eventsourcing`: from objects to rows, and back."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
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
LANES = 2
"""Loads under way at once: session-core's default. The peer is synchronous."""
LOADS_A_CALL = 8
EVENTS_A_SHORT_STORY = 10
"""As many as the architecture gives a stored session at least."""
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
    """Measure `replay/eventsourcing`: both decode events and fold them to a person's state.

    People with ten events are judged; those with a whole conversation stand in the detail.
    """
    whole = await _replays(lab, EVENTS_A_PERSON)
    short = await _replays(lab, EVENTS_A_SHORT_STORY)
    detail = {
        "people": lab.sizes.people,
        "events_a_person": EVENTS_A_SHORT_STORY,
        "people_a_load": PEOPLE_A_LOAD,
        "loads_at_once": LANES,
        "whole_conversations": {
            "events_a_person": EVENTS_A_PERSON,
            "ratio": ratio(_rates(whole, OURS), _rates(whole, DOCUMENTED)),
            "ratio_to_tuned_peer": ratio(_rates(whole, OURS), _rates(whole, TUNED)),
        },
    }
    return [_result("replay/eventsourcing", short, 5, detail)]


async def _replays(lab: Lab, length: int) -> Sequence[Mapping[str, float]]:
    lab.say(f"people with {length} events each")
    async with _sides(lab) as (place, peers, decided):
        told = [fact for story in by_person(decided).values() for fact in story[:length]]
        await _fill(place, peers, told)
        people = [ContactId(person) for person in by_person(told)]
        groups = in_chunks(people, PEOPLE_A_LOAD * LOADS_A_CALL, rest=True)
        calls = {OURS: _load(place, groups, length)}
        calls.update({name: _replay(peer, groups, length) for name, peer in peers.items()})

        async def nothing() -> None:
            """Do nothing: reading leaves all as it is, and checks itself."""

        return await alternate(
            lab, calls, calls=len(groups), units=len(told), begin=nothing, check=nothing
        )


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


def _load(place: Bed, groups: Sequence[Sequence[ContactId]], length: int) -> Call:
    async def lane(waiting: Iterator[Sequence[ContactId]]) -> int:
        events = 0
        for people in waiting:
            histories = await place.store.load([], people)
            known = [after(STRANGER, history.events) for history in histories.people.values()]
            events += sum(sum(one.versions.values()) for one in known)
        return events

    async def call(number: int) -> float:
        waiting = iter(in_chunks(groups[number], PEOPLE_A_LOAD, rest=True))
        with stopwatch() as watch:
            seen = await asyncio.gather(*(lane(waiting) for _ in range(LANES)))
        _all_back(sum(seen), length * len(groups[number]))
        return watch.seconds

    return call


def _replay(peer: Peer, groups: Sequence[Sequence[ContactId]], length: int) -> Call:
    async def call(number: int) -> float:
        with stopwatch() as watch:
            seen = sum(peer.replay(person) for person in groups[number])
        _all_back(seen, length * len(groups[number]))
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


def _all_back(events: int, expected: int) -> None:
    if events != expected:
        raise NotWritten(f"{events} events came back instead of {expected}")


def _rates(rounds: Sequence[Mapping[str, float]], side: str) -> list[float]:
    return [one[side] for one in rounds]


def _result(
    name: str,
    rounds: Sequence[Mapping[str, float]],
    bar: float,
    detail: Mapping[str, object],
) -> Result:
    rates = {side: _rates(rounds, side) for side in rounds[0]}
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
