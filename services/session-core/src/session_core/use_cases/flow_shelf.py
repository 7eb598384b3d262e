"""The flows that sessions may begin, and every version that a session was ever pinned to."""

import asyncio
from collections.abc import Mapping, Sequence

from domain.ports.flow_archive import FlowArchive
from domain.session import FlowBook, InvalidFlow
from domain.session.migrating import migration_problems


class FlowShelf:
    """The book of flows, brought up to date when a shard or a file comes.

    Flows are read in a thread: to check many takes long enough for people to notice.
    """

    def __init__(self, sources: Mapping[str, str], archive: FlowArchive) -> None:
        """Raises InvalidFlow."""  # noqa: D401 the class says what it is
        self.sources = sources
        self.book = FlowBook.of(sources)
        self._archive = archive
        self._changing = asyncio.Lock()

    async def open(self) -> None:
        """Keep our own flows before any session can begin with them.

        Raises StoreUnavailable, or InvalidFlow when they do not fit the versions before them.
        """
        await self.replace(self.sources)

    async def replace(self, sources: Mapping[str, str]) -> None:
        """Let sessions begin with these from now on; those that run stay on their versions.

        Raises StoreUnavailable or InvalidFlow; then all stays as it was.
        """
        async with self._changing:
            kept, book = await self._archive.kept(), self.book
            if sources != self.sources or not kept.keys() <= book.versions.keys():
                book = await asyncio.to_thread(_checked, sources, list(kept.values()))
            await self._archive.keep(list(book.sources()))
            self.sources, self.book = sources, book

    async def refresh(self) -> None:
        """Learn versions that others have brought in. Raises StoreUnavailable."""
        async with self._changing:
            kept = await self._archive.kept()
            if not kept.keys() <= self.book.versions.keys():
                older = list(kept.values())
                self.book = await asyncio.to_thread(FlowBook.of, self.sources, older=older)


def _checked(sources: Mapping[str, str], older: Sequence[str]) -> FlowBook:
    """Return the book, in which sessions can move from every version that was in use before.

    One of which the archive does not know is that of another installation.
    """
    book = FlowBook.of(sources, older=older)
    wrong = [
        f"{flow.name}: {problem}"
        for flow in book.current.values()
        for migration in flow.definition.migrations
        if (before := book.versions.get((flow.name, migration.version))) is not None
        for problem in migration_problems(flow, before)
    ]
    if wrong:
        raise InvalidFlow("\n".join(wrong))
    return book
