"""What a session waits for, until when, and when to look at it again."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from domain import events
from domain.session.flows.book import FlowBook
from domain.session.flows.flow import Flow
from domain.session.state import InteractiveSession
from domain.values import TIMER_KINDS, TimerKind

SETTING_TIMERS = frozenset(
    {
        events.SessionInitiated,
        events.SessionCompleted,
        events.SessionExpired,
        events.SessionCancelled,
    }
)
"""Events after which a timer may have to be set or cleared; others only move deadlines on."""


def deadlines(session: InteractiveSession, flow: Flow) -> Mapping[TimerKind, datetime]:
    """Return until when an open session waits for what; one that has ended waits for nothing."""
    if not session.open:
        return {}
    patience = timedelta(hours=flow.definition.expires_after_hours)
    return {"session-expiry": _after(session.silent_since, patience)}


def timer_changes(
    before: InteractiveSession | None,
    after: InteractiveSession | None,
    flows: FlowBook,
    *,
    fired: TimerKind | None = None,
) -> Mapping[TimerKind, datetime | None]:
    """Return the timers to set, and with None those to clear, once `after` is true.

    A deadline that moves on leaves its timer alone, so that answers cost nothing: it fires too
    early once, and is set to the deadline then. So a timer says "look again no later than this".

    Raises KeyError when the session's version of its flow is not in the book and is needed.
    """
    was_open = before is not None and before.open
    if after is None or not after.open:
        return dict.fromkeys(TIMER_KINDS) if was_open or fired else {}
    moved_on = before is not None and before.silent_since <= after.silent_since
    if was_open and moved_on and fired is None:
        return {}
    return {**deadlines(after, flows.of_session(after.flow, after.flow_version))}


def _after(since: datetime, patience: timedelta) -> datetime:
    """Give the end of the calendar where what a message says of its time leads beyond."""
    try:
        return since + patience
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
