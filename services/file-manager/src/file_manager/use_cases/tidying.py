"""Removes from the bucket what nobody needs any more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.ports.files import FileCare

_UPLOADS_LIVE = timedelta(days=1)
"""No upload takes as long: it was left by a crash."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was found."""

    aborted: int
    swept: int
    has_rules: bool
    """Whether the bucket does the same by itself from now on."""


@dataclass(frozen=True, slots=True)
class Tidier:
    """Tidies the bucket; with `rules` it has the bucket do so as well."""

    care: FileCare
    rules: bool = False
    now: Callable[[], datetime] = _now

    async def tidy(self) -> Tidied:
        """Abort uploads older than a day and delete files whose days are over.

        Raises StorageUnavailable or StorageRefused.
        """
        now = self.now()
        aborted = await self.care.abort_uploads(begun_before=now - _UPLOADS_LIVE)
        swept = await self.care.sweep(now=now)
        has_rules = await self.care.write_rules() if self.rules else False
        return Tidied(aborted, swept, has_rules)
