"""The origin of events as JSON, the same for all events that a command led to."""

import json
from datetime import datetime
from uuid import UUID

from domain.ports.event_store import Origin
from domain.values import CommandId, ContactId


def written(origin: Origin) -> bytes:
    """Give the JSON of an origin."""
    meta = {
        "command_id": str(origin.command_id),
        "time": origin.at.isoformat(),
        "contact_id": str(origin.contact_id),
        "correlation_id": origin.correlation_id,
    }
    if origin.traceparent is not None:
        meta["traceparent"] = origin.traceparent
    return json.dumps(meta, separators=(",", ":")).encode()


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
