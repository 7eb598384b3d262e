"""What a session waits for, until when, and when to look at it again."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from domain import events
from domain.session.flows.book import FlowBook
from domain.session.flows.flow import Flow
from domain.session.flows.steps import Ask, FlowForm, Lookup, Wait
from domain.session.state import InteractiveSession
from domain.values import SERVICE_WINDOW, TimerKind, later_by

SETTING_TIMERS = frozenset(
    {
        events.SessionInitiated,
        events.SessionCompleted,
        events.SessionExpired,
        events.SessionCancelled,
        events.SessionHandedOff,
        events.SessionReleased,
        events.SessionRestarted,
        events.SessionMigrated,
        events.SessionWindowClosing,
        events.MessageReceived,
        events.MessageCollected,
        events.AnswerRecorded,
        events.ReplyRequested,
        events.LookupRequested,
        events.LookupAnswered,
        events.WaitBegun,
        events.WaitEnded,
        events.QuestionReminded,
        events.StepTimedOut,
    }
)
"""Events after which a timer may have to be set or cleared."""


def deadlines(session: InteractiveSession, flow: Flow) -> Mapping[TimerKind, datetime]:
    """Return until when an open session waits for what; one that has ended waits for nothing."""
    if not session.open:
        return {}
    patience = timedelta(hours=flow.definition.expires_after_hours)
    silent_since = max(session.silent_since, session.until or session.silent_since)
    at: dict[TimerKind, datetime] = {"session-expiry": later_by(silent_since, patience)}
    if session.status == "handed-off":
        return at | {"hand-off-lease": session.until} if session.until else at
    if flow.keeps_time and session.waiting_since is not None:
        at |= _of_step(session, flow, session.waiting_since)
    return at


def _of_step(
    session: InteractiveSession, flow: Flow, since: datetime
) -> Iterator[tuple[TimerKind, datetime]]:
    last = max(since, session.last_message_at or since)
    match flow.steps.get(session.step):
        case Ask() | FlowForm() as step:
            reminder = step.reminder
            if reminder and session.reminded < reminder.times:
                told = session.reminded_at
                yield "reminder", later_by(max(last, told) if told else last, reminder.after)
            if step.timeout:
                yield "step-timeout", later_by(last, step.timeout.after)
            yield from _of_window(session, flow)
        case Lookup() if session.until:
            yield "step-timeout", session.until
        case Wait() if session.until:
            yield "wait", session.until
        case _:
            return


def _of_window(session: InteractiveSession, flow: Flow) -> Iterator[tuple[TimerKind, datetime]]:
    closing, said = flow.definition.window_closing, session.last_message_at
    if closing is None or said is None or session.window_told_for == window_end(said):
        return
    yield "window-closing", window_end(said) - closing.before


def window_end(said: datetime) -> datetime:
    """Return when the window closes that a message opened at this time."""
    return later_by(said, SERVICE_WINDOW)


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
    One whose deadline is gone is cleared.

    Raises KeyError when the session's version of its flow is not in the book and is needed.
    """
    gone: dict[TimerKind, datetime | None] = {fired: None} if fired else {}
    old = _deadlines(before, flows, after, fired)
    if old is None:
        return {}
    gone |= dict.fromkeys(old)
    if after is None or not after.open:
        return gone
    now = deadlines(after, flows.of_session(after.flow, after.flow_version))
    kept = {kind for kind, at in old.items() if kind in now and kind != fired and now[kind] >= at}
    return {kind: now.get(kind) for kind in (*gone, *now) if kind not in kept}


def _deadlines(
    before: InteractiveSession | None,
    flows: FlowBook,
    after: InteractiveSession | None,
    fired: TimerKind | None,
) -> Mapping[TimerKind, datetime] | None:
    """Return the deadlines before, or none where nothing about timers can have changed."""
    if before is None or not before.open:
        return {}
    flow = flows.of_session(before.flow, before.flow_version)
    if fired is None and not flow.keeps_time and _waits_on(before, after):
        return None
    return deadlines(before, flow)


def _waits_on(before: InteractiveSession, after: InteractiveSession | None) -> bool:
    """Say whether a session goes on as it was, so that no deadline can have come nearer."""
    if after is None or not after.open or after.flow_version != before.flow_version:
        return False
    return before.silent_since <= after.silent_since
