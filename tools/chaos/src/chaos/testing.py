"""For tests: a world to be told what was written down and what was stored."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from chaos.facts import Facts
from chaos.platform import Platform
from chaos.store import Shard, Stored
from chaos.topic import Record
from domain.values import message_id

CONTACT = str(UUID(int=1))
STREAM = UUID(int=2)
PHOTO = hashlib.sha256(b"photo")
WAMID = "wamid.one"
NUMBER = "106540352242922"


@dataclass
class World:
    """What the platform wrote down and what the system stored, in order."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    events: list[Stored] = field(default_factory=list)

    def line(self, what: str, **details: Any) -> None:
        """Let the platform write down one more line, a second after the last."""
        self.lines.append({"what": what, "at": float(len(self.lines)), **details})

    def event(self, kind: str, *, stream: UUID = STREAM, shard: int = 0, **data: Any) -> str:
        """Store one more event; return its id."""
        version = sum(event.stream == stream for event in self.events) + 1
        sequence = sum(event.shard == shard for event in self.events) + 1
        identity = uuid5(stream, f"{shard} {version} {len(self.events)}")
        self.events.append(
            Stored(
                shard=shard,
                sequence=sequence,
                stream=stream,
                version=version,
                id=identity,
                type=f"{kind}.v1",
                digest=f"{identity}".encode(),
                recorded_at=datetime(2026, 11, 26, tzinfo=UTC),
                fields={"contact_id": CONTACT, **data},
            )
        )
        return str(identity)

    def says(self, wamid: str, *, by: str = "ana", way: str = "in-turn", **message: Any) -> None:
        """Let somebody write, the business answer, and the system store it."""
        self.writes(wamid, by=by, way=way, **message)
        self.line("answered", lane=by, wamid=wamid, shown="both")
        self.event("message.received", message_id=str(message_id(wamid)))

    def writes(self, wamid: str, *, by: str = "ana", way: str = "in-turn", **message: Any) -> None:
        """Let somebody write."""
        content = message or {"type": "text", "text": {"body": "hi"}}
        self.line("taken", lane=by, way=way, wamid=wamid, shown="both", message=content)

    def facts(self) -> Facts:
        """Return the system's side."""
        facts = Facts()
        facts.add(self.events)
        return facts

    def platform(self) -> Platform:
        """Return the platform's side."""
        platform = Platform()
        platform.add(self.lines)
        return platform

    def records(self) -> list[Record]:
        """Return the topic as it has to be."""
        return [record_of(event) for event in self.events]

    def shards(self) -> list[Shard]:
        """Return the shards as they have to count."""
        last = Counter(event.shard for event in self.events)
        return [Shard(shard, count, 0) for shard, count in last.items()]


def record_of(event: Stored, **change: str) -> Record:
    """Return the record of an event, with headers changed."""
    headers = {
        "ce_id": str(event.id),
        "ce_sequence": str(event.sequence),
        "ce_type": event.type,
        "ce_subject": str(event.stream),
        "ce_streamversion": str(event.version),
    }
    return Record(event.shard, CONTACT, {**headers, **change}, event.digest, 0)


def without(events: Iterable[Stored], kind: str) -> list[Stored]:
    """Leave out all events of one kind."""
    return [event for event in events if event.type != f"{kind}.v1"]
