"""Finds the parked commands that somebody names, or all that wait."""

from collections.abc import Sequence

from domain.ports.parked_commands import ParkedCommands, ParkedLine, ParkedLines, Place

_AT_ONCE = 1000


class NotParked(Exception):
    """Nothing is parked from there."""


async def at_places(parked: ParkedCommands, places: Sequence[Place]) -> Sequence[ParkedLine]:
    """Return what is parked from these, in order. Raises NotParked or StoreUnavailable."""
    return [await _known(parked, place) for place in sorted(set(places))]


async def waiting(
    parked: ParkedCommands, *, shard: int | None, reason: str
) -> Sequence[ParkedLine]:
    """Return all that wait at this moment; what is parked meanwhile may be missing.

    Raises StoreUnavailable.
    """
    meant = ParkedLines(shard, waiting=True, reason=reason)
    found: list[ParkedLine] = []
    while lines := await parked.lines(
        meant, after=found[-1].place if found else None, limit=_AT_ONCE
    ):
        found.extend(lines)
    return found


def named(place: Place) -> str:
    """Name a place for people."""
    return f"shard {place.shard} offset {place.offset}"


async def _known(parked: ParkedCommands, place: Place) -> ParkedLine:
    line = await parked.line(place)
    if line is None:
        raise NotParked(f"{named(place)} is not parked")
    return line
