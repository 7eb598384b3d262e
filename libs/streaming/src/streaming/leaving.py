"""Who is in a consumer group, and how a static member leaves it: Kafka's client cannot do that.

aiokafka has no public way to any of this: the path below it is only here.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import DescribeGroupsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

_CLOSE_SECONDS = 1.0
_LEAVE_SECONDS = 2.0
_STABLE = "Stable"
_TEXT = String("utf-8")
_log = structlog.get_logger(__name__)


class _Left(Response):  # type: ignore[misc]  # aiokafka is untyped
    API_KEY = 13
    API_VERSION = 3
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "members",
            Array(("member_id", _TEXT), ("group_instance_id", _TEXT), ("error_code", Int16)),
        ),
    )


class _Leave(RequestStruct):  # type: ignore[misc]
    """LeaveGroup as of version 3 lets a static member go; aiokafka knows the versions before."""

    API_KEY = 13
    API_VERSION = 3
    RESPONSE_TYPE = _Left
    SCHEMA = Schema(
        ("group", _TEXT),
        ("members", Array(("member_id", _TEXT), ("group_instance_id", _TEXT))),
    )


class _LeaveGroup(Request[_Leave]):  # type: ignore[misc]
    API_KEY = 13

    def __init__(self, group: str, member: str, instance_id: str) -> None:
        self._fields = group, [(member, instance_id)]

    def build(self, request_struct_class: type[_Leave]) -> _Leave:
        return request_struct_class(*self._fields)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the group."""

    id: str
    client_id: str


async def members(consumer: Any) -> list[Member]:
    """Ask Kafka who is in the consumer's group. Raises KafkaError."""
    _, found = await _described(consumer)
    return [Member(member, client) for member, client, *_ in found]


async def shared_out(consumer: Any) -> frozenset[TopicPartition] | None:
    """Ask Kafka which partitions members of the group have; None while these change.

    Raises KafkaError.
    """
    state, found = await _described(consumer)
    if state != _STABLE:
        return None
    shares = [
        ConsumerProtocol.ASSIGNMENT.decode(assignment) for *_, assignment in found if assignment
    ]
    return frozenset(partition for share in shares for partition in share.partitions())


async def _described(consumer: Any) -> tuple[str, Sequence[Any]]:
    coordinator = consumer._coordinator  # noqa: SLF001
    await coordinator.ensure_coordinator_known()
    answer = await coordinator._send_req(DescribeGroupsRequest([coordinator.group_id]))  # noqa: SLF001
    code, _, state, *_, found = answer.groups[0]
    if code:
        raise for_code(code)
    return state, found


async def leave(consumer: Any, instance_id: str) -> None:
    """Hand the partitions to the others at once; alone keep the seat: there is nobody to have them.

    Goes by the member id, so that a successor under the same instance id is not thrown out.
    Raises nothing: who cannot leave is succeeded when its session times out.
    """
    coordinator = consumer._coordinator  # noqa: SLF001
    try:
        async with asyncio.timeout(_LEAVE_SECONDS):
            ours: str = coordinator.member_id
            others = [one for one in await members(consumer) if one.id != ours]
            await _fall_silent(coordinator)
            if ours and others:
                await _send_leave(coordinator, ours, instance_id)
    except (KafkaError, OSError) as error:  # TimeoutError is an OSError
        _log.warning("did not leave the group", reason=type(error).__name__)


async def _fall_silent(coordinator: Any) -> None:
    """End the heartbeats: one that is answered after we left would let us join again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await coordinator.close()


async def _send_leave(coordinator: Any, member: str, instance_id: str) -> None:
    group = coordinator.group_id
    answer = await coordinator._send_req(_LeaveGroup(group, member, instance_id))  # noqa: SLF001
    for code in (answer.error_code, *(code for _, _, code in answer.members)):
        if code:
            raise for_code(code)
    _log.info("left the group", group=group)
