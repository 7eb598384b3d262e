"""A topic, its group's offsets, and what became of each record: all that outlives a process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, KafkaConnectionError

from streaming.cloudevents import Headers, encode
from streaming.testing import envelope

TOPIC = "events"
PARTITIONS = 2
Fate: TypeAlias = Literal[
    "fine", "slow", "refused", "gone-twice", "bug-once", "bug", "poison", "hangs"
]
Kind: TypeAlias = Literal["wanted", "unwanted", "unreadable"]
Answer: TypeAlias = Literal["refused", "lost"]


@dataclass(frozen=True)
class Entry:
    """A record as Kafka's client gives it, and what is to happen to it."""

    number: int
    offset: int
    key: bytes
    partition: int
    fate: Fate
    kind: Kind
    value: bytes | None = b"{}"
    topic: str = TOPIC
    timestamp: int = 0

    @property
    def headers(self) -> Headers:
        if self.kind == "unreadable":
            return ()
        return encode(envelope(self.number, f"{self.kind}.v1"))


@dataclass
class Log:
    """The topic. What breaks a promise is noted: raised, it would look like a bug of a handler."""

    entries: list[list[Entry]] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])
    committed: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    owners: list[object] = field(default_factory=lambda: [None] * PARTITIONS)
    done: set[int] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    next_commits: list[Answer] = field(default_factory=list)

    @property
    def all(self) -> Sequence[Entry]:
        return [entry for partition in self.entries for entry in partition]

    def write(self, partition: int, key: bytes, fate: Fate, kind: Kind, gap: int) -> None:
        """Append a record, behind so many offsets that hold none."""
        log = self.entries[partition]
        offset = (log[-1].offset + 1 if log else 0) + gap
        log.append(Entry(len(self.all), offset, key, partition, fate, kind))

    def end(self, partition: int) -> int:
        log = self.entries[partition]
        return log[-1].offset + 1 if log else 0

    def read(self, partition: int, position: int, most: int) -> Sequence[Entry]:
        return [one for one in self.entries[partition] if one.offset >= position][:most]

    def entry(self, partition: int, offset: int) -> Entry:
        return next(one for one in self.entries[partition] if one.offset == offset)

    def begins(self, entry: Entry) -> None:
        """Note that somebody sets about a record."""
        for earlier in self.entries[entry.partition]:
            if earlier.offset == entry.offset:
                return
            if earlier.key == entry.key and not self.is_done(earlier):
                self.broken.append(f"{entry} was begun before {earlier} was done")

    def is_done(self, entry: Entry) -> bool:
        return entry.kind == "unwanted" or entry.number in self.done

    def commit(self, owner: object, offsets: Mapping[TopicPartition, int]) -> None:
        """Keep offsets. Raises what Kafka's client does."""
        answer = self.next_commits.pop() if self.next_commits else None
        if answer == "refused":
            raise KafkaConnectionError
        if any(self.owners[at.partition] is not owner for at in offsets):
            raise CommitFailedError
        for at, offset in offsets.items():
            self._commit(at.partition, offset)
        if answer == "lost":
            raise KafkaConnectionError

    def _commit(self, partition: int, offset: int) -> None:
        if offset < self.committed[partition]:
            self.broken.append(f"the commit of {partition} went back to {offset}")
        for entry in self.entries[partition]:
            if entry.offset < offset and not self.is_done(entry):
                self.broken.append(f"{entry} was passed over by the commit of {offset}")
        self.committed[partition] = offset
