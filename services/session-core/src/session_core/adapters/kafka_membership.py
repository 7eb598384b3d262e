"""A seat in a consumer group, as aiokafka keeps it: whether it is ours, and giving it up.

aiokafka has no public way to any of this: the path below it is only here.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import DescribeGroupsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Int16, Int32, Schema, String

_CLOSE_SECONDS = 1.0
_LEAVE_SECONDS = 2.0
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
class _Member:
    id: str
    client_id: str


class Membership:
    """The seat of a static member whose client id is its instance id."""

    def __init__(self, consumer: Any, instance_id: str) -> None:
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
            for member in await self._members()
        )

    def abandon(self) -> None:
        """Stop coordinating at once, and leave the seat to whoever has it."""
        self._coordinator._coordination_task.cancel()  # noqa: SLF001

    async def leave(self) -> None:
        """Hand our partitions to the others at once. If there are none, keep the seat."""
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                ours = self.id
                others = [one for one in await self._members() if one.id != ours]
                await self._fall_silent()
                if ours and others:
                    await self._send_leave(ours)
        except (KafkaError, OSError, TimeoutError) as error:
            _log.warning("did not leave the group", reason=type(error).__name__)

    async def _send_leave(self, ours: str) -> None:
        group = self._coordinator.group_id
        answer = await self._coordinator._send_req(_LeaveGroup(group, ours, self._instance_id))  # noqa: SLF001
        codes = [answer.error_code, *(code for _, _, code in answer.members)]
        if any(codes):
            raise for_code(next(code for code in codes if code))
        _log.info("left the group", group=group)

    async def _fall_silent(self) -> None:
        """End the heartbeats: one that is answered after we left would let us join again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._coordinator.close()

    async def _members(self) -> list[_Member]:
        await self._coordinator.ensure_coordinator_known()
        group = self._coordinator.group_id
        answer = await self._coordinator._send_req(DescribeGroupsRequest([group]))  # noqa: SLF001
        code, *_, members = answer.groups[0]
        if code:
            raise for_code(code)
        return [_Member(member, client) for member, client, *_ in members]
