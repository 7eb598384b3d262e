"""A seat in a consumer group, as aiokafka keeps it: whether it is ours, and giving it up.

aiokafka has no public way to any of this: the path below it is only here.
"""

from contextlib import suppress
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streaming.leaving import leave, members, shared_out


class Membership:
    """The seat of a static member whose client id is its instance id."""

    def __init__(self, consumer: Any, instance_id: str) -> None:
        self._consumer = consumer
        self._coordinator = consumer._coordinator  # noqa: SLF001
        self._instance_id = instance_id

    @property
    def id(self) -> str:
        """Under which Kafka knows us, empty if we have to join."""
        member: str = self._coordinator.member_id
        return member

    @property
    def refused(self) -> bool:
        """Whether the group refuses us, and aiokafka waits for somebody to take note."""
        return self._coordinator._pending_exception is not None  # noqa: SLF001

    def trouble(self) -> str | None:
        """Give None while heartbeats are answered, else what stands in the way."""
        if self.refused:
            return "the group refuses us"
        if self._coordinator.coordinator_id is None:
            return "nobody coordinates the group"
        return None

    def ended(self) -> str | None:
        """Give the reason why aiokafka gave up coordinating for good, else None."""
        task = self._coordinator._coordination_task  # noqa: SLF001
        if not task.done() or self._coordinator._closing.done():  # noqa: SLF001
            return None
        error = None if task.cancelled() else task.exception()
        return "cancelled" if error is None else type(error.__cause__ or error).__name__

    def try_again(self) -> None:
        """Take note of a failure, for which aiokafka waits before it goes on."""
        with suppress(KafkaError):
            self._coordinator.check_errors()

    async def taken(self, *, ours: str) -> bool:
        """Say whether somebody else sits in the seat that was ours under this id.

        aiokafka forgets its id on many occasions, of which only one is that Kafka has too.
        Raises KafkaError.
        """
        known = {ours, self.id}
        return any(
            member.client_id == self._instance_id and member.id not in known
            for member in await members(self._consumer)
        )

    async def leaves_out(self, topic: str) -> bool | None:
        """Say whether a partition of the topic is nobody's; None while they are shared out.

        Raises KafkaError.
        """
        had = await shared_out(self._consumer)
        if had is None:
            return None
        every = self._consumer.partitions_for_topic(topic) or set()
        return not had >= {TopicPartition(topic, one) for one in every}

    def join_again(self) -> None:
        """Have the partitions shared out anew: Kafka gives who comes back what they had."""
        self._coordinator.request_rejoin()

    def abandon(self) -> None:
        """Stop coordinating at once, and leave the seat to whoever has it."""
        self._coordinator._coordination_task.cancel()  # noqa: SLF001

    async def leave(self) -> None:
        """Hand our partitions to the others at once. If there are none, keep the seat."""
        await leave(self._consumer, self._instance_id)
