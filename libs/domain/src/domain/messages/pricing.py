"""What a message of ours costs, in the platform's words (Meta, messages/status)."""

from pydantic import AwareDatetime, BaseModel

from domain.wire import WIRE


class Pricing(BaseModel):
    """What kind of charge a message falls under: `type` and `category` say it, by Meta's advice."""

    model_config = WIRE
    billable: bool | None = None
    model: str | None = None
    """`CBP` or `PMP`."""
    type: str | None = None
    category: str | None = None


class Conversation(BaseModel):
    """The conversation that a message counts for; newer webhooks mostly leave it out."""

    model_config = WIRE
    id: str | None = None
    origin: str | None = None
    expires_at: AwareDatetime | None = None
