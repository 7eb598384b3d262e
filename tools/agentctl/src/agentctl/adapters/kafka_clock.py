"""What time it is where Kafka's controller runs: it tells when it last caught up with itself.

aiokafka lacks this request (KIP-836, Kafka 3.3 and later), so it is described here.
"""

import asyncio
import time

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion, for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

from agentctl.adapters.kafka_trouble import KafkaTrouble, told
from agentctl.clocks import Reading
from streaming.kafka import KafkaSettings

_METADATA_LOG = "__cluster_metadata"
_TAGS = ("tags", TaggedFields)
_REPLICAS = CompactArray(
    ("replica_id", Int32),
    ("log_end_offset", Int64),
    ("last_fetch_timestamp", Int64),
    ("last_caught_up_timestamp", Int64),
    _TAGS,
)


class DescribeQuorumResponse(Response):  # type: ignore[misc]  # aiokafka is untyped
    """Version 1: the first that tells times."""

    API_KEY = 55
    API_VERSION = 1
    SCHEMA = Schema(
        ("error_code", Int16),
        (
            "topics",
            CompactArray(
                ("topic_name", CompactString("utf-8")),
                (
                    "partitions",
                    CompactArray(
                        ("partition_index", Int32),
                        ("error_code", Int16),
                        ("leader_id", Int32),
                        ("leader_epoch", Int32),
                        ("high_watermark", Int64),
                        ("current_voters", _REPLICAS),
                        ("observers", _REPLICAS),
                        _TAGS,
                    ),
                ),
                _TAGS,
            ),
        ),
        _TAGS,
    )


class DescribeQuorumRequestV1(RequestStruct):  # type: ignore[misc]  # aiokafka is untyped
    """See DescribeQuorumResponse."""

    FLEXIBLE_VERSION = True
    API_KEY = 55
    API_VERSION = 1
    RESPONSE_TYPE = DescribeQuorumResponse
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic_name", CompactString("utf-8")),
                ("partitions", CompactArray(("partition_index", Int32), _TAGS)),
                _TAGS,
            ),
        ),
        _TAGS,
    )


class DescribeQuorumRequest(Request[DescribeQuorumRequestV1]):  # type: ignore[misc]  # the same
    """Asks for the only log there is."""

    API_KEY = 55

    def build(self, request_struct_class: type[DescribeQuorumRequestV1]) -> DescribeQuorumRequestV1:
        """Make the request."""
        return request_struct_class([(_METADATA_LOG, [(0, {})], {})], {})


async def controllers_clock(settings: KafkaSettings, *, seconds: float) -> Reading:
    """Look at the clock of Kafka's controller. Raises KafkaTrouble."""
    admin = AIOKafkaAdminClient(**settings.client(), request_timeout_ms=int(seconds * 1000))
    try:
        with told(settings.bootstrap_servers):
            async with asyncio.timeout(seconds):
                await admin.start()
                before = time.time()
                answer = await admin._send_request(DescribeQuorumRequest())  # noqa: SLF001 see above
                after = time.time()
            if answer.error_code:
                raise for_code(answer.error_code)
    except (NotImplementedError, IncompatibleBrokerVersion) as error:
        raise KafkaTrouble("this Kafka does not tell the time", "") from error
    finally:
        await admin.close()
    return Reading(before, _leaders_time(answer) / 1000, after)


def _leaders_time(answer: DescribeQuorumResponse) -> int:
    [(_, [(_, code, leader, _, _, voters, _, _)], _)] = answer.topics
    if code:
        raise KafkaTrouble(f"Kafka does not tell the time: {for_code(code).__name__}", "")
    return max(int(one[3]) for one in voters if one[0] == leader)
