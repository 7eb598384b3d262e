"""What a decision means for the timers of the sessions that it concerns."""

from collections.abc import Mapping, Sequence

from domain.commands import Command, FireTimer
from domain.events import Event
from domain.ports.event_store import Timer, TimerKey
from domain.session import SETTING_TIMERS, FlowBook, Person, timer_changes
from domain.values import ContactId, SessionId


def changed_timers(
    command: Command,
    decided: Sequence[Event],
    before: Person,
    after: Person,
    flows: FlowBook,
) -> Mapping[TimerKey, Timer | None]:
    """Give the timers to set, and with None those to clear. Raises KeyError as `timer_changes`."""
    fired = command if isinstance(command, FireTimer) else None
    if fired is None and SETTING_TIMERS.isdisjoint(map(type, decided)):
        return {}
    changed: dict[TimerKey, Timer | None] = {}
    for session in _sessions(decided, fired):
        kind = fired.kind if fired is not None and fired.session_id == session else None
        was, now = before.sessions.get(session), after.sessions.get(session)
        for each, due_at in timer_changes(was, now, flows, fired=kind).items():
            key = TimerKey(session, each)
            contact = _contact(decided, fired)
            changed[key] = Timer(key, contact, due_at) if due_at is not None else None
    return changed


def _sessions(decided: Sequence[Event], fired: FireTimer | None) -> Mapping[SessionId, None]:
    concerned = dict.fromkeys(
        session for event in decided if (session := getattr(event, "session_id", None))
    )
    if fired is not None:
        concerned[fired.session_id] = None
    return concerned


def _contact(decided: Sequence[Event], fired: FireTimer | None) -> ContactId:
    return fired.contact_id if fired is not None else decided[0].contact_id
