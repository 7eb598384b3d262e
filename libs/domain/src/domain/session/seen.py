"""Which commands of a person had their effect lately: seven days of them, in bounded room."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from domain.values import DUPLICATE_WINDOW, CommandId, later

GENERATION = 64
"""Commands remembered together; adding one copies no more than these."""
MOST_OLDER = 15
"""Generations kept beside the youngest: about a thousand commands a person."""


class Generation(NamedTuple):
    """Commands that had their effect one after the other, and when the last of them did."""

    ids: frozenset[CommandId] = frozenset()
    newest: datetime | None = None


_EMPTY = Generation()


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest commands, in generations.

    Only what there is no room for is let go. What is let go within the seven days is to be kept
    elsewhere by whoever keeps the person: see `spilled_from`.
    """

    young: Generation = _EMPTY
    older: tuple[Generation, ...] = ()
    spilled_until: datetime | None = None
    """When the newest command was seen that was let go although it may still come again."""
    inherited_until: datetime | None = None
    """The same of contacts that turned out to be the same person."""

    def __contains__(self, command: CommandId) -> bool:
        return command in self.young.ids or any(command in one.ids for one in self.older)

    def __len__(self) -> int:
        return len(self.young.ids) + sum(len(one.ids) for one in self.older)

    @property
    def ids(self) -> frozenset[CommandId]:
        """All that is remembered."""
        return self.young.ids.union(*(one.ids for one in self.older))

    def may_have_spilled(self, at: datetime) -> bool:
        """Say whether a command of that instant could be a repeat of one that was let go."""
        until = self.let_go_until
        return until is not None and at - until <= DUPLICATE_WINDOW

    @property
    def let_go_until(self) -> datetime | None:
        """When the newest command was seen that only the store remembers."""
        return later(self.spilled_until, self.inherited_until)

    def adding(self, command: CommandId, at: datetime) -> "Seen":
        """Return what is remembered after one more command had its effect."""
        young = self.young
        if command in young.ids:
            return self
        newest = at if young.newest is None or at > young.newest else young.newest
        grown = Generation(young.ids | {command}, newest)
        if len(grown.ids) < GENERATION:
            return Seen(grown, self.older, self.spilled_until, self.inherited_until)
        return self._aged(grown, at)

    def adding_all(self, commands: Iterable[CommandId], at: datetime) -> "Seen":
        """Return what is remembered after all of these had their effect, `at` the latest."""
        seen = self
        for command in commands:
            seen = seen.adding(command, at)
        return seen

    def inheriting(self, until: datetime | None) -> "Seen":
        """Return the same for a person of whom commands seen until then were let go, too."""
        inherited = later(self.inherited_until, until)
        return Seen(self.young, self.older, self.spilled_until, inherited)

    def _aged(self, grown: Generation, at: datetime) -> "Seen":
        older = (*self.older, grown)
        if len(older) <= MOST_OLDER:
            return Seen(_EMPTY, older, self.spilled_until, self.inherited_until)
        until = later(self.spilled_until, _repeatable(older[0], at))
        return Seen(_EMPTY, older[1:], until, self.inherited_until)


def spilled_from(
    before: Seen, after: Seen, at: datetime, added: Iterable[CommandId]
) -> frozenset[CommandId]:
    """Return the commands that were let go in between although they may still come again.

    `added` are those that had their effect in between, which was at `at`.
    """
    old = [one.ids for one in before.older if _repeatable(one, at) is None]
    return before.ids.union(added).difference(after.ids, *old)


def _repeatable(generation: Generation, at: datetime) -> datetime | None:
    """Give when the newest of them was seen, none if by then none of them can come again."""
    newest = generation.newest
    return newest if newest is not None and at - newest <= DUPLICATE_WINDOW else None
