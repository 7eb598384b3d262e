"""How each event changes what an interactive session remembers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from domain import events
from domain.session.setting import setting, setting_all
from domain.session.state import FileStatus, InteractiveSession, ReplyStatus
from domain.values import FileId, ReplyId

Item = TypeVar("Item")


def evolve(
    session: InteractiveSession, event: events.SessionEvent, at: datetime
) -> InteractiveSession:
    """Remember one fact, which became true at that time. Never decides, never raises."""
    return STEPS[type(event)](session, event, at)


_with_replies = setting(InteractiveSession, "replies")
_with_files = setting(InteractiveSession, "files")
_with_status = setting(InteractiveSession, "status")
_with_last_message_at = setting(InteractiveSession, "last_message_at")
_with_attempts = setting(InteractiveSession, "attempts")
_with_given = setting(InteractiveSession, "given")
_with_variables = setting(InteractiveSession, "variables")
_with_window_told_for = setting(InteractiveSession, "window_told_for")
_with_answers = setting_all(InteractiveSession, "answers", attempts=0, waiting_since=None)
_with_replies_on_path = setting_all(InteractiveSession, "replies", "path")
_with_replies_sent_as = setting_all(InteractiveSession, "replies", "sent_as")
_at_step = setting_all(
    InteractiveSession,
    "step",
    "waiting_since",
    "file_steps",
    attempts=0,
    reminded=0,
    reminded_at=None,
    until=None,
    lookup=None,
    collected=(),
    collected_last=None,
)


def _received(
    session: InteractiveSession, event: events.MessageReceived, _: datetime
) -> InteractiveSession:
    if event.kind == "system":  # WhatsApp speaks, not the person
        return session
    if session.alone:
        session = session._replace(alone=0)
    at, before = event.received_at, session.last_message_at
    return _with_last_message_at(session, at if before is None or at > before else before)


def _answered(
    session: InteractiveSession, event: events.AnswerRecorded, _: datetime
) -> InteractiveSession:
    told = event.personal
    answers = {**session.answers, event.step: told.value}
    if told.data is not None:
        session = _with_variables(session, {**session.variables, event.step: told.data})
    return _with_answers(session, answers)


def _handed_off(
    session: InteractiveSession, event: events.SessionHandedOff, at: datetime
) -> InteractiveSession:
    return session._replace(
        status="handed-off",
        step=event.step or session.step,
        until=event.lease_until,
        waiting_since=at,
        resumed_at=at,
        alone=0,
    )


def _released(
    session: InteractiveSession, _: events.SessionReleased, at: datetime
) -> InteractiveSession:
    return session._replace(status="waiting", until=None, waiting_since=at, resumed_at=at)


def _asked(
    session: InteractiveSession, event: events.ReplyRequested, at: datetime
) -> InteractiveSession:
    replies: dict[ReplyId, ReplyStatus] = {**session.replies, event.reply_id: "requested"}
    step = event.step
    if step is None or (step == session.step and session.waiting_since is not None):
        return _with_replies(session, replies)
    path = session.path
    path = path[: path.index(step) + 1] if step in path else (*path, step)
    return _with_replies_on_path(_begun(session, step, at), replies, path)


def _begun(session: InteractiveSession, step: str, at: datetime) -> InteractiveSession:
    """Open a step without the wrong answers, reminders and files of the last round."""
    others = session.file_steps
    if step in others.values():
        others = {file: its for file, its in others.items() if its != step}
    return _at_step(session, step, at, others)


def _sent(session: InteractiveSession, event: events.ReplySent, _: datetime) -> InteractiveSession:
    sent_as = {**session.sent_as, event.personal.wamid: event.reply_id}
    replies: dict[ReplyId, ReplyStatus] = {**session.replies, event.reply_id: "sent"}
    return _with_replies_sent_as(session, replies, sent_as)


def _uploaded(
    session: InteractiveSession, event: events.FileUploaded, _: datetime
) -> InteractiveSession:
    steps = {**session.file_steps, event.file_id: event.step}
    files: dict[FileId, FileStatus] = {**session.files, event.file_id: "uploaded"}
    return session._replace(files=files, file_steps=steps)


def _set(
    session: InteractiveSession, event: events.VariablesSet, _: datetime
) -> InteractiveSession:
    if event.step is None:
        return _with_given(session, {**session.given, **event.personal.values})
    return _with_variables(session, {**session.variables, **event.personal.values})


def _looked_up(
    session: InteractiveSession, event: events.LookupRequested, at: datetime
) -> InteractiveSession:
    return _begun(session, event.step, at)._replace(lookup=event.lookup_id, until=event.answer_by)


def _found(
    session: InteractiveSession, event: events.LookupAnswered, at: datetime
) -> InteractiveSession:
    variables = {**session.variables, event.step: event.personal.data}
    alone = session.alone + 1
    return _over(session)._replace(variables=variables, resumed_at=at, alone=alone)


def _waits(
    session: InteractiveSession, event: events.WaitBegun, at: datetime
) -> InteractiveSession:
    return _begun(session, event.step, at)._replace(until=event.until)


def _collected(
    session: InteractiveSession, event: events.MessageCollected, _: datetime
) -> InteractiveSession:
    return session._replace(
        collected=(*session.collected, event.personal.value),
        collected_last=event.message_id,
        until=event.until,
    )


def _resumed(
    session: InteractiveSession, _: events.WaitEnded | events.StepTimedOut, at: datetime
) -> InteractiveSession:
    return _over(session)._replace(resumed_at=at, alone=session.alone + 1)


def _over(session: InteractiveSession) -> InteractiveSession:
    """Wait for nothing until the next step is opened."""
    return session._replace(
        waiting_since=None, until=None, lookup=None, collected=(), collected_last=None
    )


def _reminded(
    session: InteractiveSession, event: events.QuestionReminded, at: datetime
) -> InteractiveSession:
    return session._replace(reminded=event.number, reminded_at=at)


def _restarted(
    session: InteractiveSession, _: events.SessionRestarted, __: datetime
) -> InteractiveSession:
    return _over(session)._replace(answers={}, variables={}, path=(), file_steps={}, attempts=0)


def _migrated(
    session: InteractiveSession, event: events.SessionMigrated, _: datetime
) -> InteractiveSession:
    named = event.steps
    return session._replace(
        flow_version=event.flow_version,
        step=named.get(session.step, session.step),
        answers=_renamed(session.answers, named),
        variables=_renamed(session.variables, named),
        path=tuple(named.get(step, step) for step in session.path),
        file_steps={file: named.get(at, at) for file, at in session.file_steps.items()},
    )


def _renamed(values: Mapping[str, Item], named: Mapping[str, str]) -> Mapping[str, Item]:
    return {named.get(name, name): value for name, value in values.items()}


def _reply(
    session: InteractiveSession, reply_id: ReplyId, status: ReplyStatus
) -> InteractiveSession:
    return _with_replies(session, {**session.replies, reply_id: status})


def _file(session: InteractiveSession, file_id: FileId, status: FileStatus) -> InteractiveSession:
    return _with_files(session, {**session.files, file_id: status})


STEPS: Mapping[
    type[events.SessionEvent], Callable[[InteractiveSession, Any, datetime], InteractiveSession]
] = {
    events.SessionInitiated: lambda session, *_: session,
    events.MessageReceived: _received,
    events.ReplyRequested: _asked,
    events.ReplySent: _sent,
    events.ReplyDelivered: lambda session, event, _: _reply(session, event.reply_id, "delivered"),
    events.ReplyRead: lambda session, event, _: _reply(session, event.reply_id, "read"),
    events.ReplyPlayed: lambda session, event, _: _reply(session, event.reply_id, "played"),
    events.ReplyFailed: lambda session, event, _: _reply(session, event.reply_id, "failed"),
    events.AnswerRecorded: _answered,
    events.AnswerRejected: lambda session, event, _: _with_attempts(session, event.attempt),
    events.SessionHandedOff: _handed_off,
    events.SessionReleased: _released,
    events.SessionCompleted: lambda session, *_: _with_status(session, "completed"),
    events.SessionExpired: lambda session, *_: _with_status(session, "expired"),
    events.SessionCancelled: lambda session, *_: _with_status(session, "cancelled"),
    events.SessionRestarted: _restarted,
    events.SessionMigrated: _migrated,
    events.SessionWindowClosing: lambda session, event, _: _with_window_told_for(
        session, event.closes_at
    ),
    events.VariablesSet: _set,
    events.LookupRequested: _looked_up,
    events.LookupAnswered: _found,
    events.WaitBegun: _waits,
    events.WaitEnded: _resumed,
    events.MessageCollected: _collected,
    events.QuestionReminded: _reminded,
    events.StepTimedOut: _resumed,
    events.FileUploaded: _uploaded,
    events.FileStored: lambda session, event, _: _file(session, event.file_id, "stored"),
    events.FileRejected: lambda session, event, _: _file(session, event.file_id, "rejected"),
}
