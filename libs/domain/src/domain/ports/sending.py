"""The platform that brings replies to people.

SendFailure
├── PlatformUnavailable   certainly not sent; trying again later can help
├── SendFaltered          certainly not sent; a few more tries can help, many cannot
├── SlowDown              certainly not sent; a limit was met, try again after a pause
├── NumberStopped         certainly not sent, nor is anything from this number until somebody acts
├── SendRefused           certainly not sent; trying again cannot help
└── OutcomeUnknown        sent or not: nobody can say until a status webhook comes
"""

from typing import Literal, Protocol

from domain.commands import Acceptance
from domain.events import OutgoingReply
from domain.values import ReplyId


class SendFailure(Exception):
    """The reply was not accepted. `reason` is a short code of ours, `code` is Meta's, if any."""

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class PlatformUnavailable(SendFailure):
    """Not sent. Trying again later can help."""


class SendFaltered(SendFailure):
    """Not sent, perhaps because of this very message: given up after `tries` in a row."""

    def __init__(self, reason: str, *, code: int | None = None, tries: int = 5) -> None:
        super().__init__(reason, code=code)
        self.tries = tries


class SlowDown(SendFailure):
    """Not sent: a limit of the pair, the business number or the account was met."""

    def __init__(
        self, reason: str, *, scope: Literal["pair", "number", "account"], code: int | None = None
    ) -> None:
        super().__init__(reason, code=code)
        self.scope = scope


class NumberStopped(SendFailure):
    """Not sent: the platform takes nothing from this business number until a person has acted."""


class SendRefused(SendFailure):
    """Not sent, and never will be. The reason `window-closed` means: only a template could be.

    `needs-operator` means that the next reply will fare alike until somebody acts.
    """


class OutcomeUnknown(SendFailure):
    """The call was made but not answered: the person may have the message."""


class MessageSender(Protocol):
    """Sends one message per call. The platform offers no idempotency key."""

    async def send(
        self, reply: OutgoingReply, *, phone_number_id: str, reply_id: ReplyId
    ) -> Acceptance:
        """Send, and return what the platform answered. `reply_id` comes back in every status.

        The platform gives a read receipt no id: the acceptance has that of the message read.
        Raises any of the SendFailures above.
        """
        ...
