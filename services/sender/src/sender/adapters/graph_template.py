"""Templates in the platform's words (Meta: messages/template-messages)."""

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from domain.messages import (
    CatalogButton,
    CopyCodeButton,
    CurrencyParameter,
    DateTimeParameter,
    FlowButton,
    HeaderFile,
    HeaderParameter,
    OutboundTemplate,
    QuickReplyButton,
    TemplateButton,
    TextParameter,
    UrlButton,
)
from sender.adapters.graph_interactive import file_of


def template(message: OutboundTemplate) -> Mapping[str, Any]:
    """Return the object under `template`; without parameters it has no components."""
    components = list(_components(message))
    return {
        "name": message.name,
        "language": {"code": message.language},
        **({"components": components} if components else {}),
    }


def _components(message: OutboundTemplate) -> Iterator[Mapping[str, Any]]:
    if message.header:
        yield {"type": "header", "parameters": [_parameter(message.header)]}
    if message.body:
        yield {"type": "body", "parameters": [_parameter(one) for one in message.body]}
    for button in message.buttons or ():
        yield {
            "type": "button",
            "sub_type": button.type,
            "index": str(button.index),
            "parameters": [_button(button)],
        }


def _parameter(parameter: HeaderParameter) -> Mapping[str, Any]:
    match parameter:
        case TextParameter():
            return {"type": "text", **_named(parameter.name), "text": parameter.text}
        case CurrencyParameter():
            amount = {
                "fallback_value": parameter.fallback,
                "code": parameter.code,
                "amount_1000": parameter.amount_1000,
            }
            return {"type": "currency", **_named(parameter.name), "currency": amount}
        case DateTimeParameter():
            moment = {"fallback_value": parameter.fallback}
            return {"type": "date_time", **_named(parameter.name), "date_time": moment}
        case HeaderFile():
            return {"type": parameter.type, parameter.type: file_of(parameter)}
        case _:
            assert_never(parameter)


def _named(name: str | None) -> Mapping[str, str]:
    return {"parameter_name": name} if name else {}


def _button(button: TemplateButton) -> Mapping[str, Any]:
    match button:
        case QuickReplyButton():
            return {"type": "payload", "payload": button.payload}
        case UrlButton():
            return {"type": "text", "text": button.text}
        case FlowButton():
            data = {"flow_action_data": dict(button.data)} if button.data else {}
            return {"type": "action", "action": {"flow_token": button.token, **data}}
        case CopyCodeButton():
            return {"type": "coupon_code", "coupon_code": button.code}
        case CatalogButton():
            shown = {"thumbnail_product_retailer_id": button.product}
            return {"type": "action", "action": shown}
        case _:
            assert_never(button)
