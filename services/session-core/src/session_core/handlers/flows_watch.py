"""Notices changed flow files while the service runs, such as those of a ConfigMap."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeAlias

import structlog

from domain.ports.event_store import StoreFailure
from domain.session import FlowBook, InvalidFlow
from session_core.use_cases import metrics
from session_core.use_cases.flow_shelf import FlowShelf

_log = structlog.get_logger(__name__)

Sources: TypeAlias = Mapping[str, str]


class FlowsWatch:
    """Looks again and again. Files that are wrong change nothing but what `note` says.

    What is there counts once it was the same at two looks: an editor writes, and a volume is
    mounted, in more steps than one.
    """

    def __init__(self, read: Callable[[], Sources], shelf: FlowShelf, *, seconds: float) -> None:
        self._read = read
        self._shelf = shelf
        self._seconds = seconds
        self._seen: Sources = shelf.sources
        self._refused: Sources | None = None
        self._trouble: str | None = None

    def note(self) -> str | None:
        """Say what is wrong with the files, or give None while those that are there run."""
        return self._trouble

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(self._seconds)
            await self.look()

    async def look(self) -> None:
        """Look once, and take over what is new."""
        try:
            found = await asyncio.to_thread(self._read)
        except (OSError, UnicodeDecodeError) as error:
            self._refuse(None, f"they cannot be read: {type(error).__name__}")
            return
        settled, self._seen = found == self._seen, found
        if not settled or found == self._refused:
            return
        if found == self._shelf.sources:
            self._accept()
            return
        await self._take_over(found)

    async def _take_over(self, found: Sources) -> None:
        before = self._shelf.book
        try:
            await self._shelf.replace(found)
        except InvalidFlow as error:
            self._refuse(found, str(error))
        except StoreFailure as failure:
            _log.warning("flows not taken over yet", reason=str(failure))
        else:
            self._accept()
            metrics.FLOW_RELOADS.inc()
            _log.info("flows taken over", changed=_changed(before, self._shelf.book))

    def _refuse(self, found: Sources | None, reason: str) -> None:
        told = f"the flows on disk are not in use: {reason}"
        if told != self._trouble:
            _log.error("flows not taken over: the old ones go on", reason=reason)
        self._refused, self._trouble = found, told
        metrics.FLOWS_REFUSED.set(1)

    def _accept(self) -> None:
        self._refused = self._trouble = None
        metrics.FLOWS_REFUSED.set(0)


def _changed(before: FlowBook, after: FlowBook) -> list[str]:
    """Name the flows that sessions begin otherwise from now on."""
    names = sorted({*before.current, *after.current})
    versions = [(name, before.current.get(name), after.current.get(name)) for name in names]
    return [
        f"{name} {now.version if now else 'gone'}"
        for name, was, now in versions
        if (was and was.version) != (now and now.version)
    ]
