"""A topic may go between two questions of one look at Kafka."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource
from aiokafka.errors import UnknownTopicOrPartitionError

from agentctl.adapters.kafka_cluster import KafkaCluster
from streaming.kafka import KafkaSettings


class Deleting:
    """Kafka lists a topic that is being deleted, and no more knows its settings."""

    def __init__(self, going: str) -> None:
        self._going = going

    async def describe_topics(self) -> Sequence[dict[str, Any]]:
        partition = {"partition": 0, "leader": 1, "replicas": [1], "isr": [1]}
        names = ("session-events", "session-commands")
        return [{"topic": one, "error_code": 0, "partitions": [partition]} for one in names]

    async def describe_configs(self, resources: Sequence[ConfigResource]) -> Sequence[Any]:
        [resource] = resources
        code = UnknownTopicOrPartitionError.errno if resource.name == self._going else 0
        entries = [] if code else [("retention.ms", "-1", False, False, False)]
        return [SimpleNamespace(resources=[(code, "", 2, resource.name, entries)])]


async def test_a_topic_that_is_being_deleted_is_not_there() -> None:
    admin = cast("AIOKafkaAdminClient", Deleting("session-commands"))
    kafka = KafkaCluster(admin, KafkaSettings("localhost:9092", "a-test"), seconds=1)

    found = await kafka.topics(["session-events", "session-commands"])

    assert {name: one.settings for name, one in found.items()} == {
        "session-events": {"retention.ms": "-1"}
    }
