"""What Kafka says of a topic."""

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from domain.ports.command_source import SourceUnavailable
from streaming.kafka import KafkaSettings
from streaming.reaching import why_not

_ANSWER_SECONDS = 15.0


async def partitions(settings: KafkaSettings, *topics: str) -> list[int]:
    """Count the partitions of topics named without prefix; 0 if there is no such topic.

    Raises SourceUnavailable.
    """
    names = [settings.topic(topic) for topic in topics]
    admin: Any = AIOKafkaAdminClient(
        **settings.client(),
    )
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            await admin.start()
            there = set(await admin.list_topics())  # to ask for one by name may make it
            described = await admin.describe_topics([name for name in names if name in there])
    except (KafkaError, OSError, TimeoutError) as error:
        reason = await why_not(settings) or type(error).__name__
        raise SourceUnavailable(f"no topics: {reason}") from error
    finally:
        await admin.close()
    counts = {topic["topic"]: len(topic["partitions"]) for topic in described}
    return [counts.get(name, 0) for name in names]
