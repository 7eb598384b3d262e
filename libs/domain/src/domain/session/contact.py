"""What is remembered of a person on one business number."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from domain import events
from domain.session.aliases import Aliases, new_aliases
from domain.values import ContactId


@dataclass(frozen=True, slots=True)
class Contact:
    """The person's ids, consent and service window."""

    contact_id: ContactId | None = None
    phone_number_id: str = ""
    wa_id: str | None = None
    user_id: str | None = None
    names: frozenset[str] = frozenset()
    window_expires_at: datetime | None = None
    opted_out: bool = False
    merged_into: ContactId | None = None
    erased: bool = False

    def lacks(self, named: Aliases) -> bool:
        """Say whether the command named the person in a way not known yet."""
        return not self.names.issuperset(named.names)


def evolve(contact: Contact, event: events.ContactEvent) -> Contact:
    """Remember one fact about the person."""
    match event:
        case events.ContactIdentified():
            named = new_aliases(event)
            return replace(
                contact,
                contact_id=event.contact_id,
                phone_number_id=event.phone_number_id,
                wa_id=event.personal.from_ or contact.wa_id,
                user_id=event.personal.user_id or contact.user_id,
                names=contact.names.union(named.names if named else ()),
            )
        case events.ContactOptedOut():
            return replace(contact, opted_out=True)
        case events.ContactOptedIn():
            return replace(contact, opted_out=False)
        case events.ContactMerged():
            return replace(contact, merged_into=event.into)
        case events.ContactErased():
            return replace(contact, erased=True)
        case _:
            assert_never(event)
