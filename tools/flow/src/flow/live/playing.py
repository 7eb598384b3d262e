"""Plays transcripts against a running system."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

from devstack.endpoints import Endpoints
from domain import commands, events
from domain.session import FlowBook, deadlines
from domain.session.flows.answers import largest_file
from domain.session.flows.flow import Flow
from domain.session.flows.steps import Ask
from domain.session.state import InteractiveSession
from domain.values import (
    CommandId,
    ContactId,
    SessionId,
    TimerKind,
    command_id,
    message_id,
    timer_id,
)
from flow.acting import CannotDo, open_lookup, said_by_person
from flow.comparing import Difference, differences, observed
from flow.live.kafka import Topics, topics
from flow.live.moving import moved
from flow.live.phone import Phone
from flow.live.witness import Witness
from flow.reading import TestFile
from flow.rehearsal import Rehearsal
from flow.transcript import Begin, Rejection, Transcript, Turn
from flow.trying import Failed, keep_files, perform

PATIENCE_S = 45.0
_DESK = "lookups"
_DESK_S = 3.0
"""For a service that answers lookups by itself; after that the transcript's answer is sent."""
_QUIET_S = 3.0
"""For a timer that may decide nothing."""


class Went(NamedTuple):
    """How a transcript went: the first turn that went otherwise, if any."""

    failed: Failed | None
    by_today: bool = False
    """Some turns went as the engine has it on this day, which is not that of the transcript."""
    left_at: int | None = None
    """The turn, from 0, that cannot be played on this day, so that it ended there."""


async def play_live(file: TestFile, flows: FlowBook, known: Endpoints) -> AsyncIterator[Went]:
    """Play each transcript with a new person."""
    async with (
        httpx.AsyncClient(base_url=known.simulator, timeout=15, trust_env=False) as http,
        topics(known.kafka) as open_topics,
    ):
        for number, transcript in enumerate(file.transcripts.transcripts):
            phone = Phone(http, f"1555{secrets.randbelow(10**7):07d}")
            shadow = Rehearsal(flows, transcript.contact, datetime.now(UTC))
            desk_s = _DESK_S if _DESK in known.services else 0.0
            talk = _Talk(phone, open_topics, shadow, known.whatsapp.phone_number_id, desk_s)
            flow = flows.current.get(file.transcripts.flow)
            now = moved(transcript, flow, datetime.now(UTC)) if flow else transcript
            yield await talk.play(file.transcripts.flow, now, number)


