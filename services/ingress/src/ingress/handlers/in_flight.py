"""Bounds the bytes of all webhooks that are being taken in at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager

from ingress.handlers.metrics import IN_FLIGHT


class NoRoom(Exception):
    """More would not fit; try again later."""


class Share:
    """The bytes that one request holds."""

    def __init__(self, room: "InFlight") -> None:
        self._room = room
        self.held = 0

    def add(self, size: int) -> None:
        """Hold `size` more bytes, or raise NoRoom."""
        self._room.take(size)
        self.held += size


class InFlight:
    """Room for at most `most` bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        """Give a request its share, free again when the request is answered."""
        share = Share(self)
        try:
            yield share
        finally:
            self.take(-share.held)

    def take(self, size: int) -> None:
        """Hold `size` more bytes, or raise NoRoom."""
        if self._held + size > self._most:
            raise NoRoom
        self._held += size
        IN_FLIGHT.set(self._held)
