"""Who else has to be known before a batch is decided: the rest of those known by several ids."""

from collections.abc import Iterable, Sequence

from domain import commands
from domain.ports.event_store import AliasKey
from domain.session import Aliases
from domain.values import ContactId
from session_core.use_cases.knowledge import Knowledge
from session_core.use_cases.parsing import Request, names_of
from session_core.use_cases.recognising import also_named, has_reply

_POINTING_ELSEWHERE = frozenset(
    {commands.MergeContact, commands.AbsorbContact, commands.RecordReplySent}
)
_POINTING_AMONG_SEVERAL = _POINTING_ELSEWHERE | {commands.RecordDeliveryStatus}
"""A status points elsewhere only where somebody of the batch was known as several people."""


def missing(
    requests: Iterable[Request], knowledge: Knowledge
) -> tuple[list[AliasKey], list[ContactId]]:
    """Give names and contacts that the store must still be asked for; ask until there are none."""
    names: dict[AliasKey, None] = {}
    people = [at_home.known.person.contact for at_home in knowledge.people.values()]
    contacts = dict.fromkeys([one.merged_into for one in people])
    are_several = any(one.absorbed or one.merged_into for one in people)
    pointing = _POINTING_AMONG_SEVERAL if are_several else _POINTING_ELSEWHERE
    for request in requests:
        if type(request.command) not in pointing:
            continue
        more_names, more_contacts = _pointed_at(request, knowledge)
        names.update(dict.fromkeys(more_names))
        contacts.update(dict.fromkeys(more_contacts))
    return (
        [one for one in names if one not in knowledge.names and one not in knowledge.asked],
        [one for one in contacts if one is not None and _is_new(one, knowledge)],
    )


def _pointed_at(request: Request, knowledge: Knowledge) -> tuple[list[AliasKey], list[ContactId]]:
    match request.command:
        case commands.MergeContact() as command:
            return [], [command.into]
        case commands.AbsorbContact() as command:
            return names_of(Aliases(command.phone_number_id, command.personal.names)), []
        case commands.RecordReplySent() as command:
            return _answered(command, knowledge), []
        case commands.RecordDeliveryStatus() as command:
            return [], _absorbed(command, request.keys, knowledge)
        case _:
            return [], []


def _is_new(contact: ContactId, knowledge: Knowledge) -> bool:
    return contact not in knowledge.people and contact not in knowledge.asked


def _answered(command: commands.RecordReplySent, knowledge: Knowledge) -> list[AliasKey]:
    found = knowledge.people.get(command.contact_id)
    if found is None:
        return []
    named = also_named(command, found.known.person)
    known = found.known.person.contact.names
    if named is None or known.issuperset(named.names):
        return []
    return names_of(named)


def _absorbed(
    command: commands.RecordDeliveryStatus, keys: Sequence[AliasKey], knowledge: Knowledge
) -> list[ContactId]:
    """Give contacts that a person absorbed, who does not know the reply."""
    named = [knowledge.names[key] for key in keys if key in knowledge.names]
    known = [knowledge.people[one].known.person for one in named if one in knowledge.people]
    if not any(one.contact.absorbed or one.contact.merged_into for one in known):
        return []
    family = knowledge.family(named)
    met = [knowledge.people[one].known.person for one in family if one in knowledge.people]
    return [] if any(has_reply(one, command) for one in met) else family
