"""When the bucket is tidied: soon after the start, then every so many hours."""

import asyncio
import random

import structlog

from domain.ports.files import StorageRefused, StorageUnavailable
from file_manager.handlers.metrics import ABORTED, DELETED, TIDIED_AT
from file_manager.use_cases.tidying import Tidier

_FIRST_SECONDS = 60.0
_AGAIN_SECONDS = 300.0
_log = structlog.get_logger(__name__)


async def tidy_for_ever(tidier: Tidier, hours: float) -> None:
    """Tidy again and again; instances begin apart, and several at once harm nothing."""
    pause = random.uniform(1.0, 2.0) * _FIRST_SECONDS  # noqa: S311 no secret
    while True:
        await asyncio.sleep(pause)
        try:
            await tidy(tidier)
        except (StorageUnavailable, StorageRefused) as error:
            _log.warning("the bucket could not be tidied", problem=str(error))
            pause = _AGAIN_SECONDS
        except Exception as error:  # noqa: BLE001 a bug here keeps nobody's file from being kept
            _log.error("tidying the bucket failed", exc_info=error)
            pause = _AGAIN_SECONDS
        else:
            pause = hours * 3600


async def tidy(tidier: Tidier) -> None:
    """Tidy once and tell of it."""
    done = await tidier.tidy()
    ABORTED.inc(done.aborted)
    DELETED.labels("ended").inc(done.swept)
    TIDIED_AT.set_to_current_time()
    _log.info("bucket tidied", aborted_uploads=done.aborted, ended_files=done.swept)
