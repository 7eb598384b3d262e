"""What is left of each shard, and how old it is, can be seen from outside."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import cast

from prometheus_client import REGISTRY

from domain.ports.command_source import SourceUnavailable
from session_core.handlers.progress import Progress
from session_core.use_cases.shards import Shards


@dataclass
class Relay:
    behind: int = 3


@dataclass
class Holding:
    """As much of a shard in our hands as is looked at."""

    next_offset: int
    oldest_at: int | None = None
    overloaded: bool = False
    relay: Relay = field(default_factory=Relay)


@dataclass
class Held:
    """The shards that are ours."""

    held: dict[int, Holding]
    ours: frozenset[int] = frozenset({3})


@dataclass
class Board:
    """Where the partitions end, unless Kafka is away."""

    end: int = 10
    away: bool = False
    shown: Mapping[int, int] = field(default_factory=dict)

    async def ends(self, shards: Collection[int]) -> Mapping[int, int]:
        if self.away:
            raise SourceUnavailable("away")
        return dict.fromkeys(shards, self.end)

    async def show_progress(self, offsets: Mapping[int, int]) -> None:
        self.shown = offsets


def seen(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"session_core_{name}", {"shard": "3"})


@dataclass
class Clock:
    """One that somebody turns."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def showing(board: Board, shards: Held, clock: Clock | None = None) -> Progress:
    return Progress(board, cast("Shards", shards), clock=clock or Clock())


async def test_what_is_written_and_has_no_effect_yet_is_the_lag() -> None:
    board = Board(end=10)

    await showing(board, Held({3: Holding(7)})).show()

    assert (seen("lag_commands"), seen("unpublished_events")) == (3, 3)
    assert board.shown == {3: 7}


async def test_the_oldest_command_at_hand_has_the_age_of_its_record() -> None:
    minute_ago = int((time.time() - 60) * 1000)

    await showing(Board(), Held({3: Holding(7, oldest_at=minute_ago)})).show()

    assert 59 < (seen("oldest_command_age_seconds") or 0) < 90


async def test_a_halted_shard_grows_older_and_its_lag_grows() -> None:
    board, shards, clock = Board(end=10), Held({3: Holding(7)}), Clock()
    shown = showing(board, shards, clock)
    await shown.show()
    del shards.held[3]
    board.end = 20
    clock.now += 30

    await shown.show()

    assert (seen("lag_commands"), seen("oldest_command_age_seconds")) == (13, 30)


async def test_a_shard_of_which_nothing_is_left_has_no_age() -> None:
    board, shards, clock = Board(end=7), Held({3: Holding(7)}), Clock()
    shown = showing(board, shards, clock)
    await shown.show()
    clock.now += 3600

    await shown.show()

    assert (seen("lag_commands"), seen("oldest_command_age_seconds")) == (0, 0)


async def test_a_shard_that_went_to_somebody_else_is_shown_no_more() -> None:
    shards = Held({3: Holding(7)})
    shown = showing(Board(), shards)
    await shown.show()
    shards.held.clear()
    shards.ours = frozenset()

    await shown.show()

    assert (seen("lag_commands"), seen("oldest_command_age_seconds")) == (None, None)


async def test_while_kafka_is_away_what_was_seen_last_stays() -> None:
    board, shards = Board(end=10), Held({3: Holding(7)})
    shown = showing(board, shards)
    await shown.show()
    board.away = True

    await shown.show()

    assert seen("lag_commands") == 3
