"""The flows that sessions may begin, and every version that a session was ever pinned to."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from domain.ports.flow_archive import FlowArchive
from domain.session import FlowBook, InvalidFlow
from domain.session.flows.flow import Flow
from domain.session.flows.parsing import parse_flow
from domain.session.migrating import migration_problems

Version: TypeAlias = tuple[str, str]


class Versions(Mapping[Version, Flow]):
    """Flows by name and version. Older ones are read when a session needs them: few ever do."""

    def __init__(
        self,
        current: Mapping[Version, Flow],
        kept: Mapping[Version, str],
        read: dict[Version, Flow],
    ) -> None:
        """`kept` are sources as the archive has them, `read` what was read of them so far."""
        self._current = current
        self._kept = kept
        self._read = read

    def __getitem__(self, version: Version) -> Flow:
        """Raise KeyError for one that was never kept, InvalidFlow for one that is no flow now."""
        known = self._current.get(version) or self._read.get(version)
        if known is None:
            known = self._read[version] = parse_flow(self._kept[version], in_use=True)
        return known

    def __contains__(self, version: object) -> bool:
        return version in self._current or version in self._kept

    def __iter__(self) -> Iterator[Version]:
        return iter({**self._kept, **self._current})

    def __len__(self) -> int:
        return len({**self._kept, **self._current})


class FlowShelf:
    """The book of flows, brought up to date when a shard or a file comes.

    New flows are read in a thread: to check many takes long enough for people to notice.
    """

    def __init__(self, sources: Mapping[str, str], archive: FlowArchive) -> None:
        """Raises InvalidFlow."""  # noqa: D401 the class says what it is
        self.sources = sources
        self.book = FlowBook.of(sources)
        self._archive = archive
        self._read: dict[Version, Flow] = {}
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
            book = self.book
            if sources != self.sources:
                book = await asyncio.to_thread(FlowBook.of, sources)
            book = self._with_older(book, await self._archive.kept())
            _check_migrations(book)
            await self._archive.keep(list(book.sources()))
            self.sources, self.book = sources, book

    async def refresh(self) -> None:
        """Learn versions that others have brought in. Raises StoreUnavailable."""
        async with self._changing:
            kept = await self._archive.kept()
            if not kept.keys() <= self.book.versions.keys():
                self.book = self._with_older(self.book, kept)

    def _with_older(self, book: FlowBook, kept: Mapping[Version, str]) -> FlowBook:
        current = {(flow.name, flow.version): flow for flow in book.current.values()}
        self._read |= current
        return replace(book, versions=Versions(current, kept, self._read))


def _check_migrations(book: FlowBook) -> None:
    """Raise InvalidFlow where sessions of a version that was in use could not move as told.

    A version that the archive does not know is that of another installation.
    """
    wrong = [
        f"{flow.name}: {problem}"
        for flow in book.current.values()
        for migration in flow.definition.migrations
        if (flow.name, migration.version) in book.versions
        for problem in migration_problems(flow, book.versions[flow.name, migration.version])
    ]
    if wrong:
        raise InvalidFlow("\n".join(wrong))
