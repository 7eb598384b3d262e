"""What the workload leads to, decided in memory: domain objects with their place in a stream."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bench.claim import CommandRecord
from domain.codec import decode_event, encode
from domain.events import Event
from domain.ports.command_source import Delivery
from domain.ports.event_store import NewEvent, Origin
from domain.values import EventId
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.app import flow_sources
from session_core.use_cases.batch import draft
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.knowledge import Knowledge
from session_core.use_cases.parsing import parse


@dataclass(frozen=True, slots=True)
class Fact:
    """An event as an object, with what its row needs beside it."""

    stream_id: UUID
    version: int
    event_id: EventId
    event: Event
    origin: Origin

    def stored(self) -> NewEvent:
        """Encode it, as the service does for each event that it decides."""
        return NewEvent(
            self.stream_id,
            self.version,
            self.event_id,
            self.event.TYPE,
            encode(self.event),
            self.origin,
        )


async def facts(records: Sequence[CommandRecord], flows: Path) -> list[Fact]:
    """Decide the commands in order, as if one shard had them all."""
    shelf = FlowShelf(flow_sources(flows), MemoryFlowArchive())
    await shelf.open()
    requests = [
        parse(Delivery(0, offset, record.key, record.value, record.headers))
        for offset, record in enumerate(records)
    ]
    drafted = draft(0, requests, Knowledge(), shelf.book)
    return [_fact(event) for event in drafted.events]


def by_person(decided: Sequence[Fact]) -> Mapping[UUID, list[Fact]]:
    """Group what happened by the contact that it happened to."""
    people: dict[UUID, list[Fact]] = {}
    for fact in decided:
        people.setdefault(fact.origin.contact_id, []).append(fact)
    return people


def _fact(event: NewEvent) -> Fact:
    return Fact(
        event.stream_id,
        event.version,
        event.event_id,
        decode_event(event.type, event.data),
        event.origin,
    )
