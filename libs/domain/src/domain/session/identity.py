"""Who is meant by the names of a command: one person, two that are one, or somebody's heir."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from domain.session.aliases import PARENT, PHONE, USER_ID, Aliases, kind_of
from domain.session.contact import Contact
from domain.values import ContactId


@dataclass(frozen=True, slots=True)
class Same:
    """Two contacts that are one person; the older goes on."""

    older: ContactId
    younger: ContactId


@dataclass(frozen=True, slots=True)
class Outdated:
    """A contact under whose name somebody else writes now."""

    contact_id: ContactId
    name: str


class Meant(NamedTuple):
    """Whom a command is for (nobody known, if none), and what its names prove about others."""

    who: ContactId | None
    same: tuple[Same, ...] = ()
    outdated: tuple[Outdated, ...] = ()


def meant(named: Aliases, owners: Mapping[str, Contact]) -> Meant:
    """Say who is meant, given whose name each is.

    A user id, or the one that linked businesses share, decides: a phone number passes from one
    person to the next. Who has a number that another one is said to have left keeps it.
    """
    now = _meant(named.names, owners)
    if not named.becomes:
        return now._replace(outdated=()) if named.number_left else now
    if now.who is None:
        return _meant(named.becomes, owners)
    after = _becoming(now.who, named.becomes, owners)
    return after._replace(same=tuple(dict.fromkeys((*now.same, *after.same))))


def reported(
    contact: Contact, named: Aliases, owners: Mapping[str, Contact]
) -> tuple[tuple[str, ...], tuple[Same, ...]]:
    """Say which names of an answer or a status are new ones of the person it is about.

    Also who the same person is. A name that was theirs once may be anybody's now.
    """
    learned: list[str] = []
    same: list[Same] = []
    for name in named.names:
        other = owners.get(name)
        if name in contact.names or name in contact.released:
            continue
        if other is None or other.contact_id == contact.contact_id:
            if name.startswith(PHONE) or not _goes_by_another(contact, name):
                learned.append(name)
        elif not _differ(contact, other):
            same.append(_pair(contact, other))
    return tuple(learned), tuple(same)


def still_to_join(one: Contact, other: Contact) -> Same | None:
    """Say who goes on if two contacts are one person: none if they are one, or differ by now."""
    if one.contact_id == other.contact_id or _differ(one, other):
        return None
    return _pair(one, other)


def _meant(names: Iterable[str], owners: Mapping[str, Contact]) -> Meant:
    phone = _of_kind(names, PHONE)
    ids = tuple(name for name in names if not name.startswith(PHONE))
    by_phone, (by_id, same) = owners.get(phone), _by_id(ids, owners)
    if by_phone is None or by_id is None:
        if by_phone is not None and _is_somebody_else(by_phone, ids):
            return Meant(None, outdated=(Outdated(_id(by_phone), phone),))
        found = by_phone or by_id
        return Meant(found.contact_id if found else None, same)
    if by_phone.contact_id in {by_id.contact_id, *(pair.younger for pair in same)}:
        return Meant(by_id.contact_id, same)
    if _is_somebody_else(by_phone, ids) or _goes_by_another(by_id, phone):
        return Meant(by_id.contact_id, same, outdated=(Outdated(_id(by_phone), phone),))
    pair = _pair(by_phone, by_id)
    return Meant(pair.older, (*same, pair))


def _by_id(
    ids: tuple[str, ...], owners: Mapping[str, Contact]
) -> tuple[Contact | None, tuple[Same, ...]]:
    """Give whom the ids mean, and that two contacts are one if they lead to two.

    A user id is nearer to the person than the one that linked businesses share.
    """
    user_id = _of_kind(ids, USER_ID)
    own, shared = owners.get(user_id), owners.get(_of_kind(ids, PARENT))
    if own is None or shared is None or own.contact_id == shared.contact_id:
        return own or shared, ()
    if _goes_by_another(shared, user_id) or _goes_by_another(own, _of_kind(ids, PARENT)):
        return own, ()
    pair = _pair(own, shared)
    return (own if pair.older == own.contact_id else shared), (pair,)


def _is_somebody_else(contact: Contact, ids: tuple[str, ...]) -> bool:
    """Say whether the ids are not the contact's, who has others of their kind."""
    if not contact.names.isdisjoint(ids):
        return False
    return any(_goes_by_another(contact, one) for one in ids)


def _becoming(who: ContactId, names: tuple[str, ...], owners: Mapping[str, Contact]) -> Meant:
    """Whoever has the new names already is the same person.

    Not who has the new number and goes by another user id: it has passed on from them.
    """
    person = next(one for one in owners.values() if one.contact_id == who)
    same: dict[Same, None] = {}
    outdated: list[Outdated] = []
    for name in names:
        other = owners.get(name)
        if other is None or other.contact_id == who:
            continue
        if name.startswith(USER_ID) or not any(_goes_by_another(other, one) for one in names):
            same[_pair(person, other)] = None
        else:
            outdated.append(Outdated(_id(other), name))
    return Meant(who, tuple(same), tuple(outdated))


def _goes_by_another(contact: Contact, name: str) -> bool:
    """Say whether the person is known by another name of this kind, and not by this one."""
    kind = kind_of(name)
    return name not in contact.names and any(one.startswith(kind) for one in contact.names)


def _differ(one: Contact, other: Contact) -> bool:
    """Say whether each has a user id, and none in common."""
    here, there = ({n for n in c.names if n.startswith(USER_ID)} for c in (one, other))
    return bool(here and there and here.isdisjoint(there))


def _pair(one: Contact, other: Contact) -> Same:
    older, younger = sorted((one, other), key=_age)
    return Same(_id(older), _id(younger))


def _age(contact: Contact) -> tuple[float, str]:
    since = contact.identified_at
    return (since.timestamp() if since else 0.0, str(contact.contact_id))


def _of_kind(names: Iterable[str], kind: str) -> str:
    return next((name for name in names if name.startswith(kind)), "")


def _id(contact: Contact) -> ContactId:
    if contact.contact_id is None:
        raise ValueError("a name belongs to a contact that was never identified")
    return contact.contact_id
