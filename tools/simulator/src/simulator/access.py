"""What the business' token may do, and what its app hears of: as a test says, else all is well."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MANAGEMENT, MESSAGING = "whatsapp_business_management", "whatsapp_business_messaging"


class Token(BaseModel):
    """The token that the business calls with. Times are seconds since the epoch; 0 is never."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    is_valid: bool = True
    """Every call is refused with 190 otherwise."""
    type: Literal["SYSTEM_USER", "USER"] = "SYSTEM_USER"
    scopes: Sequence[str] = (MANAGEMENT, MESSAGING)
    expires_at: int = Field(default=0, ge=0)
    accounts: Sequence[str] | None = None
    """Business accounts it is good for; None: all of the business."""
    app_id: str | None = None
    """The app that it was made for; None: the app of the business."""


class Subscription(BaseModel):
    """What reaches the app's webhook."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    is_subscribed: bool = True
    """Whether the account is connected with the app."""
    is_active: bool = True
    fields: Sequence[str] = (
        *("messages", "account_update", "message_template_status_update"),
        *("phone_number_quality_update", "user_preferences"),
    )
    callback_url: str | None = None
    """Where the app has its webhooks sent; None: to where they really go."""
    override_callback_uri: str | None = None
    """Where those of this account go instead."""


class Access(BaseModel):
    """Both."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    token: Token = Token()
    subscription: Subscription = Subscription()


class AccessBoard:
    """What holds now."""

    def __init__(self) -> None:
        self.now = Access()
