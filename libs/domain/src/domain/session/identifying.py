"""What a person's names lead to: one more is known, one is given up, two contacts become one."""

from collections.abc import Iterable
from datetime import datetime

from domain import commands, events
from domain.session.aliases import PARENT, PHONE, USER_ID, Aliases, kind_of
from domain.session.contact import Contact
from domain.session.person import Person
from domain.session.state import InteractiveSession
from domain.values import SERVICE_WINDOW, ContactId


def identify(
    contact: Contact, named: Aliases, who: ContactId, *, at: datetime, name: str | None = None
) -> list[events.ContactEvent]:
    """Record the names of a person who is new, who shows one more, or whose names changed.

    Who is known by id already, because we wrote to them first, is called something only once they
    write.

    `at` is when they wrote: a message older than what is known changes no number.
    """
    if contact.contact_id is None:
        return [identified(who, named.phone_number_id, _goes_on_as(named), name)]
    is_news = bool(named.becomes) or named.number_left
    called = name if contact.name is None else None
    if not is_news and contact.names.issuperset(named.names):
        return [identified(who, named.phone_number_id, (), called)] if called else []
    believed = _believed(contact, named, at)
    old = _old_numbers(contact, named, believed, at)
    given_up: list[events.ContactEvent] = [released(contact, one) for one in old]
    now = tuple(one for one in believed if one not in old)
    if contact.names.issuperset(now):
        return given_up
    return [*given_up, identified(who, named.phone_number_id, now, name)]


def identified(
    who: ContactId, phone_number_id: str, names: Iterable[str], called: str | None = None
) -> events.ContactIdentified:
    """Return the fact that a person is known by these names."""
    by = _by_kind(names)
    return events.ContactIdentified(
        contact_id=who,
        phone_number_id=phone_number_id,
        personal=events.Identity(
            from_=by.get(PHONE),
            user_id=by.get(USER_ID),
            parent_user_id=by.get(PARENT),
            name=called,
        ),
    )


def released(
    contact: Contact, name: str, to: ContactId | None = None
) -> events.ContactNameReleased:
    """Return the fact that a name is not the person's any more."""
    if contact.contact_id is None:
        raise ValueError("nobody has no names")
    by = _by_kind((name,))
    return events.ContactNameReleased(
        contact_id=contact.contact_id,
        phone_number_id=contact.phone_number_id,
        to=to,
        personal=events.ReleasedName(
            from_=by.get(PHONE), user_id=by.get(USER_ID), parent_user_id=by.get(PARENT)
        ),
    )


def give_up(person: Person, name: str, to: ContactId) -> list[events.Event]:
    """Leave a name to whom it belongs now; nobody can be talked to without any."""
    lost = released(person.contact, name, to)
    session = person.open_session
    if session is None or person.contact.names != {name}:
        return [lost]
    return [unreachable(lost.contact_id, session), lost]


def unreachable(who: ContactId, session: InteractiveSession) -> events.SessionCancelled:
    """Return the fact that the session ended because the person has no name left."""
    return events.SessionCancelled(
        contact_id=who, session_id=session.session_id, reason="unreachable"
    )


def absorb(person: Person, who: ContactId, command: commands.AbsorbContact) -> list[events.Event]:
    """Take over a younger contact; that it wanted no messages counts for the older one too."""
    if command.absorbed == who or command.absorbed in person.contact.absorbed:
        return []
    names = tuple(n for n in command.personal.names if n not in person.contact.released)
    absorbed = events.ContactAbsorbed.model_validate(
        {**command.model_dump(), "contact_id": who, "personal": {"names": names}}
    )
    if command.opted_out and not person.contact.opted_out:
        return [absorbed, events.ContactOptedOut(contact_id=who, source="merged")]
    return [absorbed]


def estate(person: Person, who: ContactId, into: ContactId) -> commands.AbsorbContact:
    """Return what the older contact has to know of one that is merged into it."""
    contact = person.contact
    own = (
        f"{PHONE}{contact.wa_id}",
        f"{USER_ID}{contact.user_id}",
        f"{PARENT}{contact.parent_user_id}",
    )
    names = sorted(contact.names, key=lambda name: (name not in own, name))
    return commands.AbsorbContact(
        contact_id=into,
        absorbed=who,
        phone_number_id=contact.phone_number_id,
        opted_out=contact.opted_out,
        window_expires_at=contact.window_expires_at,
        seen=tuple(sorted(person.seen.ids)),
        spilled_until=person.seen.let_go_until,
        personal=commands.Names(names=tuple(names)),
    )


def keeps_number(contact: Contact, at: datetime) -> bool:
    """Say whether a message of that time is too old to tell that the number changed."""
    closes = contact.window_expires_at
    return contact.wa_id is not None and closes is not None and at + SERVICE_WINDOW < closes


def _goes_on_as(named: Aliases) -> tuple[str, ...]:
    """Leave out a number that they left, unless nothing else leads to whom the message is of."""
    names = named.becomes or named.names
    ids = tuple(one for one in names if not one.startswith(PHONE))
    return ids if named.number_left and ids else names


def _old_numbers(contact: Contact, named: Aliases, now: Iterable[str], at: datetime) -> list[str]:
    """Give the numbers that are not theirs any more. A user id passes to nobody else: it stays.

    The one that WhatsApp tells a change from may be none of theirs yet: it is not to come with
    somebody who is merged into them.
    """
    own = {name for name in contact.names if name.startswith(PHONE)}
    told = named.names if named.becomes or named.number_left else ()
    before = {name for name in told if name.startswith(PHONE) and name not in contact.released}
    if named.number_left:
        known_since = named.becomes and contact.names.issuperset(named.becomes)
        return sorted(before if known_since or keeps_number(contact, at) else before | own)
    phone = next((name for name in now if name.startswith(PHONE)), None)
    if phone is None:
        return []
    return sorted((before if phone in contact.names else before | own) - {phone})


def _believed(contact: Contact, named: Aliases, at: datetime) -> tuple[str, ...]:
    """Leave out a second number that an older message tells of, and a second id of a kind.

    Unless WhatsApp says that the id changed.
    """
    keeps = keeps_number(contact, at)
    had = set() if named.becomes else {kind_of(name) for name in contact.names}
    return tuple(
        name
        for name in named.becomes or named.names
        if name in contact.names
        or (not keeps if name.startswith(PHONE) else kind_of(name) not in had)
    )


def _by_kind(names: Iterable[str]) -> dict[str, str]:
    return {kind_of(name): name.removeprefix(kind_of(name)) for name in names}
