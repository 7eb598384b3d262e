"""Makes the topics that are missing; changes and removes none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentctl.adapters.kafka_cluster import FoundTopic, KafkaCluster, NewlyWanted
from domain.topics import ALL, Topic
from streaming.counting import counted
from streaming.kafka import KafkaSettings


class OtherCount(Exception):
    """A topic has another number of partitions than asked for: records would change places."""


class TooFewBrokers(Exception):
    """There are fewer brokers than copies asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which topics, and how all are made; `min_insync` None leaves that to the cluster."""

    partitions: int
    replication_factor: int
    min_insync: int | None = None
    topics: Sequence[Topic] = ALL


async def create_missing(
    kafka: KafkaCluster, settings: KafkaSettings, wanted: Wanted, *, seconds: float
) -> Sequence[str]:
    """Make what is missing, and name it as on the cluster.

    Raises OtherCount or TooFewBrokers before anything is made, or KafkaTrouble.
    """
    found = await kafka.topics([topic.name for topic in wanted.topics])
    refuse_other_counts(found, wanted.partitions)
    missing = [topic for topic in wanted.topics if topic.name not in found]
    if not missing:
        return []
    brokers = len(await kafka.brokers())
    if wanted.replication_factor > brokers:
        raise TooFewBrokers(
            f"{counted(brokers, 'broker')} cannot keep"
            f" {counted(wanted.replication_factor, 'replica')}"
        )
    made = [
        NewlyWanted(
            settings.topic(topic.name),
            wanted.partitions,
            wanted.replication_factor,
            {**topic.settings, **_min_insync(wanted)},
        )
        for topic in missing
    ]
    await kafka.create(made, seconds=seconds)
    return [one.name for one in made]


def refuse_other_counts(found: Mapping[str, FoundTopic], partitions: int) -> None:
    """Raise OtherCount if a topic that is there has another number of partitions."""
    others = {name: len(one.partitions) for name, one in found.items()}
    wrong = [f"{name} has {count}" for name, count in others.items() if count != partitions]
    if wrong:
        raise OtherCount(f"asked for {counted(partitions, 'partition')}, but {', '.join(wrong)}")


def _min_insync(wanted: Wanted) -> Mapping[str, str]:
    return {} if wanted.min_insync is None else {"min.insync.replicas": str(wanted.min_insync)}
