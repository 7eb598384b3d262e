"""What is remembered of a person on one business number."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, assert_never

from domain import events
from domain.session.aliases import PARENT, PHONE, USER_ID, lost_aliases, new_aliases
from domain.session.setting import setting_all
from domain.values import ContactId, later


class Contact(NamedTuple):
    """The person's ids, consent and service window."""

    contact_id: ContactId | None = None
    phone_number_id: str = ""
    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    names: frozenset[str] = frozenset()
    released: frozenset[str] = frozenset()
    """Names that were the person's once."""
    identified_at: datetime | None = None
    """When the person became known: of two contacts the older goes on."""
    window_expires_at: datetime | None = None
    hides_number: bool = False
    """Whether the newest message that opens the window showed ids alone, not the number."""
    opted_out: bool = False
    consent_at: datetime | None = None
    """When the person last chose."""
    humans_left_at: datetime | None = None
    """When a session was last given back to the bot or ended."""
    absorbed: tuple[ContactId, ...] = ()
    """Contacts that turned out to be the same person."""
    merged_into: ContactId | None = None
    erased: bool = False
    name: str | None = None
    """The profile name that the person had when last identified."""
    language: str | None = None
    """In which the person wants to be spoken to, where they chose one."""


_with_identity = setting_all(
    Contact,
    "contact_id",
    "phone_number_id",
    "wa_id",
    "user_id",
    "parent_user_id",
    "names",
    "released",
    "identified_at",
    "name",
)


def evolve(contact: Contact, event: events.ContactEvent, at: datetime) -> Contact:
    """Remember one fact about the person, which became true at that time."""
    match event:
        case events.ContactIdentified():
            return _identified(contact, event, at)
        case events.ContactAbsorbed():
            return _joined(contact, event)
        case events.ContactNameReleased():
            return _without(contact, event)
        case events.ContactOptedOut():
            return _chose(contact, event, at, opted_out=True)
        case events.ContactOptedIn():
            return _chose(contact, event, at, opted_out=False)
        case events.ContactMerged():
            return contact._replace(merged_into=event.into)
        case events.ContactErased():
            return contact._replace(erased=True)
        case events.ContactLanguageChosen():
            return contact._replace(language=event.language)
        case _:
            assert_never(event)


def _chose(
    contact: Contact,
    event: events.ContactOptedOut | events.ContactOptedIn,
    at: datetime,
    *,
    opted_out: bool,
) -> Contact:
    when = later(contact.consent_at, event.at or at)
    return contact._replace(opted_out=opted_out, consent_at=when)


def _identified(contact: Contact, event: events.ContactIdentified, at: datetime) -> Contact:
    """Of two user ids the later counts: only WhatsApp's word that it changed adds one."""
    named, told = new_aliases(event), event.personal
    more = named.names if named else ()
    return _with_identity(
        contact,
        event.contact_id,
        event.phone_number_id,
        contact.wa_id or told.from_,
        told.user_id or contact.user_id,
        told.parent_user_id or contact.parent_user_id,
        contact.names.union(more),
        contact.released.difference(more) if contact.released else contact.released,
        contact.identified_at or at,
        told.name or contact.name,
    )


def _joined(contact: Contact, event: events.ContactAbsorbed) -> Contact:
    more = event.personal.names
    return contact._replace(
        absorbed=(*contact.absorbed, event.absorbed),
        window_expires_at=later(contact.window_expires_at, event.window_expires_at),
        names=contact.names.union(more),
        released=contact.released.difference(more),
        wa_id=contact.wa_id or _first(more, PHONE),
        user_id=contact.user_id or _first(more, USER_ID),
        parent_user_id=contact.parent_user_id or _first(more, PARENT),
    )


def _without(contact: Contact, event: events.ContactNameReleased) -> Contact:
    lost = lost_aliases(event)
    names = contact.names.difference(lost.names if lost else ())
    left = sorted(names)
    return contact._replace(
        names=names,
        released=contact.released.union(lost.names if lost else ()),
        wa_id=_kept(contact.wa_id, left, PHONE),
        user_id=_kept(contact.user_id, left, USER_ID),
        parent_user_id=_kept(contact.parent_user_id, left, PARENT),
    )


def _kept(current: str | None, left: Iterable[str], kind: str) -> str | None:
    return current if current and kind + current in left else _first(left, kind)


def _first(names: Iterable[str], kind: str) -> str | None:
    return next((name.removeprefix(kind) for name in names if name.startswith(kind)), None)
