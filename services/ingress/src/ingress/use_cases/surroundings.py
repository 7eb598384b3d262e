"""What stands beside a message or a status: context, referral, errors, pricing."""

from domain.messages import (
    Context,
    Conversation,
    PlatformError,
    Pricing,
    Referral,
    ReferredProduct,
)
from ingress.use_cases.lenient import (
    JsonObject,
    flag,
    identifier,
    instant,
    objects,
    part,
    text,
    whole_number,
)


def context_of(message: JsonObject) -> Context | None:
    """Return what the message answers, or that it was forwarded; None if it says nothing."""
    if "context" not in message:
        return None
    context = part(message, "context")
    product = part(context, "referred_product")
    found = Context(
        wamid=identifier(context.get("id")),
        from_=identifier(context.get("from")),
        forwarded=flag(context.get("forwarded")),
        frequently_forwarded=flag(context.get("frequently_forwarded")),
        referred_product=ReferredProduct(
            catalog_id=text(product.get("catalog_id")),
            product_id=text(product.get("product_retailer_id")),
        )
        if product
        else None,
    )
    return None if found == Context() else found


def referral_of(message: JsonObject) -> Referral | None:
    """Return the advertisement; Meta puts it beside the text, others saw it in the context."""
    if "referral" not in message and "context" not in message:
        return None
    referral = part(message, "referral") or part(part(message, "context"), "referral")
    if not referral:
        return None
    return Referral(
        source_url=text(referral.get("source_url")),
        source_id=text(referral.get("source_id")),
        source_type=text(referral.get("source_type")),
        headline=text(referral.get("headline")),
        body=text(referral.get("body")),
        media_type=text(referral.get("media_type")),
        image_url=text(referral.get("image_url")),
        video_url=text(referral.get("video_url")),
        thumbnail_url=text(referral.get("thumbnail_url")),
        ctwa_clid=text(referral.get("ctwa_clid")),
        welcome=text(part(referral, "welcome_message").get("text")),
    )


def errors_of(whole: JsonObject) -> tuple[PlatformError, ...] | None:
    """Return the errors of a message or a status; None if there are none."""
    if "errors" not in whole:
        return None
    return tuple(_error(error) for error in objects(whole["errors"])) or None


def pricing_of(status: JsonObject) -> Pricing | None:
    """Return what a status says of the price."""
    pricing = part(status, "pricing")
    if not pricing:
        return None
    return Pricing(
        billable=flag(pricing.get("billable")),
        model=text(pricing.get("pricing_model")),
        type=text(pricing.get("type")),
        category=text(pricing.get("category")),
    )


def conversation_of(status: JsonObject) -> Conversation | None:
    """Return the conversation that a status counts for."""
    conversation = part(status, "conversation")
    if not conversation:
        return None
    return Conversation(
        id=identifier(conversation.get("id")),
        origin=text(part(conversation, "origin").get("type")),
        expires_at=instant(conversation.get("expiration_timestamp")),
    )


def _error(error: JsonObject) -> PlatformError:
    return PlatformError(
        code=whole_number(error.get("code")),
        title=text(error.get("title")),
        message=text(error.get("message")),
        details=text(part(error, "error_data").get("details")),
        href=text(error.get("href")),
    )
