"""What becomes of names when something was decided: taken, passed on, given up."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.events import ContactAbsorbed, ContactIdentified, ContactNameReleased, Event
from domain.ports.event_store import AliasKey, FreedAlias, MovedAlias, NewAlias
from domain.session import identified, lost_aliases, new_aliases
from domain.values import ContactId
from session_core.use_cases.knowledge import Knowledge
from session_core.use_cases.parsing import names_of

_NAMING = frozenset({ContactIdentified, ContactAbsorbed, ContactNameReleased})


@dataclass(slots=True)
class Names:
    """How names change hands with a batch."""

    taken: list[NewAlias] = field(default_factory=list)
    moved: list[MovedAlias] = field(default_factory=list)
    freed: list[FreedAlias] = field(default_factory=list)


def rename(
    decided: Iterable[Event], contact: ContactId, shard: int, knowledge: Knowledge, names: Names
) -> None:
    """Write down whose names are whose after this was decided for a contact of this shard.

    Whoever decides a command takes every name that it came under and that was free. So every
    repeat of the command leads to them: of two contacts that decide it at once, one loses a
    name, and with it the append.
    """
    for event in decided:
        if type(event) not in _NAMING:  # cheaper than asking pydantic's classes one by one
            continue
        if isinstance(event, ContactNameReleased):
            _release(event, contact, shard, knowledge, names)
            continue
        named = new_aliases(event)
        heir_of = event.absorbed if isinstance(event, ContactAbsorbed) else None
        for key in names_of(named) if named is not None else ():
            owner = knowledge.names.get(key)
            if owner is None:
                names.taken.append(NewAlias(key, contact))
                knowledge.names[key] = contact
            elif owner == heir_of or (owner != contact and is_stray(key, knowledge)):
                _pass_on(MovedAlias(key, owner, contact, shard), knowledge, names)


def without_claims(
    decided: Iterable[Event], contact: ContactId, granted: Iterable[str], knowledge: Knowledge
) -> list[Event]:
    """Leave out of what was decided that the contact goes by names which are somebody else's.

    What is theirs when two contacts become one comes with that; a number may pass to a third
    person before. `granted` are the names that are taken from others for the contact's sake.
    """
    theirs = frozenset(granted)
    kept: list[Event] = []
    for event in decided:
        named = new_aliases(event) if isinstance(event, ContactIdentified) else None
        names = names_of(named) if named is not None else []
        claimed = [
            key for key in names if key.name in theirs or _may_claim(key, contact, knowledge)
        ]
        if len(claimed) == len(names):
            kept.append(event)
        elif claimed and isinstance(event, ContactIdentified):
            left = [key.name for key in claimed]
            called = event.personal.name
            kept.append(identified(contact, event.phone_number_id, left, called))
    return kept


def _may_claim(key: AliasKey, contact: ContactId, knowledge: Knowledge) -> bool:
    owner = knowledge.names.get(key)
    return owner is None or owner == contact or is_stray(key, knowledge)


def is_stray(key: AliasKey, knowledge: Knowledge) -> bool:
    """Say whether the name was left to somebody who was merged before they heard of it."""
    owner = knowledge.names.get(key)
    found = knowledge.people.get(owner) if owner is not None else None
    if found is None:
        return False
    was = found.known.person.contact
    return was.merged_into is not None and key.name not in was.names


def free(keys: Iterable[AliasKey], owner: ContactId, knowledge: Knowledge, names: Names) -> None:
    """Give up names for good that still are this contact's."""
    for key in keys:
        if knowledge.names.get(key, owner) == owner:
            names.freed.append(FreedAlias(key, owner))
            knowledge.names.pop(key, None)
            knowledge.passing.add(key)


def _release(
    event: ContactNameReleased,
    contact: ContactId,
    shard: int,
    knowledge: Knowledge,
    names: Names,
) -> None:
    lost = lost_aliases(event)
    keys = names_of(lost) if lost is not None else []
    if event.to is None:
        free(keys, contact, knowledge, names)
        return
    heir = knowledge.people.get(event.to)
    for key in keys:
        owner = knowledge.names[key]
        home = heir.shard if heir is not None else shard
        _pass_on(MovedAlias(key, owner, event.to, home), knowledge, names)


def _pass_on(moved: MovedAlias, knowledge: Knowledge, names: Names) -> None:
    names.moved.append(moved)
    knowledge.names[moved.key] = moved.contact_id
    knowledge.passing.add(moved.key)
