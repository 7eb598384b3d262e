"""Whom a command is for, when its names are looked at closely."""

from collections.abc import Sequence

from domain import commands
from domain.ports.event_store import AliasKey
from domain.session import Aliases, Meant, Person, Same, keeps_number, meant, reported
from domain.session.aliases import aliases, told_apart
from domain.session.contact import Contact
from domain.values import ContactId
from session_core.use_cases.knowledge import Knowledge, NotYet
from session_core.use_cases.parsing import Request, names_of

_GOES_ON = frozenset({commands.AbsorbContact, commands.EraseContact})
"""Commands by id that concern whom the contact goes on as; others are about its own past."""


REPORTS = frozenset({commands.RecordReplySent, commands.RecordDeliveryStatus})
"""Commands in which WhatsApp names whom it has brought a reply to."""


class Repeated(Exception):
    """The command had its effect on somebody who is the same person."""


def recognise(request: Request, knowledge: Knowledge) -> Meant:
    """Say whom the command is for. Raises NotYet and Repeated."""
    addressee = request.addressee
    if not isinstance(addressee, Aliases):
        if type(request.command) in _GOES_ON:
            addressee = knowledge.goes_on_as(addressee)
        return Meant(addressee)
    keys = request.keys
    if not keys:
        return Meant(None)
    if knowledge.passing and not knowledge.passing.isdisjoint(keys):
        raise NotYet
    owners = [knowledge.names.get(key) for key in keys]
    owner = owners[0]
    if owners.count(owner) < len(owners):
        return _closely(request, addressee, keys, knowledge)
    found = knowledge.of(owner) if owner is not None else None
    if found is not None and _is_several(found.known.person.contact, request.command):
        return _closely(request, addressee, keys, knowledge)
    return Meant(owner)


def also_named(command: commands.Command, person: Person) -> Aliases | None:
    """Return the names that WhatsApp used for a person of whom it tells something."""
    number = person.contact.phone_number_id
    match command:
        case commands.RecordReplySent():
            own, shared = told_apart(command.personal.user_id)
            return aliases(number, command.personal.wa_id, own, shared)
        case commands.RecordDeliveryStatus():
            told = command.personal
            return aliases(number, told.recipient, told.user_id, told.parent_user_id)
        case _:
            return None


def learned(
    command: commands.Command, person: Person, knowledge: Knowledge
) -> tuple[tuple[str, ...], tuple[Same, ...]]:
    """Give the names that are new ones of this person, and who the same person is."""
    contact = person.contact
    named = also_named(command, person)
    if named is None or contact.merged_into is not None or contact.contact_id is None:
        return (), ()
    if contact.names.issuperset(named.names):
        return (), ()
    return reported(contact, named, _owners(names_of(named), knowledge))


def _is_several(contact: Contact, command: commands.Command) -> bool:
    if contact.merged_into is not None:
        return True
    return bool(contact.absorbed) and isinstance(command, commands.RecordDeliveryStatus)


def _closely(
    request: Request, addressee: Aliases, keys: Sequence[AliasKey], knowledge: Knowledge
) -> Meant:
    if isinstance(request.command, commands.RecordDeliveryStatus):
        return Meant(_who_has_the_reply(request.command, keys, knowledge))
    found = _unless_old(request.command, meant(addressee, _owners(keys, knowledge)), knowledge)
    _refuse_repeats(request, keys, knowledge)
    involved = [one for pair in found.same for one in (pair.older, pair.younger)]
    involved += [one.contact_id for one in found.outdated]
    if found.outdated and found.who is not None:
        involved.append(found.who)
    knowledge.settled(involved)
    return found


def _unless_old(command: commands.Command, found: Meant, knowledge: Knowledge) -> Meant:
    """Take no number from anybody for the sake of a message that changes its sender's not."""
    if not found.outdated or found.who is None or not isinstance(command, commands.ReceiveMessage):
        return found
    sender = knowledge.of(found.who)
    if sender is None or not keeps_number(sender.known.person.contact, command.received_at):
        return found
    return Meant(found.who, found.same)


def _owners(keys: Sequence[AliasKey], knowledge: Knowledge) -> dict[str, Contact]:
    owners = {}
    for key in keys:
        owner = knowledge.names.get(key)
        found = knowledge.of(knowledge.goes_on_as(owner)) if owner is not None else None
        if found is not None:
            owners[key.name] = found.known.person.contact
    return owners


def _refuse_repeats(request: Request, keys: Sequence[AliasKey], knowledge: Knowledge) -> None:
    for key in keys:
        owner = knowledge.names.get(key)
        for contact in knowledge.line(owner) if owner is not None else ():
            found = knowledge.of(contact)
            if found is not None and request.occasion.command_id in found.known.person.seen:
                raise Repeated


def _who_has_the_reply(
    status: commands.RecordDeliveryStatus, keys: Sequence[AliasKey], knowledge: Knowledge
) -> ContactId | None:
    """Find whom the reply was asked for, who may have been merged since."""
    named = [knowledge.names[key] for key in keys if key in knowledge.names]
    for contact in knowledge.family(named):
        found = knowledge.people.get(contact)
        if found is not None and has_reply(found.known.person, status):
            return contact
    return knowledge.goes_on_as(named[0]) if named else None


def has_reply(person: Person, status: commands.RecordDeliveryStatus) -> bool:
    """Say whether the status speaks of a reply in one of the person's sessions."""
    return any(
        (status.reply_id or session.sent_as.get(status.personal.wamid)) in session.replies
        for session in person.sessions.values()
    )
