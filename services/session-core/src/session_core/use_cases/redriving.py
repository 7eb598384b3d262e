"""Sends parked commands again, once what was wrong with them, or with us, has been put right."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.ports.command_source import Delivery, Forwarder
from domain.ports.parked_commands import ParkedCommands, ParkedLine, Place
from session_core.use_cases import choosing

MARK = "ce_redriven"
"""A CloudEvents extension: how often the command was sent again."""
_COUNT = re.compile(rb"[0-9]{1,6}")


class NotWaiting(Exception):
    """It was sent again before, or dismissed; sending it all the same must be asked for."""


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

        Raises NotParked, NotWaiting, SourceUnavailable, StoreUnavailable.
        """
        lines = await choosing.at_places(self.parked, places)
        for line in lines if not again else ():
            _check_waiting(line)
        for line in lines:
            await self._send(line)

    async def every(self, *, shard: int | None, reason: str) -> None:
        """Send all that wait now, or only those whose reason begins like this.

        Raises SourceUnavailable or StoreUnavailable.
        """
        # Listed before one is sent: what fails again is parked at once, and would come again.
        for line in await choosing.waiting(self.parked, shard=shard, reason=reason):
            await self._send(line)

    async def _send(self, line: ParkedLine) -> None:
        record = await self.parked.record(line.place)
        if record is None:
            raise choosing.NotParked(f"{choosing.named(line.place)} is not parked any more")
        await self.dispatch.forward([(record.shard, _marked(record, line.redriven))])
        await self.parked.note_redriven(line.place)
        self.sent += 1


def _check_waiting(line: ParkedLine) -> None:
    if line.redriven:
        raise NotWaiting(f"{choosing.named(line.place)} was redriven at {line.redriven_at}")
    if line.dismissed_at is not None:
        raise NotWaiting(f"{choosing.named(line.place)} was dismissed at {line.dismissed_at}")


def _marked(record: Delivery, redriven: int) -> Delivery:
    """Say how often it was sent again: from here, and before it was parked here."""
    others = [header for header in record.headers if header[0].lower() != MARK]
    earlier = sum(
        int(content)
        for name, content in record.headers
        if name.lower() == MARK and _COUNT.fullmatch(content or b"")
    )
    return record._replace(headers=[*others, (MARK, b"%d" % (earlier + redriven + 1))])
