"""What was decided for one person, as it is stored: events, and commands that memory lets go."""

from collections.abc import Iterable, Sequence

from domain import codec
from domain.events import ContactAbsorbed, Event
from domain.ports.event_store import NewEvent, Origin, SpilledCommand
from domain.session import Occasion, evolve, spilled_from, stream_of
from domain.topics import MAX_EVENT_BYTES
from domain.values import event_id
from session_core.use_cases.parsing import Request
from session_core.use_cases.people import Known, of_kept_sessions

_new = tuple.__new__
"""In half the time of calling the class: every event comes here."""


class TooLarge(Exception):
    """The command would lead to an event that its topic does not take."""


def encode(
    request: Request, occasion: Occasion, known: Known, decided: Sequence[Event]
) -> tuple[list[NewEvent], Known]:
    """Return the events as they are stored, and the person after them. Raises TooLarge."""
    origin = Origin(
        occasion.command_id,
        occasion.at,
        decided[0].contact_id,
        request.correlation_id,
        request.traceparent,
    )
    person, versions = known.person, dict(known.versions)
    encoded = []
    for number, event in enumerate(decided, start=1):
        stream = stream_of(event)
        versions[stream] = version = versions.get(stream, 0) + 1
        person = evolve(person, event, occasion)
        identity = event_id(occasion.command_id, number)
        data = codec.encode(event)
        if len(data) > MAX_EVENT_BYTES:
            raise TooLarge
        encoded.append(_new(NewEvent, (stream, version, identity, event.TYPE, data, origin)))
    after = Known(person, of_kept_sessions(person, versions), known.since_snapshot + len(encoded))
    return encoded, after


def spilled(
    occasion: Occasion, before: Known, after: Known, decided: Iterable[Event]
) -> list[SpilledCommand]:
    """Return the commands that the person's state lets go with these events."""
    if before.person.seen.older is after.person.seen.older:
        return []  # nothing is let go while the older generations stay as they are
    added = [occasion.command_id]
    for event in decided:
        if isinstance(event, ContactAbsorbed):
            added += event.seen
    gone = spilled_from(before.person.seen, after.person.seen, occasion.at, added)
    return [SpilledCommand(command, occasion.at) for command in gone]
