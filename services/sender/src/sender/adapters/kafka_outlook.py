"""Reads events that are still to be handled, to know what they tell of replies."""

from collections.abc import Callable, Collection
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from domain.ports.outlook import NewsUnavailable
from sender.adapters.topic_reader import reader
from streaming.kafka import KafkaSettings

_TYPE = "ce_type"


class KafkaOutlook:
    """Looks at the topic with a consumer of no group, opened for each look: they are rare.

    `begin` tells from which offset on a partition was not read yet; `hear` is called with
    partition, offset and data of each event of these `types`.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topic: str,
        types: Collection[str],
        begin: Callable[[int], int],
        hear: Callable[[int, bytes], object],
    ) -> None:
        self._settings = settings
        self._topic = topic
        self._types = frozenset(one.encode() for one in types)
        self._begin = begin
        self._hear = hear

    async def look(self, partition: int) -> None:
        """Hear everything up to where the partition ends now. Raises NewsUnavailable."""
        at = TopicPartition(self._topic, partition)
        try:
            async with reader(self._settings, [at], role="-outlook") as events:
                async for records in events.read(at, self._begin(partition)):
                    for record in records:
                        self._hear_of(record)
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            raise NewsUnavailable(type(error).__name__) from error

    def _hear_of(self, record: Any) -> None:
        headers: dict[str, bytes] = dict(record.headers)
        if headers.get(_TYPE) in self._types and record.value is not None:
            self._hear(record.partition, record.value)
