"""Which commands of a person had their effect lately: seven days of them, in bounded room."""

from collections.abc import Iterable
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


class Seen(NamedTuple):
    """The newest commands, in generations.

    Only what there is no room for is let go. What is let go within the seven days is to be kept
    elsewhere by whoever keeps the person: see `spilled_from`.
    """

    young: frozenset[CommandId] = frozenset()
    newest: datetime | None = None
    """When the last of the young ones had its effect."""
    older: tuple[Generation, ...] = ()
    spilled_until: datetime | None = None
    """When the newest command was seen that was let go although it may still come again."""
    inherited_until: datetime | None = None
    """The same of contacts that turned out to be the same person."""

    def __contains__(self, command: object) -> bool:
        if command in self.young:
            return True
        return bool(self.older) and any(command in one.ids for one in self.older)

    @property
    def ids(self) -> frozenset[CommandId]:
        """All that is remembered."""
        return self.young.union(*(one.ids for one in self.older))

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
        young, before, older, spilled, inherited = self
        if command in young:
            return self
        newest = at if before is None or at > before else before
        grown = young | {command}
        if len(grown) < GENERATION:
            # In half the time of calling the class: nearly every event of a command comes here.
            return tuple.__new__(Seen, (grown, newest, older, spilled, inherited))
        return self._aged(Generation(grown, newest), at)

    def adding_all(self, commands: Iterable[CommandId], at: datetime) -> "Seen":
        """Return what is remembered after all of these had their effect, `at` the latest."""
        seen = self
        for command in commands:
            seen = seen.adding(command, at)
        return seen

    def inheriting(self, until: datetime | None) -> "Seen":
        """Return the same for a person of whom commands seen until then were let go, too."""
        return self._replace(inherited_until=later(self.inherited_until, until))

    def _aged(self, grown: Generation, at: datetime) -> "Seen":
        older = (*self.older, grown)
        if len(older) <= MOST_OLDER:
            return Seen(frozenset(), None, older, self.spilled_until, self.inherited_until)
        until = later(self.spilled_until, _repeatable(older[0], at))
        return Seen(frozenset(), None, older[1:], until, self.inherited_until)


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
