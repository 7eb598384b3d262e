# mypy: disable-error-code="untyped-decorator"
"""The peer, `eventsourcing`, as its documentation shows it: an aggregate with `@event` methods.

One aggregate a person, so that one query brings all of them back; its state is what ours is, in
mutable dictionaries. Events are encoded by the peer's own JSON transcoder.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.facts import Fact
from bench.peers import SCHEMA, environment
from domain.events import ContactIdentified


class Claimant(Aggregate):  # type: ignore[misc]  # the peer is not checked
    """A person and their one session. `origin` is what our rows keep beside the data."""

    @event("Identified")
    def __init__(
        self,
        contact: UUID,
        phone_number_id: str,
        personal: dict[str, str],
        origin: dict[str, Any],
    ) -> None:
        self.phone_number_id = phone_number_id
        self.identity = personal
        self.seen: dict[UUID, datetime] = {}
        self._note(origin)

    @staticmethod
    def create_id(contact: UUID) -> UUID:
        return contact

    @event("SessionInitiated")
    def session_initiated(
        self,
        session_id: UUID,
        phone_number_id: str,
        flow: str,
        flow_version: str,
        trigger: str,
        origin: dict[str, Any],
        by: str | None = None,
    ) -> None:
        self.session, self.flow, self.flow_version = session_id, flow, flow_version
        self.status, self.step, self.attempts = "waiting", "", 0
        self.answers: dict[str, str] = {}
        self.replies: dict[UUID, str] = {}
        self.sent_as: dict[str, UUID] = {}
        self.files: dict[UUID, str] = {}
        self.file_steps: dict[UUID, str] = {}
        self._note(origin)

    @event("MessageReceived")
    def message_received(
        self,
        session_id: UUID,
        phone_number_id: str,
        message_id: UUID,
        received_at: datetime,
        kind: str,
        personal: dict[str, Any],
        origin: dict[str, Any],
    ) -> None:
        self.last_message_at = received_at
        self._note(origin)

    @event("AnswerRecorded")
    def answer_recorded(
        self,
        session_id: UUID,
        message_id: UUID,
        step: str,
        personal: dict[str, str],
        origin: dict[str, Any],
        flow: str | None = None,
    ) -> None:
        self.answers[step], self.attempts = personal["value"], 0
        self._note(origin)

    @event("AnswerRejected")
    def answer_rejected(
        self,
        session_id: UUID,
        message_id: UUID,
        step: str,
        reason: str,
        attempt: int,
        origin: dict[str, Any],
    ) -> None:
        self.attempts = attempt
        self._note(origin)

    @event("ReplyRequested")
    def reply_requested(
        self,
        session_id: UUID,
        reply_id: UUID,
        phone_number_id: str,
        in_reply_to: UUID,
        window_expires_at: datetime,
        kind: str,
        personal: dict[str, Any],
        origin: dict[str, Any],
        step: str | None = None,
    ) -> None:
        if step:
            self.step, self.attempts = step, 0
        self.replies[reply_id] = "requested"
        self._note(origin)

    @event("ReplySent")
    def reply_sent(
        self, session_id: UUID, reply_id: UUID, personal: dict[str, str], origin: dict[str, Any]
    ) -> None:
        self.sent_as[personal["wamid"]] = reply_id
        self.replies[reply_id] = "sent"
        self._note(origin)

    @event("ReplyDelivered")
    def reply_delivered(
        self, session_id: UUID, reply_id: UUID, at: datetime, origin: dict[str, Any]
    ) -> None:
        self.replies[reply_id] = "delivered"
        self._note(origin)

    @event("ReplyRead")
    def reply_read(
        self, session_id: UUID, reply_id: UUID, at: datetime, origin: dict[str, Any]
    ) -> None:
        self.replies[reply_id] = "read"
        self._note(origin)

    @event("FileUploaded")
    def file_uploaded(
        self,
        session_id: UUID,
        phone_number_id: str,
        message_id: UUID,
        file_id: UUID,
        step: str,
        kind: str,
        media_id: str,
        mime_type: str,
        sha256: str,
        personal: dict[str, str],
        origin: dict[str, Any],
    ) -> None:
        self.files[file_id], self.file_steps[file_id] = "uploaded", step
        self._note(origin)

    @event("FileStored")
    def file_stored(
        self,
        session_id: UUID,
        file_id: UUID,
        bucket: str,
        key: str,
        size: int,
        mime_type: str,
        sha256: str,
        origin: dict[str, Any],
    ) -> None:
        self.files[file_id] = "stored"
        self._note(origin)

    @event("CrmNotified")
    def crm_notified(
        self, session_id: UUID, event_id: UUID, crm: str, origin: dict[str, Any]
    ) -> None:
        self._note(origin)

    @event("SessionCompleted")
    def session_completed(
        self,
        session_id: UUID,
        phone_number_id: str,
        flow: str,
        outcome: str,
        personal: dict[str, Any],
        origin: dict[str, Any],
    ) -> None:
        self.status = "completed"
        self._note(origin)

    def _note(self, origin: dict[str, Any]) -> None:
        self.seen[origin["command_id"]] = origin["at"]


class DocumentedPeer:
    """Peer as its documentation shows it."""

    table = f"{SCHEMA}.documented_events"

    def __init__(self, address: str) -> None:
        self._app = _Documented(env=environment(address))
        self._people: dict[UUID, Claimant] = {}

    def begin(self) -> None:
        """See Peer."""
        self._people = {}

    def prepare(self, chunk: Sequence[Fact]) -> list[Claimant]:
        """See Peer: the events wait in their aggregates."""
        touched = {}
        for fact in chunk:
            person = fact.origin.contact_id
            self._happen(person, fact)
            touched[person] = self._people[person]
        return list(touched.values())

    def save(self, prepared: Sequence[Claimant]) -> None:
        """See Peer."""
        self._app.save(*prepared)

    def replay(self, person: UUID) -> int:
        """See Peer."""
        claimant: Claimant = self._app.repository.get(person)
        return int(claimant.version)

    def close(self) -> None:
        """See Peer."""
        self._app.close()

    def _happen(self, person: UUID, fact: Fact) -> None:
        origin = {
            "command_id": fact.origin.command_id,
            "at": fact.origin.at,
            "correlation_id": fact.origin.correlation_id,
            "traceparent": fact.origin.traceparent,
        }
        members = fact.event.model_dump(exclude_none=True, exclude={"contact_id"})
        if isinstance(fact.event, ContactIdentified):
            self._people[person] = Claimant(contact=person, **members, origin=origin)
        else:
            noun, verb, _ = fact.event.TYPE.split(".")
            getattr(self._people[person], f"{noun}_{verb}")(**members, origin=origin)


class _Documented(Application):  # type: ignore[misc]  # the same
    name = "documented"
