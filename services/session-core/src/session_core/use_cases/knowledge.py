"""What is known of the people whom a batch concerns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.ports.event_store import AliasKey
from domain.values import CommandId, ContactId
from session_core.use_cases.people import Known


class UnreadableHistory(Exception):
    """What is stored of a person cannot be replayed by this version."""


class MergedInACircle(Exception):
    """Contacts were merged into each other; nobody can say who goes on."""


class NotYet(Exception):
    """The command builds on what this batch changes: it is decided once that is stored."""


class AtHome(NamedTuple):
    """A person, and the shard where everything of them is kept."""

    shard: int
    known: Known


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of the people whom a batch concerns. Moves on while the batch is decided."""

    names: dict[AliasKey, ContactId] = field(default_factory=dict)
    people: dict[ContactId, AtHome] = field(default_factory=dict)
    unreadable: dict[ContactId, str] = field(default_factory=dict)
    """Whose history cannot be replayed, and why."""
    asked: set[AliasKey | ContactId] = field(default_factory=set)
    """What the store was asked for, whether or not it knew."""
    spilled: set[CommandId] = field(default_factory=set)
    """Commands of the batch that had their effect although no state remembers it."""
    changed: set[ContactId] = field(default_factory=set)
    """To whom something happens in this batch, which is not stored yet."""
    passing: set[AliasKey] = field(default_factory=set)
    """Names that change hands in this batch."""

    def of(self, contact: ContactId) -> AtHome | None:
        """Give the person, if there is one. Raises UnreadableHistory."""
        if self.unreadable and contact in self.unreadable:
            raise UnreadableHistory(self.unreadable[contact])
        return self.people.get(contact)

    def line(self, contact: ContactId) -> Iterator[ContactId]:
        """Give the contact, whom it was merged into, and so on. Raises MergedInACircle."""
        met = {contact}
        while True:
            yield contact
            found = self.people.get(contact)
            into = found.known.person.contact.merged_into if found else None
            if into is None:
                return
            if into in met:
                raise MergedInACircle
            if self.of(into) is None:
                raise UnreadableHistory("merged into a contact that is not known")
            met.add(into)
            contact = into

    def goes_on_as(self, contact: ContactId) -> ContactId:
        """Say as whom the person goes on, who may have been merged."""
        *_, last = self.line(contact)
        return last

    def family(self, contacts: Iterable[ContactId]) -> list[ContactId]:
        """Give these contacts, whom they were merged into, and all that those absorbed."""
        found: dict[ContactId, None] = {}
        waiting = list(contacts)
        for contact in waiting:
            at_home = self.people.get(contact)
            if contact not in found and at_home is not None:
                one = at_home.known.person.contact
                waiting += one.absorbed
                waiting += [one.merged_into] if one.merged_into is not None else []
            found[contact] = None
        return list(found)

    def settled(self, contacts: Iterable[ContactId]) -> None:
        """Raise NotYet if what is known of one of them is not stored."""
        if not self.changed.isdisjoint(contacts):
            raise NotYet
