"""The platform that brings replies to people.

SendFailure
├── PlatformUnavailable   certainly not sent; trying again later can help
├── SlowDown              certainly not sent; a limit was met, try again after a pause
├── SendRefused           certainly not sent; trying again cannot help
└── OutcomeUnknown        sent or not: nobody can say until a status webhook comes
"""

from typing import Literal, Protocol

from domain.commands import Acceptance
from domain.events import OutgoingReply
from domain.values import ReplyId


class SendFailure(Exception):
    """The reply was not accepted. `code` is Meta's error code, where there is one."""

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class PlatformUnavailable(SendFailure):
    """Not sent. Trying again later can help."""


class SlowDown(SendFailure):
    """Not sent: a limit of the pair, the business number or the account was met."""

    def __init__(
        self, reason: str, *, scope: Literal["pair", "number", "account"], code: int | None = None
    ) -> None:
        super().__init__(reason, code=code)
        self.scope = scope


class SendRefused(SendFailure):
    """Not sent, and never will be. `code` is Meta's."""


class OutcomeUnknown(SendFailure):
    """The call was made but not answered: the person may have the message."""


class MessageSender(Protocol):
    """Sends one message per call. The platform offers no idempotency key."""

    async def send(
        self, reply: OutgoingReply, *, phone_number_id: str, reply_id: ReplyId
    ) -> Acceptance:
        """Send, and return what the platform answered. `reply_id` comes back in every status.

        Raises PlatformUnavailable, SlowDown, SendRefused or OutcomeUnknown.
        """
        ...
