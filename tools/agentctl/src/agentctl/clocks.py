"""Clocks that should agree."""

from typing import NamedTuple


class Reading(NamedTuple):
    """What another clock showed between two looks at ours; all in seconds since the epoch."""

    before: float
    theirs: float
    after: float
    resolution: float = 0.001

    def skew(self) -> float:
        """Return by how much the other one is ahead at least; 0 where they may agree."""
        if self.theirs > self.after:
            return self.theirs - self.after
        latest = self.theirs + self.resolution
        return latest - self.before if latest < self.before else 0.0
