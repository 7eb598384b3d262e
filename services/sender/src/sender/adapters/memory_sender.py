"""A platform in memory: accepts everything, or fails as it is told to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from domain.commands import Acceptance
from domain.events import OutgoingReply
from domain.messages import OutboundReadReceipt
from domain.ports.sending import SendFailure, SendRefused
from domain.values import ReplyId


async def _at_once() -> None: ...


@dataclass
class MemorySender:
    """Keeps what it accepted in `sent`; `failures` are raised first, one per call.

    `before_answer` is awaited between acceptance and answer: the place for a slow platform.
    """

    sent: list[tuple[ReplyId, OutgoingReply]] = field(default_factory=list)
    failures: list[SendFailure] = field(default_factory=list)
    before_answer: Callable[[], Awaitable[None]] = _at_once
    calls: int = 0

    async def send(
        self, reply: OutgoingReply, *, phone_number_id: str, reply_id: ReplyId
    ) -> Acceptance:
        """Accept, and answer with an id that says whence it is."""
        self.calls += 1
        if not (reply.to or reply.user_id):
            raise SendRefused("no-addressee")
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append((reply_id, reply))
        await self.before_answer()
        if isinstance(reply.message, OutboundReadReceipt):
            return Acceptance(wamid=reply.message.wamid)
        wamid = f"wamid.memory.{phone_number_id}.{len(self.sent)}"
        return Acceptance(wamid=wamid, wa_id=reply.to, user_id=reply.user_id)
