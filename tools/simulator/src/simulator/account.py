"""What the platform tells of the account and its number, beside messages (webhooks/reference)."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.envelopes import Business, Update
from simulator.webhooks import Delivery, Webhook

LANE = "account"


class Account:
    """Tells in order, one after the other, as the delivery's faults allow."""

    def __init__(self, business: Business, delivery: Delivery, clock: Callable[[], float]) -> None:
        self._business = business
        self._delivery = delivery
        self._clock = clock

    def tell(self, field: str, value: Mapping[str, Any]) -> None:
        """Send any update of any field as it is given. Raises TooManyPending."""
        update = Update(field, value, at=int(self._clock()))
        self._delivery.send(Webhook(LANE, update, about={"field": field}))

    def tell_quality(self, event: str, *, current_limit: str) -> None:
        """Tell that the number's quality or throughput changed. Raises TooManyPending."""
        value = {
            "display_phone_number": self._business.display_phone_number,
            "event": event,
            "current_limit": current_limit,
            "max_daily_conversations_per_business": current_limit,
        }
        self.tell("phone_number_quality_update", value)
