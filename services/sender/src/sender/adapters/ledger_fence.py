"""Makes us the one whom Kafka lets write a page, and nobody else."""

import asyncio

from aiokafka import AIOKafkaClient
from aiokafka.client import ConnectionGroup, CoordinationType
from aiokafka.errors import ConcurrentTransactions, KafkaError, NoError, for_code
from aiokafka.protocol.transaction import InitProducerIdRequest

from sender.adapters.ledger_page import Fence

_PAUSE_SECONDS = 0.05
_TRANSACTION_MS = 10_000
"""Kafka wants to know; we begin none."""


async def take_over(client: AIOKafkaClient, transactional_id: str) -> Fence:
    """Return a fence higher than everybody's before, and end what they had under way.

    It fences as soon as one record was written with it. Repeats what Kafka cannot answer just
    now for as long as it is awaited; raises KafkaError for what it refuses.
    """
    while True:
        try:
            return await _ask(client, transactional_id)
        except KafkaError as error:
            if not (error.retriable or isinstance(error, ConcurrentTransactions)):
                raise
        await asyncio.sleep(_PAUSE_SECONDS)


async def _ask(client: AIOKafkaClient, transactional_id: str) -> Fence:
    node = await client.coordinator_lookup(CoordinationType.TRANSACTION, transactional_id)
    request = InitProducerIdRequest(transactional_id, _TRANSACTION_MS)
    answer = await client.send(node, request, group=ConnectionGroup.COORDINATION)
    error = for_code(answer.error_code)
    if error is not NoError:
        raise error
    return Fence(answer.producer_id, answer.producer_epoch)
