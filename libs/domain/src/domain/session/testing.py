"""A specification that reads aloud: given what happened, when this is asked, then that is true."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from domain import commands, events
from domain.messages import (
    InboundChoice,
    InboundFlowReply,
    InboundMedia,
    InboundMessage,
    InboundText,
    OutboundButtons,
    OutboundFlow,
    OutboundList,
    OutboundMessage,
)
from domain.session.deciding import decide
from domain.session.flows.book import FlowBook
from domain.session.person import NOBODY, Occasion, Person, evolve
from domain.session.state import InteractiveSession
from domain.session.timers import deadlines
from domain.values import ContactId, TimerKind, command_id, message_id, timer_id

NUMBER = "106540352242922"
ANA = "15550001111"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOST_TIMERS = 1000
"""Timers that fire while time passes once; more would never end."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A conversation so far, and what the latest command led to."""

    flows: FlowBook
    person: Person = NOBODY
    now: datetime = NOON
    turn: int = 0
    happened: tuple[events.Event, ...] = ()
    log: tuple[tuple[events.Event, Occasion], ...] = ()

    def hears(self, message: str | InboundMessage, *, wamid: str | None = None) -> "Spoken":
        """Let Ana send a message, a minute later."""
        command = self.message(message, wamid=wamid)
        return self.asked(command, id_of=(command.personal.wamid,))

    def message(
        self, message: str | InboundMessage, *, wamid: str | None = None
    ) -> commands.ReceiveMessage:
        """Return the command for Ana's next message."""
        name = wamid or f"wamid.{self.turn + 1}"
        typed = InboundText(text=message) if isinstance(message, str) else message
        return commands.ReceiveMessage(
            phone_number_id=NUMBER,
            message_id=message_id(name),
            received_at=self.now + timedelta(minutes=1),
            personal=commands.IncomingMessage(wamid=name, from_=ANA, name="Ana", message=typed),
        )

    def asked(self, command: commands.Command, *, id_of: tuple[str, ...] = ()) -> "Spoken":
        """Decide on a command; `id_of` says what makes it the same command again."""
        parts = id_of or (str(self.turn + 1),)
        return self._decided(command, self.now + timedelta(minutes=1), parts)

    def taps(self, title: str) -> "Spoken":
        """Let Ana tap the newest button or row with this title."""
        for message in reversed([*self._said()]):
            for choice in taps_under(message):
                if choice.title == title:
                    return self.hears(choice)
        raise AssertionError(f"nothing to tap is called {title}")

    def sends_file(self, mime_type: str = "image/jpeg") -> "Spoken":
        """Let Ana send a file, as a document where it is neither image, video nor audio."""
        kinds: Mapping[str, Literal["image", "video", "audio"]]
        kinds = {"image": "image", "video": "video", "audio": "audio"}
        kind = kinds.get(mime_type.partition("/")[0], "document")
        return self.hears(
            InboundMedia(type=kind, media_id=f"media-{self.turn}", mime_type=mime_type)
        )

    def fills_in(self, *, token: str | None = None, **fields: Any) -> "Spoken":
        """Let Ana send the newest form, or one with another token."""
        forms = [one.token for one in self._said() if isinstance(one, OutboundFlow)]
        return self.hears(InboundFlowReply(flow_token=token or forms[-1], response=fields))

    def after(self, span: timedelta) -> "Spoken":
        """Let time pass; timers fire as they come due, and all that follows has happened then."""
        end, spoken = self.now + span, self
        happened: tuple[events.Event, ...] = ()
        for _ in range(MOST_TIMERS):
            due = min(((at, kind) for kind, at in spoken.deadlines.items()), default=None)
            if due is None or due[0] > end:
                return replace(spoken, now=end, happened=happened)
            spoken = spoken.fires(due[1], due[0], at=max(due[0], spoken.now))
            happened += spoken.happened
        raise AssertionError("timers fire without end")

    def is_down_until(self, at: datetime) -> "Spoken":
        """Let time pass in which nothing is decided; what is asked then is decided at its end."""
        return replace(self, now=at, happened=())

    def fires(
        self, kind: TimerKind, due_at: datetime | None = None, *, at: datetime | None = None
    ) -> "Spoken":
        """Fire a timer, at the end of its span unless said otherwise, and as late as `at`."""
        due = due_at or self.deadlines[kind]
        session = self.session
        command = commands.FireTimer(
            contact_id=self._contact,
            session_id=session.session_id,
            timer_id=timer_id(session.session_id, kind, due),
            kind=kind,
            due_at=due,
        )
        return self._decided(command, at or max(due, self.now), (str(self.turn + 1),))

    def is_told(
        self, outcome: Literal["found", "not-found", "failed"] = "found", **data: Any
    ) -> "Spoken":
        """Let the other service answer what it was asked last."""
        return self.asked(self.finding(outcome, **data))

    def finding(
        self, outcome: Literal["found", "not-found", "failed"] = "found", **data: Any
    ) -> commands.RecordLookup:
        """Return the other service's answer to what it was asked last."""
        asked = [one for one, _ in self.log if isinstance(one, events.LookupRequested)][-1]
        return commands.RecordLookup(
            contact_id=asked.contact_id,
            session_id=asked.session_id,
            lookup_id=asked.lookup_id,
            outcome=outcome,
            personal=commands.Found(data=data),
        )

    def is_handed_off(self, team: str | None = None) -> "Spoken":
        """Let an operator take the session over."""
        return self.asked(
            commands.HandOffSession(
                contact_id=self._contact,
                session_id=self.session.session_id,
                team=team,
                personal=commands.HandOffNote(),
            )
        )

    def is_released(self) -> "Spoken":
        """Let the colleague give the session back to the bot."""
        return self.asked(
            commands.ReleaseSession(contact_id=self._contact, session_id=self.session.session_id)
        )

    def is_begun(self, flow: str, *, language: str | None = None, **variables: Any) -> "Spoken":
        """Let the business begin a flow."""
        return self.asked(
            commands.InitiateSession(
                phone_number_id=NUMBER,
                flow=flow,
                language=language,
                personal=commands.Addressee(to=ANA, variables=variables or None),
            )
        )

    def with_flows(self, sources: Mapping[str, str]) -> "Spoken":
        """Let the flows be others from now on; sessions stay on the versions that they are in."""
        older = [flow.source for flow in self.flows.versions.values()]
        return replace(self, flows=FlowBook.of(sources, older))

    def _decided(self, command: commands.Command, at: datetime, parts: tuple[str, ...]) -> "Spoken":
        occasion = Occasion(command_id(command.TYPE, *parts), at)
        happened = decide(self.person, command, occasion, self.flows)
        person = self.person
        for event in happened:
            person = evolve(person, event, occasion)
        log = (*self.log, *((event, occasion) for event in happened))
        return Spoken(self.flows, person, at, self.turn + 1, tuple(happened), log)

    def _said(self) -> Iterator[OutboundMessage]:
        for event, _ in self.log:
            if isinstance(event, events.ReplyRequested):
                yield event.personal.message

    @property
    def _contact(self) -> ContactId:
        assert self.person.contact_id is not None  # noqa: S101  # what a test gets wrong
        return self.person.contact_id

    @property
    def session(self) -> InteractiveSession:
        """The newest session."""
        return [*self.person.sessions.values()][-1]

    @property
    def deadlines(self) -> Mapping[TimerKind, datetime]:
        """Until when the newest session waits for what."""
        session = self.session
        return deadlines(session, self.flows.of_session(session.flow, session.flow_version))

    @property
    def types(self) -> list[str]:
        """The types of what the latest command led to."""
        return [event.TYPE for event in self.happened]

    @property
    def replies(self) -> list[OutboundMessage]:
        """What Ana is told after the latest command."""
        return [
            event.personal.message
            for event in self.happened
            if isinstance(event, events.ReplyRequested)
        ]

    @property
    def words(self) -> str:
        """The words of all that Ana is told after the latest command."""
        spoken = (getattr(message, "text", None) for message in self.replies)
        return "\n\n".join(text for text in spoken if text)


@dataclass(frozen=True, slots=True)
class Given:
    """Flows by file name, as an author would write them."""

    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def flow(cls, steps: str, head: str = "", **others: str) -> "Given":
        """Begin with one flow, `shop`, of these steps, and others by name."""
        begins = {"shop": "{default: true}", **dict.fromkeys(others, "{}")}
        written = {"shop": head + "\nsteps:\n" + steps, **others}
        return cls(
            {
                f"{name}.yaml": f"name: {name}\ntitle: A {name}\n"
                + ("" if "triggers:" in text else f"triggers: {begins[name]}\n")
                + text
                for name, text in written.items()
            }
        )

    def nobody(self) -> Spoken:
        """Begin with somebody who never wrote."""
        return Spoken(FlowBook.of(self.sources))


def taps_under(message: OutboundMessage) -> Iterator[InboundChoice]:
    """Yield what a person can tap under a message, as it comes back then."""
    match message:
        case OutboundButtons(buttons=buttons):
            for one in buttons:
                yield InboundChoice(type="button_reply", id=one.id, title=one.title)
        case OutboundList(rows=rows):
            for row in rows:
                yield InboundChoice(type="list_reply", id=row.id, title=row.title)
        case _:
            return
