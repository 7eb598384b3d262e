"""Who a webhook speaks of: by phone number, by business-scoped user id, or by both."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingress.use_cases.lenient import JsonObject, identifier, objects, part, text

_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
"""Meta, business-scoped-user-ids; also met where a phone number belongs."""


@dataclass(frozen=True, slots=True)
class Someone:
    """A person under every id that was named; both can be absent."""

    wa_id: str | None = None
    user_id: str | None = None
    name: str | None = None

    @property
    def user(self) -> str | None:
        """The id that orders the person's commands."""
        return self.wa_id or self.user_id


def someone(wa_id: object, user_id: object, contacts: Sequence[Someone] = ()) -> Someone:
    """Return who is meant, completed by the one of the contacts that is the same person."""
    named = _named(identifier(wa_id), identifier(user_id))
    known = _same(named, contacts)
    return Someone(
        named.wa_id or known.wa_id, named.user_id or known.user_id, known.name or named.name
    )


def contacts_of(value: JsonObject) -> list[Someone]:
    """Return the people that a change introduces; absent `contacts` are nobody."""
    return [_contact(contact) for contact in objects(value.get("contacts"))]


def _contact(contact: JsonObject) -> Someone:
    named = _named(identifier(contact.get("wa_id")), identifier(contact.get("user_id")))
    return Someone(named.wa_id, named.user_id, text(part(contact, "profile").get("name")))


def _named(wa_id: str | None, user_id: str | None) -> Someone:
    if wa_id is not None and _USER_ID.fullmatch(wa_id):
        return Someone(None, user_id or wa_id)
    return Someone(wa_id, user_id)


def _same(named: Someone, contacts: Sequence[Someone]) -> Someone:
    """Only an equal id proves it: a wrong guess would merge two people."""
    if named.user is None:
        return contacts[0] if len(contacts) == 1 else Someone()
    for contact in contacts:
        if named.wa_id and contact.wa_id == named.wa_id:
            return contact
        if named.user_id and contact.user_id == named.user_id:
            return contact
    return Someone()
