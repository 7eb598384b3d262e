"""Where every version of a flow is kept, for the sessions that are pinned to it."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class FlowArchive(Protocol):
    """Keeps every version of a flow for ever. Both methods may raise StoreUnavailable."""

    async def keep(self, flows: Sequence[tuple[str, str, str]]) -> None:
        """Keep these (name, version, source) unless they are kept already."""
        ...

    async def kept(self) -> Mapping[tuple[str, str], str]:
        """Return all sources by name and version."""
        ...
