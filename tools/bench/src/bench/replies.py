"""Requests for replies as session-core publishes them, and whether a platform got them rightly."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from bench.claim import NUMBER, CommandRecord, wa_id_of
from domain import codec
from domain.events import OutgoingReply, ReplyRequested
from domain.messages import OutboundText
from domain.topics import PARTITIONS
from domain.values import ContactId, ReplyId, SessionId
from streaming.cloudevents import CloudEvent, encode

REPLIES_A_PERSON = 10
_WORDS = "Thank you. What is the number of your policy? You find it on your last letter from us."


def requests(people: int, *, at: datetime, first: int = 0) -> list[CommandRecord]:
    """Ask for the replies of so many people, turn by turn."""
    return [
        _request(number, turn, at)
        for turn in range(REPLIES_A_PERSON)
        for number in range(first, first + people)
    ]


def misplaced(bodies: Iterable[bytes], expected: int) -> str | None:
    """Say what is wrong with what a platform got: replies lost, doubled or out of order."""
    turns: dict[str, list[int]] = defaultdict(list)
    for body in bodies:
        said = json.loads(body)
        turns[said["to"]].append(int(said["text"]["body"].partition(".")[0]))
    count = sum(map(len, turns.values()))
    if count != expected:
        return f"{count} replies came instead of {expected}"
    if any(of_one != list(range(REPLIES_A_PERSON)) for of_one in turns.values()):
        return "somebody's replies came doubled, or out of order"
    return None


def _request(number: int, turn: int, at: datetime) -> CommandRecord:
    contact = ContactId(uuid5(NAMESPACE_OID, f"contact {number}"))
    reply = ReplyId(uuid5(NAMESPACE_OID, f"reply {number} {turn}"))
    event = ReplyRequested(
        contact_id=contact,
        session_id=SessionId(uuid5(NAMESPACE_OID, f"session {number}")),
        reply_id=reply,
        phone_number_id=NUMBER,
        window_expires_at=at + timedelta(hours=20),
        kind="text",
        personal=OutgoingReply(to=wa_id_of(number), message=OutboundText(text=f"{turn}. {_WORDS}")),
    )
    envelope = CloudEvent(
        id=str(uuid5(NAMESPACE_OID, f"event {number} {turn}")),
        type=event.TYPE,
        source="session-core",
        time=at,
        data=codec.encode(event),
    )
    headers = list(encode(envelope))
    return CommandRecord(at, number % PARTITIONS, str(contact).encode(), envelope.data, headers)


def lines(bodies: bytes) -> Sequence[bytes]:
    """Give the bodies of calls, which the stub writes one a line."""
    return bodies.split(b"\n") if bodies else []
