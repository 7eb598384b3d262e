"""The part of session-core that knows its neighbours by their ports alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.ports.command_source import CommandSource, Dispatch
from domain.ports.event_store import EventPublisher, EventStore
from session_core.handlers.lanes import Lanes
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.settling import Settling
from session_core.use_cases.shards import Shards
from session_core.use_cases.snapshots import Album
from session_core.use_cases.timers import Timers


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What session-core talks to."""

    store: EventStore
    publisher: EventPublisher
    source: CommandSource
    dispatch: Dispatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much at once."""

    batch_commands: int = 1000
    lanes: int = 2
    people_in_memory: int = 20_000


@dataclass(frozen=True, slots=True)
class Core:
    """Everything between commands that come in and events that go out."""

    shards: Shards
    settling: Settling
    lanes: Lanes
    album: Album
    timers: Timers

    def ready(self) -> str | None:
        """Give None while commands have their effect, else what stands in the way."""
        checks = (self.shards.ready, self.settling.ready, self.lanes.ready, self.timers.ready)
        return next((reason for check in checks if (reason := check()) is not None), None)


def utc_now() -> datetime:
    """Give the time of day that timers go by."""
    return datetime.now(UTC)


def assemble(
    neighbours: Neighbours,
    flows: FlowShelf,
    *,
    owner: str,
    sizes: Sizes,
    clock: Callable[[], datetime] = utc_now,
) -> Core:
    """Wire the core; nothing starts yet. `clock` says when timers are due."""
    shards = Shards(
        neighbours.store,
        neighbours.publisher,
        neighbours.source,
        flows,
        owner=owner,
        people_in_memory=sizes.people_in_memory,
    )
    album = Album(neighbours.store)
    settling = Settling(neighbours.store, shards, neighbours.dispatch, flows, album)
    lanes = Lanes(
        neighbours.source,
        shards,
        settling,
        lanes=sizes.lanes,
        most_commands=sizes.batch_commands,
    )
    timers = Timers(neighbours.store, neighbours.source, neighbours.dispatch, shards, clock=clock)
    return Core(shards, settling, lanes, album, timers)
