"""What stands beside a message: what it answers, where it came from, what went wrong."""

from pydantic import BaseModel, Field

from domain.wire import WIRE


class ReferredProduct(BaseModel):
    """The product of a catalogue that the person asks about."""

    model_config = WIRE
    catalog_id: str | None = None
    product_id: str | None = None
    """The business's own id (`product_retailer_id`)."""


class Context(BaseModel):
    """What the message answers or that it was forwarded (Meta, webhooks/reference/messages).

    The message that is answered may be one that we never heard of.
    """

    model_config = WIRE
    wamid: str | None = None
    from_: str | None = Field(default=None, alias="from")
    """Who wrote the message that is answered."""
    forwarded: bool | None = None
    """Up to five times."""
    frequently_forwarded: bool | None = None
    referred_product: ReferredProduct | None = None


class Referral(BaseModel):
    """The advertisement or post from which the person came (Meta, messages/text)."""

    model_config = WIRE
    source_url: str | None = None
    source_id: str | None = None
    source_type: str | None = None
    """`ad` or `post`."""
    headline: str | None = None
    body: str | None = None
    media_type: str | None = None
    image_url: str | None = None
    video_url: str | None = None
    thumbnail_url: str | None = None
    ctwa_clid: str | None = None
    """The click; absent for advertisements in Status."""
    welcome: str | None = None
    """How the advertisement greeted the person."""


class PlatformError(BaseModel):
    """What went wrong, in the platform's words (Meta, support/error-codes)."""

    model_config = WIRE
    code: int | None = None
    title: str | None = None
    message: str | None = None
    details: str | None = None
    href: str | None = None
