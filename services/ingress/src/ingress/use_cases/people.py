"""Who a webhook speaks of: by phone number, by user id, by the one that linked businesses share."""

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from ingress.use_cases.lenient import JsonObject, identifier, objects, part, text

_USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
"""Meta, business-scoped-user-ids; also met where a phone number belongs."""
_PARENT = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}")
"""What linked businesses share; also met where a user id belongs."""

_Ids: TypeAlias = tuple[str | None, str | None, str | None]
"""Phone number, user id, and the user id that linked businesses share."""


class Someone(NamedTuple):
    """A person under every id that was named; all can be absent. The username is no id."""

    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    name: str | None = None
    username: str | None = None
    identity_key_hash: str | None = None

    @property
    def user(self) -> str | None:
        """The id that orders the person's commands."""
        return self.wa_id or self.user_id or self.parent_user_id


NOBODY = Someone()


def someone(
    wa_id: object, user_id: object, parent: object = None, contacts: Sequence[Someone] = ()
) -> Someone:
    """Return who is meant, completed by the one of the contacts that is the same person."""
    phone, own, shared = named = _named(wa_id, user_id, parent)
    known = _same(named, contacts)
    return Someone(
        phone or known.wa_id,
        own or known.user_id,
        shared or known.parent_user_id,
        known.name,
        known.username,
        known.identity_key_hash,
    )


def contacts_of(value: JsonObject) -> list[Someone]:
    """Return the people that a change introduces; absent `contacts` are nobody."""
    return [_contact(contact) for contact in objects(value.get("contacts"))]


def _contact(contact: JsonObject) -> Someone:
    profile = part(contact, "profile")
    return Someone(
        *_named(contact.get("wa_id"), contact.get("user_id"), contact.get("parent_user_id")),
        text(profile.get("name")),
        text(profile.get("username")),
        identifier(contact.get("identity_key_hash")),
    )


def _named(wa_id: object, user_id: object, parent: object) -> _Ids:
    """Go by what an id looks like where it can be told, else by where it stands."""
    phone = identifier(wa_id) if wa_id is not None else None
    own = identifier(user_id) if user_id is not None else None
    shared = identifier(parent) if parent is not None else None
    if phone is not None and "." in phone and _USER_ID.fullmatch(phone):
        phone, own = None, own or phone
    if own is not None and ".ENT." in own and _PARENT.fullmatch(own):
        own, shared = None, shared or own
    return phone, own, shared


def _same(named: _Ids, contacts: Sequence[Someone]) -> Someone:
    """Only an equal id proves it: a wrong guess would merge two people."""
    phone, own, shared = named
    if not (phone or own or shared):
        return contacts[0] if len(contacts) == 1 else NOBODY
    for contact in contacts:
        if (
            (phone and phone == contact.wa_id)
            or (own and own == contact.user_id)
            or (shared and shared == contact.parent_user_id)
        ):
            return contact
    return NOBODY
