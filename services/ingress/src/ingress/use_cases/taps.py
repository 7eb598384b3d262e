"""What people tap on or fill in (Meta: webhooks/reference/messages/interactive and button)."""

from typing import Any

from pydantic_core import from_json

from domain.messages import InboundCallPermission, InboundChoice, InboundFlowReply, InboundMessage
from ingress.use_cases.lenient import JsonObject, flag, instant, part, text

_DEEPEST = 100
"""Readers of the command give up at 200, and what is written in a text is not counted before."""


def interactive(message: JsonObject) -> InboundMessage | None:
    """Return the tap or the form; None for a kind that is not known or holds nothing."""
    whole = part(message, "interactive")
    if form := part(whole, "nfm_reply"):
        return _form(form)
    if permission := part(whole, "call_permission_reply"):
        return _permission(permission)
    return _choice(whole)


def template_button(message: JsonObject) -> InboundChoice | None:
    """Return the quick reply of a template; without payload its label is all there is."""
    button = part(message, "button")
    payload, label = text(button.get("payload")), text(button.get("text"))
    chosen = payload or label
    if chosen is None:
        return None
    return InboundChoice(type="template_button", id=chosen, title=label or chosen)


def _choice(whole: JsonObject) -> InboundChoice | None:
    button, row = part(whole, "button_reply"), part(whole, "list_reply")
    if chosen := text(button.get("id")):
        return InboundChoice(type="button_reply", id=chosen, title=text(button.get("title")) or "")
    if chosen := text(row.get("id")):
        return InboundChoice(
            type="list_reply",
            id=chosen,
            title=text(row.get("title")) or "",
            description=text(row.get("description")),
        )
    return None


def _form(form: JsonObject) -> InboundFlowReply:
    written = form.get("response_json")
    response = _response(written)
    return InboundFlowReply(
        name=text(form.get("name")),
        body=text(form.get("body")),
        flow_token=text(response.get("flow_token")) if response is not None else None,
        response=response,
        response_json=text(written) if response is None else None,
    )


def _response(written: object) -> dict[str, Any] | None:
    """Read WhatsApp's text of what was filled in; it may be missing, torn, or no object."""
    if isinstance(written, dict):
        return written
    try:
        response = from_json(written, allow_inf_nan=False) if isinstance(written, str) else None
    except ValueError:
        return None
    return response if isinstance(response, dict) and not _is_deeper(response, _DEEPEST) else None


def _is_deeper(value: object, levels: int) -> bool:
    """Say whether containers stand in one another on more levels than that."""
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return False
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in value)


def _permission(permission: JsonObject) -> InboundCallPermission | None:
    response = text(permission.get("response"))
    if response is None:
        return None
    return InboundCallPermission(
        response=response,
        permanent=flag(permission.get("is_permanent")),
        expires_at=instant(permission.get("expiration_timestamp")),
        source=text(permission.get("response_source")),
    )
