"""Bounds the bytes of all webhooks that are being taken in at the same time."""

from types import TracebackType
from typing import Self

from ingress.handlers.metrics import IN_FLIGHT

SMALL_BYTES = 64 * 1024
"""Most webhooks are a few kilobytes."""

_KEPT_FOR_SMALL = 0.25


class NoRoom(Exception):
    """More would not fit; try again later."""


class Share:
    """The bytes that one request holds until the block ends."""

    __slots__ = ("_room", "held")

    def __init__(self, room: "InFlight") -> None:
        self._room = room
        self.held = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._room.resize(self.held, 0)

    def add(self, size: int) -> None:
        """Hold `size` more bytes, or raise NoRoom."""
        self._room.resize(self.held, self.held + size)
        self.held += size


class InFlight:
    """Room for at most `most` bytes, a quarter of which large bodies leave to small ones."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_of_large = most - int(most * _KEPT_FOR_SMALL)
        self._held = 0
        self._held_by_large = 0
        IN_FLIGHT.set_function(lambda: self._held)

    def share(self) -> Share:
        """Give a request its share, free again when the block ends in which it is answered."""
        return Share(self)

    def resize(self, before: int, after: int) -> None:
        """Let one request hold `after` bytes instead of `before`, or raise NoRoom."""
        held = self._held + after - before
        held_by_large = self._held_by_large + _large(after) - _large(before)
        too_much = held > self._most or held_by_large > self._most_of_large
        if after > before and too_much:
            raise NoRoom
        self._held, self._held_by_large = held, held_by_large


def _large(size: int) -> int:
    return size if size > SMALL_BYTES else 0
