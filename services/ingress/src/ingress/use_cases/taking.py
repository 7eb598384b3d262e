"""Takes a webhook in: read, then kept durably in one go, or not at all acknowledged."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog

from domain.ports.command_log import CommandLog, LogEntry, ParkedWebhook
from ingress.use_cases.reading import Reading, read

_log = structlog.get_logger(__name__)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class TakeWebhook:
    """Takes the webhooks of the business `numbers`, whose signature is already proven."""

    log: CommandLog
    numbers: Collection[str]

    async def __call__(self, body: bytes, received_at: datetime) -> Reading:
        """Return what was read once all of it is kept. Raises LogUnavailable."""
        reading = read(body, received_at, numbers=self.numbers)
        entries: list[LogEntry] = [*reading.commands, *reading.account_updates]
        if reading.parked:
            entries.append(ParkedWebhook(body=body, problems=reading.parked, at=received_at))
        await self.log.append(entries)
        if reading.parked:
            _warn(reading)
        return reading


def _warn(reading: Reading) -> None:
    _log.warning(
        "webhook parked",
        reasons=sorted({problem.reason for problem in reading.parked}),
        paths=[problem.path for problem in reading.parked[:_SHOWN]],
        problems=len(reading.parked),
    )
