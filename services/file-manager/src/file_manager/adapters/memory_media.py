"""A platform in memory: for tests, and for trying the service without an account."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

from domain.ports.files import Media, MediaGone


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """A file as the platform has it, in the pieces in which it will come."""

    pieces: Iterable[bytes]
    size: int | None = None
    sha256: str | None = None


@dataclass(slots=True)
class MemoryMedia:
    """Offers `files` by media id and remembers which were opened."""

    files: dict[str, OfferedFile] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def open(
        self,
        media_id: str,
        *,
        phone_number_id: str,  # noqa: ARG002 one number is enough here
        link: str | None = None,  # noqa: ARG002 it knows its files by their ids
        start: int = 0,  # noqa: ARG002 it always begins anew
    ) -> AsyncIterator[Media]:
        """Open the file, or raise MediaGone."""
        self.opened.append(media_id)
        offered = self.files.get(media_id)
        if offered is None:
            raise MediaGone("no such media")
        async with aclosing(_pieces(offered)) as content:
            yield Media(content, size=offered.size, sha256=offered.sha256)


async def _pieces(offered: OfferedFile) -> AsyncGenerator[bytes, None]:
    for piece in offered.pieces:
        yield piece