class _Talk:
    """One conversation, and beside it the same one in the engine alone, on this day."""

    def __init__(
        self, phone: Phone, kafka: Topics, shadow: Rehearsal, number: str, desk_s: float
    ) -> None:
        self._phone = phone
        self._kafka = kafka
        self._shadow = shadow
        self._flows = shadow.flows
        self._number = number
        self._desk_s = desk_s
        self._witness = Witness(kafka, phone.wa_id)
        self._clock = datetime.now(UTC)
        self._file_since = 0
        """Where in the log the last file was sent."""

    async def play(self, flow: str, transcript: Transcript, which: int) -> Went:
        """Play it to its end, or to the first turn that goes otherwise."""
        await self._phone.introduce(transcript.contact.name)
        if transcript.contact.language is not None:
            await self._choose(flow, transcript.contact.language)
        by_today = False
        for number, turn in enumerate(transcript.turns):
            following = transcript.turns[number + 1] if number + 1 < len(transcript.turns) else None
            begin = transcript.begin if number == 0 else None
            try:
                on_this_day = self._rehearse(flow, turn, following, begin)
            except CannotDo:
                return Went(None, by_today, number)
            try:
                causes = await self._do(flow, turn, following, begin)
            except CannotDo as cannot:
                return Went(Failed(which, number, cannot=str(cannot)), by_today)
            found = await self._compare(turn, causes, on_this_day)
            self._clock = self._clock if turn.after is not None else self._session_clock()
            if found and not self._as_on_this_day(found, causes, on_this_day):
                return Went(Failed(which, number, tuple(found)), by_today)
            by_today = by_today or bool(found)
        return Went(None, by_today)

    async def _do(
        self, flow: str, turn: Turn, following: Turn | None, begin: Begin | None
    ) -> list[CommandId]:
        if begin is not None:
            return [await self._begin(flow, dict(begin.variables), begin.language)]
        return await self._act(turn, following)

    def _rehearse(
        self, flow: str, turn: Turn, following: Turn | None, begin: Begin | None
    ) -> Mapping[str, Any]:
        """Return what the engine alone makes of the turn on this day. Raises CannotDo."""
        before = len(self._shadow.log)
        if begin is not None:
            self._shadow.begins(flow, begin.variables, begin.language)
        else:
            perform(turn, self._shadow)
        keep_files(turn, following, self._shadow)
        happened = [event for event, _ in self._shadow.log[before:]]
        return observed(happened, self._shadow.person)

    def _observed(self, causes: list[CommandId]) -> Mapping[str, Any]:
        return observed(self._witness.caused(*causes), self._witness.person)

    async def _compare(
        self, turn: Turn, causes: list[CommandId], on_this_day: Mapping[str, Any]
    ) -> list[Difference]:
        def enough() -> bool:
            if not self._witness.settled(*causes):
                return False
            found = differences(turn, self._observed(causes))
            return not found or self._as_on_this_day(found, causes, on_this_day)

        await self._witness.until(enough, PATIENCE_S)
        return differences(turn, self._observed(causes))

    def _as_on_this_day(
        self,
        found: list[Difference],
        causes: list[CommandId],
        on_this_day: Mapping[str, Any],
    ) -> bool:
        """Say whether all that differs is as the engine has it: then it is the day that does."""
        actual = self._observed(causes)
        return all(actual.get(one.what) == on_this_day.get(one.what) for one in found)

    def _session_clock(self) -> datetime:
        """Return the time for the session, which may have waited for a time to come already."""
        session, now = self._witness.person.open_session, datetime.now(UTC)
        since = session.waiting_since if session is not None else None
        return max(now, since) if since is not None else now

    async def _act(self, turn: Turn, following: Turn | None) -> list[CommandId]:
        """Do what the turn says; return the commands whose effects belong to it."""
        if turn.after is not None:
            return await self._pass(turn.after)
        before = len(self._witness.log)
        if turn.send is not None:
            return await self._send_file(turn, following)
        message = said_by_person(turn, self._witness.said())
        if message is not None:
            return await self._received(await self._phone.send(message, turn.referral))
        if turn.lookup is not None:
            return [await self._look_up(turn)]
        if turn.file is not None:
            return [await self._seen(_file_done, before=self._file_since, what="the file")]
        if turn.status is not None:
            return await self._tell_status(turn.status, before)
        session = self._open()
        command = commands.ReleaseSession(contact_id=session[0], session_id=session[1])
        return [await self._send(command)]

    async def _received(self, wamid: str) -> list[CommandId]:
        ours = message_id(wamid)
        return [
            await self._seen(
                lambda e: isinstance(e, events.MessageReceived) and e.message_id == ours,
                before=0,
                what="that the message was received",
            )
        ]

    async def _send_file(self, turn: Turn, following: Turn | None) -> list[CommandId]:
        assert turn.send is not None  # noqa: S101 asked before
        told_later = following is not None and following.file is not None
        refused = following.file if following is not None else None
        why = refused.rejected if isinstance(refused, Rejection) else None
        size = self._too_large() if why == "too-large" else turn.send.size
        broken = why is not None and why != "too-large"
        self._file_since = before = len(self._witness.log)
        causes = await self._received(
            await self._phone.send_file(turn.send, size=size, broken=broken)
        )
        uploaded = any(isinstance(e, events.FileUploaded) for e in self._witness.caused(*causes))
        if uploaded and not told_later:
            causes.append(await self._seen(_file_done, before=before, what="the file"))
        return causes

    def _too_large(self) -> int:
        """Return a size beyond what the open question takes. Raises CannotDo."""
        session = self._witness.person.open_session
        step = self._flow_of(session).steps.get(session.step) if session is not None else None
        largest = largest_file(step.files) if isinstance(step, Ask) and step.files else None
        if largest is None:
            raise CannotDo("the question takes files of any size, up to what WhatsApp does")
        return largest + 1

    def _flow_of(self, session: InteractiveSession) -> Flow:
        try:
            return self._flows.of_session(session.flow, session.flow_version)
        except KeyError:
            raise CannotDo(
                f"the system runs another version of {session.flow} than the file has"
            ) from None

    async def _look_up(self, turn: Turn) -> CommandId:
        answer = turn.lookup
        asked = self._asked()
        if answer is None or asked is None:
            raise CannotDo("no other service is asked anything now")
        if answer.name not in (None, asked.name):
            raise CannotDo(f"{asked.name} is looked up, not {answer.name}")

        def answered(event: events.Event) -> bool:
            return isinstance(event, events.LookupAnswered) and event.lookup_id == asked.lookup_id

        await self._witness.until(
            lambda: self._witness.cause_of(answered, 0) is not None, self._desk_s
        )
        by_desk = self._witness.cause_of(answered, 0)
        if by_desk is not None:
            return by_desk
        outcome = (
            "found" if answer.found is not None else "failed" if answer.failed else "not-found"
        )
        told = commands.Found(data=answer.found or {})
        return await self._send(
            commands.RecordLookup(
                contact_id=asked.contact_id,
                session_id=asked.session_id,
                lookup_id=asked.lookup_id,
                outcome=outcome,
                personal=told,
            )
        )

    def _asked(self) -> events.LookupRequested | None:
        session = self._witness.person.open_session
        return open_lookup(session, [o.event for o in self._witness.log]) if session else None

    async def _tell_status(self, status: str, before: int) -> list[CommandId]:
        said = self._witness.said()
        if not said:
            raise CannotDo("we have said nothing yet")
        await self._phone.tell_status(said[-1].wamid, status)
        kinds = {
            "sent": events.ReplySent,
            "delivered": events.ReplyDelivered,
            "read": events.ReplyRead,
            "failed": events.ReplyFailed,
        }
        await self._witness.until(
            lambda: (
                self._witness.cause_of(lambda e: isinstance(e, kinds[status]), before) is not None
            ),
            _QUIET_S,
        )
        return []

    async def _pass(self, span: timedelta) -> list[CommandId]:
        """Fire what would be due, at the time at which it would be: nobody waits for real."""
        until = self._clock + span
        causes: list[CommandId] = []
        fired = set[tuple[TimerKind, datetime]]()
        await self._close_window(until)
        while due := self._due(until, fired):
            fired.add(due)
            cause = await self._fire(*due)
            causes.append(cause)
            await self._witness.until(partial(self._witness.caused_any, cause), _QUIET_S)
            await self._witness.look()
        self._clock = until
        return causes

    async def _close_window(self, until: datetime) -> None:
        closes = self._witness.person.contact.window_expires_at
        if closes is not None and until > closes:
            await self._phone.close_window()

    def _due(
        self, until: datetime, fired: set[tuple[TimerKind, datetime]]
    ) -> tuple[TimerKind, datetime] | None:
        session = self._witness.person.open_session
        if session is None:
            return None
        flow = self._flow_of(session)
        due = [o for o in deadlines(session, flow).items() if o[1] <= until and o not in fired]
        return min(due, key=lambda one: one[1], default=None)

    async def _fire(self, kind: TimerKind, due_at: datetime) -> CommandId:
        contact, session = self._open()
        timer = timer_id(session, kind, due_at)
        command = commands.FireTimer(
            contact_id=contact, session_id=session, timer_id=timer, kind=kind, due_at=due_at
        )
        return await self._send(command, at=due_at)

    def _open(self) -> tuple[ContactId, SessionId]:
        person = self._witness.person
        if person.open_session is None or person.contact_id is None:
            raise CannotDo("there is no open session")
        return person.contact_id, person.open_session.session_id

    async def _begin(
        self, flow: str, variables: dict[str, object], language: str | None
    ) -> CommandId:
        to = commands.Addressee(to=self._phone.wa_id, variables=variables or None)
        command = commands.InitiateSession(
            phone_number_id=self._number, flow=flow, language=language, personal=to
        )
        cause = await self._send(command)
        if not await self._witness.until(partial(self._witness.caused_any, cause), PATIENCE_S):
            raise CannotDo(f"{flow} did not begin")
        return cause

    async def _choose(self, flow: str, language: str) -> None:
        """Make a language the person's own: a session in it begins, and ends unheard."""
        await self._begin(flow, {}, language)
        contact, session = self._open()
        await self._send(
            commands.CancelSession(contact_id=contact, session_id=session, reason="rehearsed")
        )
        await self._witness.until(lambda: self._witness.person.open_session is None, PATIENCE_S)

    async def _send(self, command: commands.Command, *, at: datetime | None = None) -> CommandId:
        identity = command_id(command.TYPE, str(uuid4()))
        contact = self._witness.person.contact_id
        key = str(contact) if contact else f"{self._number}/{self._phone.wa_id}"
        await self._kafka.send(
            command,
            identity,
            key=key,
            partition=self._witness.partition if contact else None,
            at=at or datetime.now(UTC),
        )
        return identity

    async def _seen(
        self, fits: Callable[[events.Event], bool], *, before: int, what: str
    ) -> CommandId:
        """Return the command behind the first such event, once it is there. Raises CannotDo."""
        await self._witness.until(
            lambda: self._witness.cause_of(fits, before) is not None, PATIENCE_S
        )
        cause = self._witness.cause_of(fits, before)
        if cause is None:
            raise CannotDo(f"not seen within {PATIENCE_S:g} s: {what}")
        return cause


def _file_done(event: events.Event) -> bool:
    return isinstance(event, events.FileStored | events.FileRejected)
