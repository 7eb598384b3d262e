"""Takes out of the ledger what nobody will ask for any more."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from domain.ports.sending_ledger import LedgerUnavailable, SendingLedger

_MOST_BETWEEN = timedelta(minutes=10)
_log = structlog.get_logger(__name__)


async def keep_forgetting(
    ledger: SendingLedger, keep: timedelta, sleep: Callable[[float], Awaitable[None]]
) -> None:
    """Remove entries `keep` after their outcome, for ever; what fails is tried the next time."""
    pause = min(_MOST_BETWEEN, keep / 10).total_seconds()
    while True:
        await sleep(pause)
        try:
            removed = await ledger.forget(keep)
        except LedgerUnavailable as failure:
            _log.warning("ledger.not-swept", reason=str(failure))
            continue
        if removed:
            _log.info("ledger.swept", removed=removed)
