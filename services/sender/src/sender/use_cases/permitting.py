"""What may go out at this moment: the reply, a template in its stead, or nothing."""

from datetime import datetime, timedelta

from domain.events import OutgoingReply, ReplyRequested
from domain.messages import WINDOWLESS, OutboundTemplate
from sender.use_cases.hearsay import Hearsay


class Permitting:
    """Judges by the 24-hour window and by consent, as far as either is known.

    A reply that goes out less than `margin` before its window closes may arrive after it.
    """

    def __init__(self, hearsay: Hearsay, margin: timedelta) -> None:
        self._hearsay = hearsay
        self._margin = margin

    def allowed(
        self, request: ReplyRequested, now: datetime, *, is_closed: bool = False
    ) -> OutgoingReply | str:
        """Return what may go out, or the reason why nothing may.

        `is_closed` is what the platform said of the window, whatever we know of it.
        """
        reply = request.personal
        if is_closed or self._is_window_closed(request, now):
            if reply.fallback is None:
                return "window-closed"
            reply = reply.model_copy(update={"message": reply.fallback})
        if isinstance(reply.message, OutboundTemplate) and self._is_unwelcome(
            request, reply.message
        ):
            return "opted-out"
        return reply

    def _is_window_closed(self, request: ReplyRequested, now: datetime) -> bool:
        """Where none is known the platform decides: a call opens one too (Meta, send-messages)."""
        closes = request.window_expires_at
        if closes is None or request.kind in WINDOWLESS:
            return False
        last = now + self._margin
        if last < closes:
            return False
        newer = self._hearsay.window_of(request.contact_id)
        return newer is None or last >= newer

    def _is_unwelcome(self, request: ReplyRequested, template: OutboundTemplate) -> bool:
        """Believe the newest word: what was heard of the person is newer than the request."""
        if template.category != "marketing":
            return False
        heard = self._hearsay.news_of(request.contact_id).opted_out
        return bool(request.opted_out) if heard is None else heard
