"""Brings one file from the platform to this machine, whole and as it was announced."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain.events import FileUploaded
from domain.ports.files import (
    HashMismatch,
    Media,
    MediaGone,
    MediaSource,
    MediaUnavailable,
    MediaUntrusted,
)
from file_manager.use_cases.inspecting import Unacceptable
from file_manager.use_cases.pace import Pace
from file_manager.use_cases.spool import Spool

_ID_LIVES = timedelta(days=7)
"""Of media ids that webhooks tell (Meta, media)."""
_LINK_LIVES = timedelta(minutes=4, seconds=30)
"""Of links; five minutes in truth (Meta, media)."""
_UNTRUSTED_PAUSES = (15.0, 45.0)
"""Seconds between the attempts at a file whose link leads where we do not fetch from."""
_RESUMPTIONS = 5


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches files of up to `max_bytes`, or of what the flow takes at most where that is less."""

    source: MediaSource
    max_bytes: int
    pace: Pace = field(default_factory=Pace)
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    now: Callable[[], datetime] = _now

    async def fetch(self, file: FileUploaded, *, uploaded_at: datetime) -> Spool:
        """Return all of it, for the caller to close.

        Raises MediaUnavailable, MediaGone, MediaUntrusted, HashMismatch or Unacceptable.
        """
        age = self.now() - uploaded_at
        if age > _ID_LIVES:
            raise MediaGone("ids of media live seven days")
        return await self._trusted(file, file.media_url if age < _LINK_LIVES else None)

    async def _trusted(self, file: FileUploaded, link: str | None) -> Spool:
        """Ask for a fresh link a few times: others' files must not wait for one bad link for ever.

        The waiting is done here, because it says nothing of whether the platform is there.
        """
        for pause in _UNTRUSTED_PAUSES:
            with suppress(MediaUntrusted):
                return await self._right(file, link)
            await self.sleep(pause)
            link = None
        return await self._right(file, None)

    async def _right(self, file: FileUploaded, link: str | None) -> Spool:
        """Fetch once more when the bytes are wrong: they may have been hurt on the way."""
        try:
            return await self._whole(file, link)
        except HashMismatch:
            return await self._whole(file, None)

    async def _whole(self, file: FileUploaded, link: str | None) -> Spool:
        spool = Spool()
        try:
            await self._resuming(spool, file, link)
        except BaseException:
            spool.close()
            raise
        return spool

    async def _resuming(self, spool: Spool, file: FileUploaded, link: str | None) -> None:
        """Go on where the line was cut, as long as each time something came.

        Only where a hash is announced: else nobody would notice that the rest is another file's.
        """
        for _ in range(_RESUMPTIONS):
            had = spool.size
            try:
                return await self._take(spool, file, link)
            except MediaUnavailable:
                if spool.size <= had or file.sha256 is None:
                    raise
            link = None
        return await self._take(spool, file, link)

    async def _take(self, spool: Spool, file: FileUploaded, link: str | None) -> None:
        most = self._most(file)
        async with self.source.open(
            file.media_id, phone_number_id=file.phone_number_id, link=link, start=spool.size
        ) as media:
            if media.start != spool.size:
                spool.clear()
            expected = announced_sha256(file.sha256, media.sha256)
            if (media.size or 0) > most:
                raise Unacceptable("too-large")
            async for piece in media.content:
                if spool.size + len(piece) > most:
                    raise Unacceptable("too-large")
                await spool.append(piece)
                await self.pace.passed(len(piece))
            await spool.flush()
        _compare(spool, media, expected)

    def _most(self, file: FileUploaded) -> int:
        return self.max_bytes if file.max_bytes is None else min(self.max_bytes, file.max_bytes)


def announced_sha256(from_webhook: str | None, from_platform: str | None) -> str | None:
    """Return the announced hash as hex, or None if there is none.

    The webhook's is base64, the Graph API's hex (Meta, webhooks and media). Raises HashMismatch
    if they contradict each other.
    """
    announced = {_hex(from_webhook)} if from_webhook else set()
    if from_platform:
        announced.add(from_platform.lower())
    if len(announced) > 1:
        raise HashMismatch("the announced hashes differ")
    return next(iter(announced), None)


def _compare(spool: Spool, media: Media, expected: str | None) -> None:
    if media.size not in (None, spool.size):
        raise HashMismatch("the size is not the announced one")
    if expected not in (None, spool.sha256):
        raise HashMismatch("the bytes are not those announced")


def _hex(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).hex()
    except ValueError:
        raise HashMismatch("the announced hash is unreadable") from None
