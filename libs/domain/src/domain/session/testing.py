"""A specification that reads aloud: given what happened, when this is asked, then that is true."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from domain import commands, events
from domain.messages import InboundMessage, InboundText, OutboundMessage
from domain.session.deciding import decide
from domain.session.flows.book import FlowBook
from domain.session.person import NOBODY, Occasion, Person, evolve
from domain.values import command_id, message_id

NUMBER = "106540352242922"
ANA = "15550001111"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


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
        now = self.now + timedelta(minutes=1)
        parts = id_of or (str(self.turn + 1),)
        occasion = Occasion(command_id(command.TYPE, *parts), now)
        happened = decide(self.person, command, occasion, self.flows)
        person = self.person
        for event in happened:
            person = evolve(person, event, occasion)
        log = (*self.log, *((event, occasion) for event in happened))
        return Spoken(self.flows, person, now, self.turn + 1, tuple(happened), log)

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

    def nobody(self) -> Spoken:
        """Begin with somebody who never wrote."""
        return Spoken(FlowBook.of(self.sources))
