"""A shard in our hands: where it stands, who lives there, and how it is published."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from domain.ports.event_store import Lease, ParkingPermit
from session_core.use_cases.people import People
from session_core.use_cases.promising import Promise
from session_core.use_cases.publishing import Relay

MOST_PARKED = 20
PARKED_SECONDS = 300.0
MOST_BEHIND = 20_000
"""Events stored but not published, beyond which no more commands are taken in."""


class ParkingLimit:
    """Tells a bad command from a bug of ours, by how many had to be parked lately."""

    def __init__(
        self,
        lately: int,
        permit: ParkingPermit | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._times = deque([clock()] * lately)
        self._permitted = permit.most if permit else MOST_PARKED
        self._permitted_until = clock() + permit.seconds if permit else 0.0

    def allows(self, more: int) -> bool:
        """Say whether so many more may be parked now."""
        now = self._clock()
        oldest = now - PARKED_SECONDS
        while self._times and self._times[0] < oldest:
            self._times.popleft()
        most = self._permitted if now < self._permitted_until else MOST_PARKED
        return len(self._times) + more <= most

    def note(self, parked: int) -> None:
        """Count commands that were parked."""
        self._times.extend([self._clock()] * parked)


@dataclass(slots=True, eq=False)
class Holding:
    """One shard under one epoch. Another epoch is another holding."""

    lease: Lease
    people: People
    relay: Relay
    promise: Promise | None = None
    """What has to be decided again before anything else."""
    next_offset: int = field(init=False)
    last_sequence: int = field(init=False)
    parking: ParkingLimit = field(init=False)
    oldest_at: int | None = field(init=False, default=None)
    """When the oldest command at hand was written, in milliseconds since the epoch."""

    def __post_init__(self) -> None:
        self.next_offset = self.lease.next_offset
        self.last_sequence = self.lease.last_sequence
        self.parking = ParkingLimit(self.lease.parked_lately, self.lease.permit)

    @property
    def shard(self) -> int:
        """Its number."""
        return self.lease.shard

    @property
    def noted_sequence(self) -> int:
        """Up to where the store may note that it is published: readers may know more than it."""
        return min(self.relay.published, self.last_sequence)

    @property
    def overloaded(self) -> bool:
        """Say whether publishing must catch up before more is taken in."""
        return self.relay.behind > MOST_BEHIND
