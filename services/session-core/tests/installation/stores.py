"""Stores in memory that hesitate, hold up or fail, so that others come in between."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat

from domain.ports.event_store import (
    AliasKey,
    Append,
    AppendUnanswered,
    Histories,
    StoreConflict,
    StoreUnavailable,
)
from domain.values import ContactId, SessionId
from session_core.adapters.memory_event_store import MemoryEventStore


class HesitantStore(MemoryEventStore):
    """Answers after so many turns of the loop, so that others come in between; fails as told."""

    def __init__(self, turns: Iterable[int]) -> None:
        super().__init__()
        self._turns = chain(turns, repeat(0))
        self.troubles: list[str] = []

    async def load(
        self,
        names: Sequence[AliasKey],
        contacts: Sequence[ContactId],
        sessions: Sequence[SessionId] = (),
        *,
        form: str = "",
    ) -> Histories:
        found = await super().load(names, contacts, sessions, form=form)
        await self._hesitate()
        return found

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        await self._hesitate()
        trouble = self.troubles.pop(0) if self.troubles else None
        match trouble:
            case "store-down":
                raise StoreUnavailable("down")
            case "conflict":
                raise StoreConflict("alias_pkey")
            case "unanswered-lost":
                raise AppendUnanswered("lost")
            case _:
                bases = await super().append(appends)
        if trouble == "unanswered-written":
            raise AppendUnanswered("written")
        return bases

    async def _hesitate(self) -> None:
        for _ in range(next(self._turns)):
            await asyncio.sleep(0)


class HeldUpStore(MemoryEventStore):
    """Holds up one append, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.hold: int | None = None
        """The shard."""
        self.held = asyncio.Event()
        self.let_go = asyncio.Event()

    async def append(self, appends: Sequence[Append]) -> Mapping[int, int]:
        if any(append.shard == self.hold for append in appends):
            self.hold = None
            self.held.set()
            await self.let_go.wait()
        return await super().append(appends)
