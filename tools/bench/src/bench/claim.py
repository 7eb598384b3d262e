"""The workload: people who report a damage, with everything that a real run puts into the topic.

Each person sends ten messages along `flows/claim.yaml`, one of them a wrong answer and one a photo.
Each reply of ours is followed by what the sender says of it and by the platform's three statuses;
the file and the calls to the CRM have their outcomes too: 54 commands a person, of which the ten
statuses `sent` decide nothing because the sender was faster.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from aiokafka.partitioner import murmur2

from domain import codec, commands, values
from domain.commands import Command
from domain.messages import InboundChoice, InboundMedia, InboundMessage, InboundText
from domain.topics import PARTITIONS
from streaming.cloudevents import CloudEvent, encode

NUMBER = "106540352242922"
COMMANDS_A_PERSON = 54
EVENTS_A_PERSON = 66
MIX = (
    "10 message.receive, 10 reply.record-sent, 30 delivery-status.record (sent, delivered, read),"
    " 1 file.record-stored, 3 crm.record a person"
)
_ARRIVALS_S = 600.0
"""People begin within so many seconds, so that all stages of the conversation are under way."""


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A record of session-commands, with the partition that its writer chooses."""

    at: datetime
    partition: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person's conversation is kept."""

    contact: values.ContactId
    session: values.SessionId


def workload(
    people: int, *, begin: datetime, seed: int = 4, first: int = 0
) -> Sequence[CommandRecord]:
    """Give the commands of so many people, interleaved as they come in; `first` tells them apart.

    The same arguments give the same bytes.
    """
    chance = random.Random(seed)  # noqa: S311 not a secret
    return _interleaved(
        _Claimant(number, begin, chance).conversation() for number in range(first, first + people)
    )


def continued(
    people: Mapping[int, Place], turns: range, *, begin: datetime, seed: int = 4
) -> Sequence[CommandRecord]:
    """Give these turns of people whose earlier ones are stored already, under these ids."""
    chance = random.Random(seed)  # noqa: S311 not a secret
    return _interleaved(
        _Claimant(number, begin, chance, place).conversation(turns)
        for number, place in people.items()
    )


def partition_of(number: int) -> int:
    """Give the partition to which ingress writes what this person sends."""
    hashed: int = murmur2(_key(number))
    return (hashed & 0x7FFFFFFF) % PARTITIONS


def counts(records: Sequence[CommandRecord]) -> list[int]:
    """Count the records of each partition."""
    counted = [0] * PARTITIONS
    for record in records:
        counted[record.partition] += 1
    return counted


def _interleaved(conversations: Iterable[Iterator[CommandRecord]]) -> list[CommandRecord]:
    return sorted(chain.from_iterable(conversations), key=lambda record: record.at)


def _key(number: int) -> bytes:
    return f"{NUMBER}/{wa_id_of(number)}".encode()


def wa_id_of(number: int) -> str:
    """Give the phone number of a person."""
    return f"1555{number:08}"


def user_id_of(number: int) -> str:
    """Give the business-scoped id of a person."""
    return f"US.{number:015}"


def name_of(number: int) -> str:
    """Give the name that WhatsApp shows of a person."""
    return f"Ana Pérez the {number}th"


