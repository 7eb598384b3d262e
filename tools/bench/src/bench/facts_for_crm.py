"""Events that a CRM is told of, as session-core publishes them, and whether it was told rightly."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from bench.claim import NUMBER, CommandRecord
from domain import codec
from domain.events import Outcome, SessionCompleted, SessionInitiated
from domain.topics import PARTITIONS
from domain.values import ContactId, SessionId
from streaming.cloudevents import CloudEvent, encode

SESSIONS_A_PERSON = 5
EVENTS_A_PERSON = 2 * SESSIONS_A_PERSON
_ANSWERS = {
    "name": "Ana Lima",
    "policy": "PL-204417",
    "damage": "water",
    "when": "2026-11-24",
    "what": "The washing machine ran over, and the floor of the kitchen is damaged.",
}


def told_events(people: int, *, at: datetime, first: int = 0) -> list[CommandRecord]:
    """Let so many people have their sessions, all beginning before any is completed."""
    return [
        _record(number, turn, at)
        for turn in range(EVENTS_A_PERSON)
        for number in range(first, first + people)
    ]


def misplaced_facts(bodies: Iterable[bytes], expected: int) -> str | None:
    """Say what is wrong with what a CRM was told: events lost, doubled or out of order."""
    turns: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for body in bodies:
        said = json.loads(body)
        turns[said["data"]["contact_id"]].append((said["type"], said["data"]["session_id"]))
    count = sum(map(len, turns.values()))
    if count != expected:
        return f"the CRM was told of {count} events instead of {expected}"
    if any(len(set(of_one)) != EVENTS_A_PERSON for of_one in turns.values()):
        return "the CRM was told of something twice"
    kinds = ["session.initiated", "session.completed"] * SESSIONS_A_PERSON
    if any([kind for kind, _ in of_one] != kinds for of_one in turns.values()):
        return "the CRM was told of a person's events out of order"
    return None


def _record(number: int, turn: int, at: datetime) -> CommandRecord:
    contact = ContactId(_id("contact", number))
    event = _event(contact, SessionId(_id("session", number, turn // 2)), ends=bool(turn % 2))
    envelope = CloudEvent(
        id=str(_id("event", number, turn)),
        type=event.TYPE,
        source="session-core",
        time=at,
        data=codec.encode(event),
    )
    headers = list(encode(envelope))
    return CommandRecord(at, number % PARTITIONS, str(contact).encode(), envelope.data, headers)


def _event(
    contact: ContactId, session: SessionId, *, ends: bool
) -> SessionInitiated | SessionCompleted:
    if ends:
        return SessionCompleted(
            contact_id=contact,
            session_id=session,
            phone_number_id=NUMBER,
            flow="claim",
            outcome="completed",
            personal=Outcome(answers=_ANSWERS),
        )
    return SessionInitiated(
        contact_id=contact,
        session_id=session,
        phone_number_id=NUMBER,
        flow="claim",
        flow_version="f3a1",
        trigger="message",
    )


def _id(*named: object) -> UUID:
    return uuid5(NAMESPACE_OID, " ".join(map(str, named)))
