"""What an interactive session remembers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from domain import events
from domain.values import FileId, LookupId, MessageId, ReplyId, SessionId

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
    given: Mapping[str, Any]
    """JSON values that came with the beginning of the session, by name."""
    variables: Mapping[str, Any]
    """JSON values that the flow worked out or was told since, by name."""
    status: Status = "waiting"
    step: str = ""
    """The question that is open, or the hand-off step where the bot fell silent."""
    attempts: int = 0
    """Wrong answers to the open question."""
    last_message_at: datetime | None = None
    waiting_since: datetime | None = None
    """When the open step began to wait."""
    path: tuple[str, ...] = ()
    """The questions that led here, the open one last; none twice."""
    reminded: int = 0
    """How often the person was reminded of the open question."""
    reminded_at: datetime | None = None
    """When for the last time."""
    lookup: LookupId | None = None
    """What another service was asked and did not answer yet."""
    until: datetime | None = None
    """When the wait, the lookup or the lease that is open ends."""
    collected: tuple[str, ...] = ()
    """Parts of the answer that are there so far."""
    collected_last: MessageId | None = None
    resumed_at: datetime | None = None
    """When the flow last went on by itself: after a wait, a lookup, a human or a silence."""
    trigger: str = "message"
    """What began it: which trigger of the flow fitted, else who did."""
    alone: int = 0
    """How often the flow went on by itself since anybody spoke."""
    window_told_for: datetime | None = None
    """The end of the window of which the flow knows that it comes."""

    @property
    def open(self) -> bool:
        """Say whether the person's next message belongs here."""
        return self.status in ("waiting", "handed-off")

    @property
    def silent_since(self) -> datetime:
        """The person's last message, unless the flow began or went on by itself since."""
        began = self.began_at
        return max(began, self.last_message_at or began, self.resumed_at or began)

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
        trigger=event.by or event.trigger,
        began_at=at,
        answers={},
        replies={},
        sent_as={},
        files={},
        file_steps={},
        given={},
        variables={},
    )