class _Claimant:
    """One person; everything about them follows from their number."""

    def __init__(
        self, number: int, begin: datetime, chance: random.Random, place: Place | None = None
    ) -> None:
        self._wa_id, self._user_id = wa_id_of(number), user_id_of(number)
        self._name = name_of(number)
        self._policy = f"ab-{number % 1_000_000:06}"
        self._key = _key(number)
        self._partition = partition_of(number)
        self._chance = chance
        self._now = begin + timedelta(seconds=chance.uniform(0, _ARRIVALS_S))
        self._trace = f"00-{chance.getrandbits(128):032x}-{chance.getrandbits(64):016x}-01"
        opening = values.command_id(commands.ReceiveMessage.TYPE, NUMBER, self._wamid(1))
        self._opening = opening
        place = place or Place(values.contact_id(opening), values.session_id(opening))
        self._contact, self._session = place.contact, place.session

    def conversation(self, turns: range = range(1, 11)) -> Iterator[CommandRecord]:
        """Give all that is said and recorded in these turns, not yet in order."""
        messages = self._messages()
        for turn in turns:
            message = messages[turn - 1]
            self._now += timedelta(seconds=self._chance.uniform(4, 30))
            yield self._message(turn, message)
            yield from self._reply(turn)
            if turn == 1:
                yield self._crm(values.event_id(self._opening, 1))
            if isinstance(message, InboundMedia):
                yield from self._file(turn)
            if turn == len(messages):
                yield self._crm(values.event_id(self._command(turn), 3))

    def _messages(self) -> tuple[InboundMessage, ...]:
        photo = InboundMedia(
            type="image",
            media_id=f"{self._chance.randrange(10**16):016}",
            mime_type="image/jpeg",
            sha256="n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
            caption="under the sink",
        )
        day = f"{self._now - timedelta(days=1 + self._chance.randrange(300)):%Y-%m-%d}"
        story = "A pipe under the sink broke, and the whole kitchen is flooded since this morning."
        return (
            InboundText(text="Hi, a pipe broke!"),
            InboundText(text=self._name),
            InboundText(text="I don't have it at hand"),
            InboundText(text=self._policy),
            InboundChoice(type="button_reply", id="damage:water", title="Water"),
            InboundText(text=day),
            photo,
            InboundChoice(type="button_reply", id="evidence:done", title="Done"),
            InboundText(text=story),
            InboundChoice(type="button_reply", id="confirm:yes", title="Yes, file it"),
        )

    def _wamid(self, turn: int) -> str:
        return f"wamid.HBgM{self._wa_id}FQIAEhggQUM2NTBENkFFNjYx{turn:06}AA=="

    def _command(self, turn: int) -> values.CommandId:
        return values.command_id(commands.ReceiveMessage.TYPE, NUMBER, self._wamid(turn))

    def _message(self, turn: int, message: InboundMessage) -> CommandRecord:
        wamid = self._wamid(turn)
        said = commands.IncomingMessage(
            wamid=wamid,
            from_=self._wa_id,
            user_id=self._user_id,
            name=self._name,
            message=message,
        )
        command = commands.ReceiveMessage(
            phone_number_id=NUMBER,
            message_id=values.message_id(wamid),
            received_at=self._now.replace(microsecond=0),
            personal=said,
        )
        return self._from_ingress(command, 0.0, wamid)

    def _reply(self, turn: int) -> Iterator[CommandRecord]:
        reply, wamid = values.reply_id(self._command(turn), 1), self._wamid(500 + turn)
        accepted = commands.Acceptance(wamid=wamid, wa_id=self._wa_id, user_id=self._user_id)
        sent = commands.RecordReplySent(
            contact_id=self._contact,
            session_id=self._session,
            reply_id=reply,
            personal=accepted,
        )
        yield self._answer("sender", sent, 0.15, self._command(turn), str(reply))
        subject = commands.StatusSubject(wamid=wamid, recipient=self._wa_id, user_id=self._user_id)
        for status, later in (("sent", 0.2), ("delivered", 0.35), ("read", 0.95)):
            command = commands.RecordDeliveryStatus(
                phone_number_id=NUMBER,
                status=status,
                at=(self._now + timedelta(seconds=later)).replace(microsecond=0),
                reply_id=reply,
                personal=subject,
            )
            yield self._from_ingress(command, later, wamid, status)

    def _file(self, turn: int) -> Iterator[CommandRecord]:
        file = values.file_id(values.message_id(self._wamid(turn)), 0)
        stored = commands.RecordFileStored(
            contact_id=self._contact,
            session_id=self._session,
            file_id=file,
            bucket="whatsapp-agent-files",
            key=f"{self._contact}/{self._session}/{file}.jpg",
            size=234_567,
            mime_type="image/jpeg",
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        )
        yield self._answer("file-manager", stored, 0.5, self._command(turn), str(file))
        command = values.command_id(stored.TYPE, str(file))
        yield self._crm(values.event_id(command, 1), later=0.8)

    def _crm(self, event: values.EventId, later: float = 0.3) -> CommandRecord:
        told = commands.RecordCrm(
            contact_id=self._contact,
            session_id=self._session,
            event_id=event,
            crm="webhook",
            outcome="notified",
        )
        return self._answer("crm-notifier", told, later, self._opening, "webhook", str(event))

    def _from_ingress(self, command: Command, later: float, *about: str) -> CommandRecord:
        identity = values.command_id(command.TYPE, NUMBER, *about)
        event = CloudEvent(
            id=str(identity),
            type=command.TYPE,
            source="ingress",
            time=self._now + timedelta(seconds=later),
            data=codec.encode(command),
            correlation_id=str(identity),
            traceparent=self._trace,
        )
        return self._record(event, self._key)

    def _answer(
        self, source: str, command: Command, later: float, cause: values.CommandId, *about: str
    ) -> CommandRecord:
        event = CloudEvent(
            id=str(values.command_id(command.TYPE, *about)),
            type=command.TYPE,
            source=source,
            time=self._now + timedelta(seconds=later),
            data=codec.encode(command),
            subject=str(self._session),
            correlation_id=str(cause),
            causation_id=str(values.event_id(cause, 1)),
            traceparent=self._trace,
        )
        return self._record(event, str(self._contact).encode())

    def _record(self, event: CloudEvent, key: bytes) -> CommandRecord:
        return CommandRecord(event.time, self._partition, key, event.data, encode(event))
