"""A topic in memory that keeps the promise of a transactional one: all, once, in order."""

from collections.abc import Mapping, Sequence

from domain.ports.event_store import PublishFailed, RecordedEvent, fingerprint


class MemoryEventPublisher:
    """EventPublisher whose topic can be looked at."""

    def __init__(self) -> None:
        self._topic: dict[int, list[RecordedEvent]] = {}
        self._opened: dict[int, int] = {}

    async def open(self, shard: int) -> "MemoryShardPublisher":
        """See EventPublisher."""
        self._opened[shard] = self._opened.get(shard, 0) + 1
        topic = self._topic.setdefault(shard, [])
        return MemoryShardPublisher(self, shard, self._opened[shard], topic)

    async def told(self, shard: int, *, after: int) -> Mapping[int, bytes]:
        """See EventPublisher."""
        seen = self._topic.get(shard, ())
        return {one.sequence: fingerprint(*one.event[:5]) for one in seen if one.sequence > after}

    def published(self, shard: int) -> Sequence[RecordedEvent]:
        """Give what a reader of the partition sees."""
        return tuple(self._topic.get(shard, ()))

    def expire(self, shard: int) -> None:
        """Empty the partition, as retention does."""
        self._topic[shard] = []

    def is_open_as(self, shard: int, opening: int) -> bool:
        """Say whether nobody opened the shard after this opening."""
        return self._opened[shard] == opening


class MemoryShardPublisher:
    """ShardPublisher of a topic in memory."""

    def __init__(
        self,
        publisher: MemoryEventPublisher,
        shard: int,
        opening: int,
        topic: list[RecordedEvent],
    ) -> None:
        self._publisher = publisher
        self._shard = shard
        self._opening = opening
        self._topic = topic

    @property
    def published(self) -> int:
        """See ShardPublisher."""
        return self._topic[-1].sequence if self._topic else 0

    async def publish(self, events: Sequence[RecordedEvent]) -> None:
        """See ShardPublisher."""
        if not self._publisher.is_open_as(self._shard, self._opening):
            raise PublishFailed("somebody else opened the shard")
        self._topic.extend(events)

    async def close(self) -> None:
        """See ShardPublisher."""
