"""The origin of events as JSON, for the peer: it has one column for everything."""

import json
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from domain.ports.event_store import Origin
from domain.values import CommandId, ContactId

_QUOTED: Callable[[str], str] = json.encoder.encode_basestring_ascii


def written(origin: Origin) -> bytes:
    """Give the JSON of an origin. Ids and times need no escaping, what others sent does."""
    trace = "" if origin.traceparent is None else f',"traceparent":{_QUOTED(origin.traceparent)}'
    return (
        f'{{"command_id":"{origin.command_id}","time":"{origin.at.isoformat()}",'
        f'"contact_id":"{origin.contact_id}",'
        f'"correlation_id":{_QUOTED(origin.correlation_id)}{trace}}}'
    ).encode()


def read(meta: bytes) -> Origin:
    """Give the origin back."""
    members = json.loads(meta)
    return Origin(
        command_id=CommandId(UUID(members["command_id"])),
        at=datetime.fromisoformat(members["time"]),
        contact_id=ContactId(UUID(members["contact_id"])),
        correlation_id=members["correlation_id"],
        traceparent=members.get("traceparent"),
    )
