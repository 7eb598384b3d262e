"""What an interactive session remembers."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from domain import events
from domain.session.setting import setting
from domain.values import FileId, ReplyId, SessionId

Status: TypeAlias = Literal["waiting", "handed-off", "completed", "expired", "cancelled"]
ReplyStatus: TypeAlias = Literal["requested", "sent", "failed", "delivered", "read", "played"]
FileStatus: TypeAlias = Literal["uploaded", "stored", "rejected"]


class InteractiveSession(NamedTuple):
    """One conversation along one version of one flow."""

    session_id: SessionId
    phone_number_id: str
    flow: str
    flow_version: str
    began_at: datetime
    answers: Mapping[str, str]
    replies: Mapping[ReplyId, ReplyStatus]
    sent_as: Mapping[str, ReplyId]
    """Which reply a wamid of WhatsApp belongs to."""
    files: Mapping[FileId, FileStatus]
    file_steps: Mapping[FileId, str]
    """At which question a file was sent, as long as that question was not asked anew."""
    status: Status = "waiting"
    step: str = ""
    """The question that is open, or the hand-off step where the bot fell silent."""
    attempts: int = 0
    """Wrong answers to the open question."""
    last_message_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Say whether the person's next message belongs here."""
        return self.status in ("waiting", "handed-off")

    @property
    def silent_since(self) -> datetime:
        """The person's last message, or the beginning where they have said nothing since."""
        return max(self.began_at, self.last_message_at or self.began_at)

    def files_of(self, step: str) -> int:
        """Count the files given at this step that were not rejected."""
        return sum(
            1
            for file, at in self.file_steps.items()
            if at == step and self.files[file] != "rejected"
        )


def begin(event: events.SessionInitiated, at: datetime) -> InteractiveSession:
    """Return the session as it is when it begins."""
    return InteractiveSession(
        session_id=event.session_id,
        phone_number_id=event.phone_number_id,
        flow=event.flow,
        flow_version=event.flow_version,
        began_at=at,
        answers={},
        replies={},
        sent_as={},
        files={},
        file_steps={},
    )


def evolve(session: InteractiveSession, event: events.SessionEvent) -> InteractiveSession:
    """Remember one fact. Never decides, never raises, never reads a clock."""
    return STEPS[type(event)](session, event)


_with_replies = setting(InteractiveSession, "replies")
_with_files = setting(InteractiveSession, "files")
_with_status = setting(InteractiveSession, "status")
_with_last_message_at = setting(InteractiveSession, "last_message_at")
_with_attempts = setting(InteractiveSession, "attempts")
_with_answers = setting(InteractiveSession, "answers")


def _received(session: InteractiveSession, event: events.MessageReceived) -> InteractiveSession:
    if event.kind == "system":  # WhatsApp speaks, not the person
        return session
    at, before = event.received_at, session.last_message_at
    return _with_last_message_at(session, at if before is None or at > before else before)


def _answered(session: InteractiveSession, event: events.AnswerRecorded) -> InteractiveSession:
    answered = _with_answers(session, {**session.answers, event.step: event.personal.value})
    return _with_attempts(answered, 0) if answered.attempts else answered


def _handed_off(session: InteractiveSession, event: events.SessionHandedOff) -> InteractiveSession:
    return session._replace(status="handed-off", step=event.step or session.step)


def _asked(session: InteractiveSession, event: events.ReplyRequested) -> InteractiveSession:
    asked = _ask(session, event.step) if event.step else session
    return _reply(asked, event.reply_id, "requested")


def _sent(session: InteractiveSession, event: events.ReplySent) -> InteractiveSession:
    sent_as = {**session.sent_as, event.personal.wamid: event.reply_id}
    replies: dict[ReplyId, ReplyStatus] = {**session.replies, event.reply_id: "sent"}
    return session._replace(sent_as=sent_as, replies=replies)


def _uploaded(session: InteractiveSession, event: events.FileUploaded) -> InteractiveSession:
    steps = {**session.file_steps, event.file_id: event.step}
    files: dict[FileId, FileStatus] = {**session.files, event.file_id: "uploaded"}
    return session._replace(files=files, file_steps=steps)


def _ask(session: InteractiveSession, step: str) -> InteractiveSession:
    if step == session.step:
        return session
    # Asked anew, a question begins without the wrong answers and files of the last round.
    others = {file: at for file, at in session.file_steps.items() if at != step}
    return session._replace(step=step, attempts=0, file_steps=others)


def _reply(
    session: InteractiveSession, reply_id: ReplyId, status: ReplyStatus
) -> InteractiveSession:
    return _with_replies(session, {**session.replies, reply_id: status})


def _file(session: InteractiveSession, file_id: FileId, status: FileStatus) -> InteractiveSession:
    return _with_files(session, {**session.files, file_id: status})


STEPS: Mapping[
    type[events.SessionEvent], Callable[[InteractiveSession, Any], InteractiveSession]
] = {
    events.SessionInitiated: lambda session, _: session,
    events.MessageReceived: _received,
    events.ReplyRequested: _asked,
    events.ReplySent: _sent,
    events.ReplyDelivered: lambda session, event: _reply(session, event.reply_id, "delivered"),
    events.ReplyRead: lambda session, event: _reply(session, event.reply_id, "read"),
    events.ReplyPlayed: lambda session, event: _reply(session, event.reply_id, "played"),
    events.ReplyFailed: lambda session, event: _reply(session, event.reply_id, "failed"),
    events.AnswerRecorded: _answered,
    events.AnswerRejected: lambda session, event: _with_attempts(session, event.attempt),
    events.SessionHandedOff: _handed_off,
    events.SessionReleased: lambda session, _: _with_status(session, "waiting"),
    events.SessionCompleted: lambda session, _: _with_status(session, "completed"),
    events.SessionExpired: lambda session, _: _with_status(session, "expired"),
    events.SessionCancelled: lambda session, _: _with_status(session, "cancelled"),
    events.FileUploaded: _uploaded,
    events.FileStored: lambda session, event: _file(session, event.file_id, "stored"),
    events.FileRejected: lambda session, event: _file(session, event.file_id, "rejected"),
}
