"""One person from their events alone, and what is odd about those events."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.codec import UndecodableMessage, decode_event
from domain.ports.event_store import AliasKey
from domain.ports.rebuilding import StoredEvent
from domain.session import NOBODY, Occasion, Person, evolve, stream_of
from domain.values import ContactId, SessionId


@dataclass(frozen=True, slots=True)
class Replayed:
    """A person as the events say, the shard where they are at home, and what does not fit."""

    contact_id: ContactId
    person: Person
    shard: int
    events: Sequence[StoredEvent]
    oddities: Sequence[str]

    @property
    def sessions(self) -> frozenset[SessionId]:
        """All sessions that the person ever had."""
        streams = {stored.event.stream_id for stored in self.events}
        return frozenset(SessionId(stream) for stream in streams - {self.contact_id})

    @property
    def names(self) -> frozenset[AliasKey]:
        """The names that the events leave the person with."""
        contact = self.person.contact
        return frozenset(AliasKey(contact.phone_number_id, name) for name in contact.names)

    @property
    def is_gone(self) -> bool:
        """Say whether the person may be without a name: merged into another one, or erased."""
        return self.person.contact.merged_into is not None or self.person.contact.erased


def replay(contact_id: ContactId, events: Sequence[StoredEvent]) -> Replayed:
    """Fold what happened to one person; `events` are theirs alone, in order, and not empty."""
    person, oddities = NOBODY, list(_scattered(contact_id, events))
    versions: dict[UUID, int] = {}
    for stored in events:
        event = stored.event
        before = versions.get(event.stream_id, 0)
        if event.version != before + 1:
            oddities.append(f"stream {event.stream_id} has version {event.version} after {before}")
        versions[event.stream_id] = event.version
        try:
            decoded = decode_event(event.type, event.data)
        except UndecodableMessage as error:
            oddities.append(f"event {event.event_id} cannot be replayed: {error}")
            continue
        if (stream_of(decoded), decoded.contact_id) != (event.stream_id, contact_id):
            oddities.append(f"event {event.event_id} lies in a stream that is not its own")
        person = evolve(person, decoded, Occasion(event.origin.command_id, event.origin.at))
    return Replayed(contact_id, person, events[0].shard, events, oddities)


def _scattered(contact_id: ContactId, events: Collection[StoredEvent]) -> Iterator[str]:
    shards = sorted({stored.shard for stored in events})
    if len(shards) > 1:
        yield f"contact {contact_id} has events in shards {', '.join(map(str, shards))}"
