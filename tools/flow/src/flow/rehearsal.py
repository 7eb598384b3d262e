"""A conversation without services: the engine, one person, and a clock that is told what it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from domain import commands, events
from domain.messages import Context, InboundMessage, OutboundMessage, Referral
from domain.session import NOBODY, FlowBook, Occasion, Person, deadlines, decide, evolve
from domain.session.state import InteractiveSession
from domain.values import (
    CommandId,
    ContactId,
    TimerKind,
    command_id,
    contact_id,
    message_id,
    timer_id,
)
from flow.saying import reached
from flow.transcript import Somebody
from flow.visiting import Visits

NUMBER = "106540352242922"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOST_TIMERS = 10_000
"""That fire while time passes once; more is a flow that never comes to rest."""


class NeverRests(Exception):
    """Timers fire and fire, and time does not pass."""


class NoSession(Exception):
    """Nobody is in a session, so that nothing can be done to one."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message that reached the person, and the question that it asked."""

    step: str | None
    message: OutboundMessage
    wamid: str


@dataclass(slots=True)
class Rehearsal:
    """One person and us. Replies go out as soon as they are asked for; the window is minded."""

    flows: FlowBook
    who: Somebody = field(default_factory=Somebody)
    now: datetime = NOON
    number: str = NUMBER
    person: Person = NOBODY
    log: list[tuple[events.Event, Occasion]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    files: list[events.FileUploaded] = field(default_factory=list)
    """Of which nobody has said yet what became of them."""
    visits: Visits | None = None
    """Learns where the conversation goes, if the flows are watched."""
    _count: int = 0

    def __post_init__(self) -> None:
        """Know the person's language, where they have chosen one before."""
        if self.who.language is None:
            return
        occasion = Occasion(command_id("rehearsal", self.who.phone), self.now)
        who = contact_id(occasion.command_id)
        identity = events.Identity(from_=self.who.phone, name=self.who.name)
        for event in (
            events.ContactIdentified(
                contact_id=who, phone_number_id=self.number, personal=identity
            ),
            events.ContactLanguageChosen(
                contact_id=who, language=self.who.language, source="operator"
            ),
        ):
            self.person = evolve(self.person, event, occasion)

    @property
    def contact_id(self) -> ContactId:
        """The person's id. Raises NoSession while they are nobody."""
        if self.person.contact_id is None:
            raise NoSession("nobody has written yet")
        return self.person.contact_id

    def hears(
        self,
        message: InboundMessage,
        *,
        referral: Referral | None = None,
        context: Context | None = None,
        wamid: str | None = None,
        at: datetime | None = None,
        cause: CommandId | None = None,
    ) -> None:
        """Let the person send a message: now, or by their phone's clock at another time."""
        name = wamid or f"wamid.in.{self._next()}"
        incoming = commands.IncomingMessage(
            wamid=name,
            from_=self.who.phone,
            user_id=f"US.{self.who.phone}",
            name=self.who.name,
            message=message,
            referral=referral,
            context=context,
        )
        self.decides(
            commands.ReceiveMessage(
                phone_number_id=self.number,
                message_id=message_id(name),
                received_at=at or self.now,
                personal=incoming,
            ),
            cause,
        )

    def begins(
        self,
        flow: str,
        variables: Mapping[str, object],
        language: str | None = None,
        cause: CommandId | None = None,
    ) -> None:
        """Begin a conversation as the business. Raises UnknownFlow."""
        addressee = commands.Addressee(to=self.who.phone, variables=dict(variables) or None)
        self.decides(
            commands.InitiateSession(
                phone_number_id=self.number, flow=flow, language=language, personal=addressee
            ),
            cause,
        )

    def passes(self, span: timedelta) -> None:
        """Let time pass, and what becomes due meanwhile happen in its order."""
        until = self.now + span
        fired = set[tuple[TimerKind, datetime]]()
        while due := self._due(until, fired):
            if len(fired) >= MOST_TIMERS:
                raise NeverRests(f"{MOST_TIMERS} timers within {span}")
            fired.add(due)
            self.now = max(self.now, due[1])
            self._fire(*due)
        self.now = until

    def is_due_within(self, span: timedelta) -> bool:
        """Say whether anything would happen by itself within this time."""
        return self._due(self.now + span, set()) is not None

    def decides(self, command: commands.Command, cause: CommandId | None = None) -> None:
        """Let the command have its effect, and all replies go out.

        `cause` is its id where it is a command of the past: ids of what it leads to follow.
        """
        occasion = Occasion(cause or command_id(command.TYPE, str(self._next())), self.now)
        before = self.person.open_session
        happened = decide(self.person, command, occasion, self.flows)
        for event in happened:
            self.person = evolve(self.person, event, occasion)
        self._note(before, happened)
        self.log += [(event, occasion) for event in happened]
        for event in happened:
            match event:
                case events.ReplyRequested():
                    self._send(event)
                case events.FileUploaded():
                    self.files.append(event)
                case _:
                    pass

    def open_session(self) -> InteractiveSession:
        """Return the open session. Raises NoSession."""
        session = self.person.open_session
        if session is None:
            raise NoSession("there is no open session")
        return session

    def _note(self, before: InteractiveSession | None, happened: list[events.Event]) -> None:
        if self.visits is None:
            return
        sessions = [*self.person.sessions.values()]
        session = self.person.open_session or (sessions[-1] if sessions else None)
        if session is not None:
            flow = self.flows.of_session(session.flow, session.flow_version)
            self.visits.note(flow, before, happened)

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _due(
        self, until: datetime, fired: set[tuple[TimerKind, datetime]]
    ) -> tuple[TimerKind, datetime] | None:
        session = self.person.open_session
        if session is None:
            return None
        flow = self.flows.of_session(session.flow, session.flow_version)
        waited_for = deadlines(session, flow).items()
        due = [one for one in waited_for if one[1] <= until and one not in fired]
        return min(due, key=lambda one: one[1], default=None)

    def _fire(self, kind: TimerKind, due_at: datetime) -> None:
        session = self.open_session()
        self.decides(
            commands.FireTimer(
                contact_id=self.contact_id,
                session_id=session.session_id,
                timer_id=timer_id(session.session_id, kind, due_at),
                kind=kind,
                due_at=due_at,
            )
        )

    def _send(self, asked: events.ReplyRequested) -> None:
        """Do as sender does: keep to the window, and say what came of it."""
        message = reached(asked, self.now)
        if message is None:
            self.decides(
                commands.RecordReplyFailed(
                    contact_id=asked.contact_id,
                    session_id=asked.session_id,
                    reply_id=asked.reply_id,
                    reason="window-closed",
                )
            )
            return
        wamid = f"wamid.out.{self._next()}"
        self.said.append(Said(asked.step, message, wamid))
        self.decides(
            commands.RecordReplySent(
                contact_id=asked.contact_id,
                session_id=asked.session_id,
                reply_id=asked.reply_id,
                fallback=True if message is asked.personal.fallback else None,
                personal=commands.Acceptance(wamid=wamid, wa_id=self.who.phone),
            )
        )
