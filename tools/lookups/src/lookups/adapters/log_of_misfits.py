"""Tells in the log what cannot be answered; nobody has to look, for the flow goes on without."""

import structlog

from streaming.parking import Parkable

_log = structlog.get_logger(__name__)


class LogOfMisfits:
    """Parks in the place of a topic: an example owns none."""

    async def park(
        self,
        record: Parkable,
        reason: str,
        *,
        error: BaseException | None = None,
        attempts: int = 1,
    ) -> None:
        """Name the record and say why; of what it says, nothing."""
        _log.error(
            "passed over",
            reason=reason,
            error=type(error).__name__ if error else "",
            attempts=attempts,
            partition=record.partition,
            offset=record.offset,
        )
