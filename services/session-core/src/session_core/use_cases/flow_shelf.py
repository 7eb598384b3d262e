"""The flows that sessions may begin, and every version that a session was ever pinned to."""

from collections.abc import Mapping

from domain.ports.flow_archive import FlowArchive
from domain.session import FlowBook


class FlowShelf:
    """The book of flows, brought up to date when a shard comes from another instance."""

    def __init__(self, sources: Mapping[str, str], archive: FlowArchive) -> None:
        self._sources = sources
        self._archive = archive
        self.book = FlowBook.of(sources)

    async def open(self) -> None:
        """Keep our own flows before any session can begin with them."""
        await self._archive.keep(list(self.book.sources()))
        await self.refresh()

    async def refresh(self) -> None:
        """Learn versions that others have brought in. Raises StoreUnavailable."""
        kept = await self._archive.kept()
        if not kept.keys() <= self.book.versions.keys():
            self.book = FlowBook.of(self._sources, older=kept.values())
