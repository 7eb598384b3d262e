"""What is appended to a store of events: people, their names, what they say."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

from domain.ports.event_store import AliasKey, Append, NewAlias, NewEvent, NewSession, Origin
from domain.values import NAMESPACE, CommandId, ContactId, EventId, SessionId

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA = ContactId(uuid5(NAMESPACE, "ana"))
BEN = ContactId(uuid5(NAMESPACE, "ben"))
TALK = SessionId(uuid5(NAMESPACE, "talk"))
LATER_TALK = SessionId(uuid5(NAMESPACE, "later talk"))
ANAS_PHONE = AliasKey("106540352242922", "wa:15550001111")
ANAS_USER_ID = AliasKey("106540352242922", "bsuid:US.1")


def happened(stream: UUID, version: int, who: ContactId = ANA) -> NewEvent:
    origin = Origin(
        CommandId(uuid5(stream, f"command-{version}")), NOON, who, "correlation", "00-trace-01"
    )
    identity = EventId(uuid5(stream, str(version)))
    return NewEvent(stream, version, identity, "session.initiated.v1", b'{"flow":"pet"}', origin)


def begun(who: ContactId, name: AliasKey, *, shard: int = 0, offset: int = 0) -> Append:
    return Append(
        shard=shard,
        epoch=1,
        offset=offset,
        next_offset=offset + 1,
        events=[happened(who, 1, who)],
        aliases=[NewAlias(name, who)],
    )


def talking(talk: SessionId, version: int, *, offset: int, shard: int = 0) -> Append:
    opened = [NewSession(talk, ANA, NOON, 1)]
    events = [happened(talk, version)]
    return Append(shard, 1, offset, offset + 1, events=events, sessions=opened)
