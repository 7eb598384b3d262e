"""Sends parked commands again, once what was wrong with them, or with us, has been put right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.ports.command_source import Delivery, Forwarder
from domain.ports.parked_commands import ParkedCommands, ParkedLine, ParkedLines, Place

MARK = "ce_redriven"
"""A CloudEvents extension: how often the command was sent again."""
_COUNT = re.compile(rb"[0-9]{1,6}")
_AT_ONCE = 1000


class NotParked(Exception):
    """Nothing is parked from there."""


class AlreadyRedriven(Exception):
    """It was sent again before; doing so once more must be asked for."""


@dataclass(slots=True)
class Redriver:
    """Puts parked commands at the end of the partition they came from, under their own id.

    Each is marked as redriven once Kafka has it. Whoever stops in between sends that one twice,
    which is one command to session-core as long as its id is remembered.
    """

    parked: ParkedCommands
    dispatch: Forwarder
    sent: int = 0
    """How many so far; also when something failed midway."""

    async def some(self, places: Sequence[Place], *, again: bool) -> None:
        """Send these in order, or none if one of them cannot be meant.

        Raises NotParked, AlreadyRedriven, SourceUnavailable, StoreUnavailable.
        """
        lines = [await self._known(place) for place in sorted(set(places))]
        for line in lines:
            if line.redriven and not again:
                raise AlreadyRedriven(f"{_named(line.place)} was redriven at {line.redriven_at}")
        for line in lines:
            await self._send(line)

    async def every(self, *, shard: int | None, reason: str) -> None:
        """Send all that wait now, or only those whose reason begins like this.

        Raises SourceUnavailable or StoreUnavailable.
        """
        for line in await self._waiting(ParkedLines(shard, waiting=True, reason=reason)):
            await self._send(line)

    async def _waiting(self, meant: ParkedLines) -> Sequence[ParkedLine]:
        """List all before one is sent: what fails again is parked at once, and would come again."""
        found: list[ParkedLine] = []
        while lines := await self.parked.lines(
            meant, after=found[-1].place if found else None, limit=_AT_ONCE
        ):
            found.extend(lines)
        return found

    async def _known(self, place: Place) -> ParkedLine:
        line = await self.parked.line(place)
        if line is None:
            raise NotParked(f"{_named(place)} is not parked")
        return line

    async def _send(self, line: ParkedLine) -> None:
        record = await self.parked.record(line.place)
        if record is None:
            raise NotParked(f"{_named(line.place)} is not parked any more")
        await self.dispatch.forward([(record.shard, _marked(record, line.redriven))])
        await self.parked.note_redriven(line.place)
        self.sent += 1


def _marked(record: Delivery, redriven: int) -> Delivery:
    """Say how often it was sent again: from here, and before it was parked here."""
    others = [header for header in record.headers if header[0].lower() != MARK]
    earlier = sum(
        int(content)
        for name, content in record.headers
        if name.lower() == MARK and _COUNT.fullmatch(content or b"")
    )
    return record._replace(headers=[*others, (MARK, b"%d" % (earlier + redriven + 1))])


def _named(place: Place) -> str:
    return f"shard {place.shard} offset {place.offset}"
