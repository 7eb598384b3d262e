"""The timers of a person's sessions beside the deadlines that their events lead to."""

from collections.abc import Iterator, Mapping

from domain.ports.event_store import TimerKey
from domain.ports.rebuilding import TimerInUse
from domain.session import FlowBook, deadlines
from domain.values import SessionId
from session_core.use_cases.replaying import Replayed


def timers_differ(
    person: Replayed, timers: Mapping[TimerKey, TimerInUse], flows: FlowBook
) -> Iterator[str]:
    """Tell of timers that lack, are not needed, or would fire too late.

    One that is early is none: it is set to the true deadline when it fires.
    """
    needed: set[TimerKey] = set()
    unclear: set[SessionId] = set()
    for session in person.person.sessions.values():
        if not session.open:
            continue
        try:
            due = deadlines(session, flows.of_session(session.flow, session.flow_version))
        except KeyError:
            yield f"session {session.session_id} is pinned to a flow that is not kept"
            unclear.add(session.session_id)
            continue
        for kind, deadline in due.items():
            key = TimerKey(session.session_id, kind)
            needed.add(key)
            timer = timers.get(key)
            if timer is None:
                yield f"session {key.session_id} has no timer {kind}"
            elif timer.due_at > deadline:
                late = f"due at {timer.due_at}, after {deadline}"
                yield f"timer {kind} of session {key.session_id} is {late}"
    for key, timer in timers.items():
        name = f"timer {key.kind} of session {key.session_id}"
        if key not in needed and key.session_id not in unclear:
            yield f"{name} is there, but the session waits for nothing"
        elif (timer.contact_id, timer.shard) != (person.contact_id, person.shard):
            yield f"{name} is that of contact {timer.contact_id} in shard {timer.shard}"
