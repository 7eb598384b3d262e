"""The peer, `eventsourcing`, with our codec: its store and repository, everything else ours.

It gets the same domain objects, encoded by the same codec (with its own JSON transcoder it is
slower), and one stream a person, so that one query brings a person back. What a replay makes of the
events is the same on both sides too: what differs is the store.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, StoredEvent

from bench import origins
from bench.facts import Fact
from bench.peers import SCHEMA, environment
from domain.codec import encode
from domain.events import Event
from domain.ports.event_store import Origin, PastEvent
from session_core.use_cases.people import STRANGER, Known, after


@dataclass(frozen=True, slots=True)
class Happened:
    """One of our events in the shape that the peer stores."""

    originator_id: UUID
    originator_version: int
    event: Event
    origin: Origin


class TunedPeer:
    """Peer with everything but store and repository replaced by ours."""

    table = f"{SCHEMA}.tuned_events"

    def __init__(self, address: str) -> None:
        self._app = _Tuned(env=environment(address))
        self._versions: dict[UUID, int] = {}

    def begin(self) -> None:
        """See Peer."""
        self._versions = {}

    def prepare(self, chunk: Sequence[Fact]) -> list[Happened]:
        """See Peer: each event gets its place in the one stream of its person."""
        placed = []
        for fact in chunk:
            person = fact.origin.contact_id
            self._versions[person] = version = self._versions.get(person, 0) + 1
            placed.append(Happened(person, version, fact.event, fact.origin))
        return placed

    def save(self, prepared: Sequence[Happened]) -> None:
        """See Peer."""
        self._app.save(*prepared)

    def replay(self, person: UUID) -> int:
        """See Peer: what our own recalling makes of the events."""
        known: Known = self._app.repository.get(person, projector_func=_project)
        return sum(known.versions.values())

    def close(self) -> None:
        """See Peer."""
        self._app.close()


class _Mapper(Mapper):  # type: ignore[misc]  # the peer is not checked
    """Writes the origin once a command, as our store does, and the event by our codec."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._origin: Origin | None = None
        self._meta = b""

    def to_stored_event(self, domain_event: Happened) -> StoredEvent:
        if domain_event.origin is not self._origin:
            self._origin = domain_event.origin
            self._meta = origins.written(domain_event.origin)
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.event.TYPE,
            state=self._meta + b"\n" + encode(domain_event.event),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> PastEvent:
        meta, _, data = stored_event.state.partition(b"\n")
        if meta != self._meta or self._origin is None:
            self._origin, self._meta = origins.read(meta), meta
        return PastEvent(
            0,
            stored_event.originator_id,
            stored_event.originator_version,
            stored_event.topic,
            data,
            self._origin.command_id,
            self._origin.at,
        )


class _Tuned(Application):  # type: ignore[misc]  # the same
    name = "tuned"

    def construct_mapper(self) -> Any:
        return self.factory.mapper(transcoder=self.construct_transcoder(), mapper_class=_Mapper)


def _project(_: object, events: Iterable[PastEvent]) -> Known:
    return after(STRANGER, events)
