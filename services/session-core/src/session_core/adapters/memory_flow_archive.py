"""Every version of every flow, for as long as the process lives."""

from collections.abc import Mapping, Sequence


class MemoryFlowArchive:
    """FlowArchive in memory."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], str] = {}

    async def keep(self, flows: Sequence[tuple[str, str, str]]) -> None:
        """See FlowArchive."""
        for name, version, source in flows:
            self._kept.setdefault((name, version), source)

    async def kept(self) -> Mapping[tuple[str, str], str]:
        """See FlowArchive."""
        return dict(self._kept)

    def forget(self) -> None:
        """Lose everything, as a restart does."""
        self._kept.clear()
