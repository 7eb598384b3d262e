"""How far each reader is behind what was written, and how old the oldest is that waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agentctl.adapters.kafka_cluster import FoundGroup, KafkaCluster, cluster
from agentctl.adapters.kafka_topic import Bounds, KafkaTopic, topic
from crm_notifier.handlers import SERVICE as CRM_NOTIFIER
from domain.topics import SESSION_COMMANDS, SESSION_EVENTS
from file_manager.handlers import SERVICE as FILE_MANAGER
from sender.handlers import GROUP as SENDER
from session_core.adapters.kafka_command_source import GROUP as SESSION_CORE
from streaming.kafka import KafkaSettings

READERS: Mapping[str, str] = {
    SESSION_CORE: SESSION_COMMANDS.name,
    SENDER: SESSION_EVENTS.name,
    FILE_MANAGER: SESSION_EVENTS.name,
    CRM_NOTIFIER: SESSION_EVENTS.name,
}
"""What each group reads, both without prefix."""


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """Of one partition. Times are seconds; None where nothing waits."""

    partition: int
    committed: int | None
    """None: this group never committed, so it begins at the beginning."""
    end: int
    behind: int
    waits_since: datetime | None


@dataclass(frozen=True, slots=True)
class GroupLag:
    """Of one reader; its members are named by client id."""

    group: str
    topic: str
    state: str
    members: Sequence[str]
    partitions: Sequence[PartitionLag]

    @property
    def behind(self) -> int:
        """Records that wait, of all partitions."""
        return sum(one.behind for one in self.partitions)

    @property
    def waits_since(self) -> datetime | None:
        """When the oldest record was written that waits."""
        return min((one.waits_since for one in self.partitions if one.waits_since), default=None)


def readers_of(crm_names: Sequence[str]) -> Mapping[str, str]:
    """Return every group of an installation and what it reads, CRMs with a name included."""
    named = {f"{CRM_NOTIFIER}-{name}": SESSION_EVENTS.name for name in crm_names}
    return {**READERS, **named}


async def lags(
    kafka: KafkaSettings, groups: Mapping[str, str], *, seconds: float
) -> Sequence[GroupLag]:
    """Look at the groups. Raises KafkaTrouble.

    session-core's own offsets are in PostgreSQL; those in Kafka follow within seconds.
    """
    found: dict[str, GroupLag] = {}
    async with cluster(kafka, seconds=seconds) as asked:
        for name in sorted(set(groups.values())):
            async with topic(kafka, name, seconds=seconds) as read:
                bounds = await read.bounds()
                for group, read_by_it in groups.items():
                    if read_by_it == name:
                        found[group] = await _lag(asked, read, group, name, bounds)
    return [found[group] for group in groups]


async def _lag(
    asked: KafkaCluster, read: KafkaTopic, group: str, name: str, bounds: Mapping[int, Bounds]
) -> GroupLag:
    described: FoundGroup = await asked.group(group)
    committed = await asked.committed(group, name)
    partitions = [
        await _partition(read, partition, committed.get(partition), limits)
        for partition, limits in sorted(bounds.items())
    ]
    return GroupLag(group, name, described.state, described.members, partitions)


async def _partition(
    read: KafkaTopic, partition: int, committed: int | None, bounds: Bounds
) -> PartitionLag:
    begin = bounds.begin if committed is None else max(committed, bounds.begin)
    oldest = None
    if begin < bounds.end:
        # Marks of transactions have offsets of their own: there may be nothing to read.
        portions = read.between({partition: begin}, {partition: bounds.end})
        oldest = await anext(aiter(portions), None)
        await portions.aclose()
    if oldest is None:
        return PartitionLag(partition, committed, bounds.end, 0, None)
    since = datetime.fromtimestamp(oldest[0].timestamp / 1000, UTC)
    return PartitionLag(partition, committed, bounds.end, bounds.end - oldest[0].offset, since)
