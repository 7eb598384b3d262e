"""What Kafka says of itself: brokers, topics, groups; and how topics are made."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    CommitFailedError,
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    NodeNotReadyError,
    TopicAlreadyExistsError,
    UnknownTopicOrPartitionError,
    for_code,
)

from agentctl.adapters.kafka_trouble import KafkaTrouble, told
from streaming.kafka import KafkaSettings

_POLL_SECONDS = 0.05
_NOT_YET = (GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NodeNotReadyError)
"""A cluster that never had a group makes room for them when it is first asked."""
_AnswerT = TypeVar("_AnswerT")


@dataclass(frozen=True, slots=True)
class FoundPartition:
    """One partition; without a leader it is -1."""

    leader: int
    replicas: Sequence[int]
    in_sync: Sequence[int]


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """A topic as it is on the cluster, its settings under Kafka's names."""

    partitions: Sequence[FoundPartition]
    settings: Mapping[str, str]

    @property
    def replication_factor(self) -> int:
        """Of the partition that has the fewest."""
        return min(len(one.replicas) for one in self.partitions)


@dataclass(frozen=True, slots=True)
class NewlyWanted:
    """A topic to be made, named as on the cluster."""

    name: str
    partitions: int
    replication_factor: int
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FoundGroup:
    """A consumer group: `Stable`, `Empty`, `Dead`, or on the way between."""

    state: str
    members: Sequence[str]
    """Their client ids."""


class KafkaCluster:
    """Every method may raise KafkaTrouble."""

    def __init__(self, admin: AIOKafkaAdminClient, settings: KafkaSettings, seconds: float) -> None:
        self._admin = admin
        self._seconds = seconds
        self._settings = settings
        self._servers = settings.bootstrap_servers

    async def brokers(self) -> Sequence[int]:
        """Return the ids of the brokers that are there."""
        with told(self._servers):
            described = await self._admin.describe_cluster()
        return sorted(broker["node_id"] for broker in described["brokers"])

    async def broker_settings(self, broker: int) -> Mapping[str, str]:
        """Return the settings of a broker."""
        with told(self._servers):
            return await self._configs(ConfigResourceType.BROKER, str(broker))

    async def topics(self, names: Collection[str]) -> Mapping[str, FoundTopic]:
        """Return those of the topics, named without prefix, that are there."""
        with told(self._servers):
            # All are asked for: Kafka may make a topic that it is asked for by name.
            everything = await self._admin.describe_topics()
            by_name = {one["topic"]: one for one in everything if not one["error_code"]}
            found = {}
            for name in names:
                if one := by_name.get(full := self._settings.topic(name)):
                    # Kafka lists a topic for a moment longer than it knows its settings.
                    with suppress(UnknownTopicOrPartitionError):
                        settings = await self._configs(ConfigResourceType.TOPIC, full)
                        found[name] = FoundTopic(_partitions(one), settings)
            return found

    async def create(self, wanted: Sequence[NewlyWanted], *, seconds: float) -> None:
        """Make topics that are not there, and return when each partition has a leader."""
        with told(self._servers):
            answer = await self._admin.create_topics(
                [
                    NewTopic(
                        one.name,
                        one.partitions,
                        one.replication_factor,
                        topic_configs=dict(one.settings),
                    )
                    for one in wanted
                ]
            )
            for _, code, *_ in answer.topic_errors:
                if code not in {0, TopicAlreadyExistsError.errno}:
                    raise for_code(code)
            async with asyncio.timeout(seconds):
                # Kafka does not announce leaders.
                while not await self._are_led({one.name for one in wanted}):  # noqa: ASYNC110
                    await asyncio.sleep(_POLL_SECONDS)

    async def group(self, name: str) -> FoundGroup:
        """Return a group, named without prefix; one that never was is `Dead`."""
        full = self._settings.group(name)
        with told(self._servers):
            [answer] = await self._soon(lambda: self._admin.describe_consumer_groups([full]))
        [described] = answer.groups
        _, _, state, _, _, members, *_ = described
        return FoundGroup(state, sorted(member[1] for member in members))

    async def committed(self, group: str, topic: str) -> Mapping[int, int]:
        """Return the offsets from which a group reads on, by partition; none where it has none."""
        name, full = self._settings.topic(topic), self._settings.group(group)
        with told(self._servers):
            offsets: Mapping[TopicPartition, Any] = await self._soon(
                lambda: self._admin.list_consumer_group_offsets(full)
            )
        return {
            at.partition: one.offset
            for at, one in offsets.items()
            if at.topic == name and one.offset >= 0
        }

    async def set_offsets(self, group: str, topic: str, offsets: Mapping[int, int]) -> None:
        """Let a group that nobody is in read on from these offsets; without prefix, both."""
        full, name = self._settings.group(group), self._settings.topic(topic)
        consumer = AIOKafkaConsumer(
            **self._settings.client("-offsets"), group_id=full, enable_auto_commit=False
        )
        try:
            with told(self._servers):
                await consumer.start()
                places = {TopicPartition(name, at): offset for at, offset in offsets.items()}
                consumer.assign(list(places))
                await consumer.commit(
                    {at: OffsetAndMetadata(offset, "") for at, offset in places.items()}
                )
        except KafkaTrouble as trouble:
            if isinstance(trouble.__cause__, CommitFailedError):
                raise KafkaTrouble(f"somebody reads as {full}", f"stop {group} first") from trouble
            raise
        finally:
            await consumer.stop()

    async def _soon(self, call: Callable[[], Awaitable[_AnswerT]]) -> _AnswerT:
        async with asyncio.timeout(self._seconds):
            while True:
                try:
                    return await call()
                except _NOT_YET:
                    await asyncio.sleep(_POLL_SECONDS)

    async def _configs(self, kind: ConfigResourceType, name: str) -> Mapping[str, str]:
        [answer] = await self._admin.describe_configs([ConfigResource(kind, name)])
        [(code, _, _, _, entries)] = answer.resources
        if code:
            raise for_code(code)
        return {entry[0]: entry[1] for entry in entries if entry[1] is not None}

    async def _are_led(self, names: Collection[str]) -> bool:
        described = await self._admin.describe_topics()
        found = {one["topic"]: _partitions(one) for one in described if not one["error_code"]}
        return all(name in found and all(one.leader >= 0 for one in found[name]) for name in names)


@asynccontextmanager
async def cluster(settings: KafkaSettings, *, seconds: float) -> AsyncIterator[KafkaCluster]:
    """Connect, for as long as it takes. Raises KafkaTrouble."""
    admin = AIOKafkaAdminClient(**settings.client(), request_timeout_ms=int(seconds * 1000))
    try:
        with told(settings.bootstrap_servers):
            async with asyncio.timeout(seconds):
                await admin.start()
        yield KafkaCluster(admin, settings, seconds)
    finally:
        await admin.close()


def _partitions(described: Mapping[str, Any]) -> Sequence[FoundPartition]:
    found = sorted(described["partitions"], key=lambda one: one["partition"])
    return [FoundPartition(one["leader"], one["replicas"], one["isr"]) for one in found]
