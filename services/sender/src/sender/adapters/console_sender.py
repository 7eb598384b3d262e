"""No platform at all: says on the console that a reply would have gone out."""

import structlog

from domain.commands import Acceptance
from domain.events import OutgoingReply
from domain.messages import OutboundReadReceipt
from domain.ports.sending import SendRefused
from domain.values import ReplyId

_log = structlog.get_logger(__name__)


class ConsoleSender:
    """For a laptop without account. Says which reply, never to whom or what it says."""

    async def send(
        self, reply: OutgoingReply, *, phone_number_id: str, reply_id: ReplyId
    ) -> Acceptance:
        """Accept everything that has an addressee."""
        if not (reply.to or reply.user_id):
            raise SendRefused("no-addressee")
        _log.info(
            "would-send",
            kind=reply.message.type,
            phone_number_id=phone_number_id,
            reply_id=str(reply_id),
        )
        if isinstance(reply.message, OutboundReadReceipt):
            return Acceptance(wamid=reply.message.wamid)
        return Acceptance(wamid=f"wamid.console.{reply_id}", wa_id=reply.to, user_id=reply.user_id)
