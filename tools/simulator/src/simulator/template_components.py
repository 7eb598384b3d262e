"""What fills a template in: its components and their parameters (Meta: template-messages)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from simulator.graph_errors import BAD_VALUE, GraphError
from simulator.sent_files import MediaKind, check_file
from simulator.shapes import choice, items, mapping, number, text, unique

COMPONENTS = frozenset({"header", "body", "button"})
BUTTONS = 10
SUB_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "quick_reply": "payload",
        "url": "text",
        "flow": "action",
        "copy_code": "coupon_code",
        "catalog": "action",
        "mpm": "action",
        "voice_call": "payload",
    }
)
"""Which type of parameter each type of button takes."""


def check_template(template: Mapping[str, Any], media_kind: MediaKind) -> None:
    """Raise GraphError for the first thing wrong, whatever template it is."""
    text(template, "name", "template.name")
    text(mapping(template, "language", "template.language"), "code", "template.language.code")
    components = components_of(template)
    for component in components:
        kind = choice(component, "type", COMPONENTS, "template.components.type")
        if kind == "button":
            _check_button(component)
        for parameter in parameters_of(component):
            _check_parameter(parameter, kind, media_kind)
    unique(
        [str(one["index"]) for one in components if one["type"] == "button"],
        "template.components.index",
    )


def components_of(template: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the components, none where there are none."""
    return items(template, "components", "template.components", least=0, optional=True)


def parameters_of(component: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the parameters of a component, none where there are none."""
    path = "template.components.parameters"
    return items(component, "parameters", path, least=0, optional=True)


def _check_button(component: Mapping[str, Any]) -> None:
    path = "template.components"
    kind = choice(component, "sub_type", SUB_TYPES, f"{path}.sub_type").lower()
    number(component, "index", f"{path}.index", least=0, most=BUTTONS - 1)
    for parameter in parameters_of(component):
        choice(parameter, "type", {SUB_TYPES[kind]}, f"{path}.parameters.type")


def _check_parameter(parameter: Mapping[str, Any], place: str, media_kind: MediaKind) -> None:
    path = "template.components.parameters"
    kind = choice(parameter, "type", PARAMETERS, f"{path}.type")
    if kind in FILES and place != "header":
        raise GraphError(BAD_VALUE, f"Param {path}.type must not be {kind} outside of a header")
    if kind in FILES:
        check_file(mapping(parameter, kind, f"{path}.{kind}"), kind, f"{path}.{kind}", media_kind)
    else:
        PARAMETERS[kind](parameter, f"{path}.{kind}")


def _check_word(key: str) -> Callable[[Mapping[str, Any], str], None]:
    def check(parameter: Mapping[str, Any], path: str) -> None:
        text(parameter, key, path)

    return check


def _check_currency(parameter: Mapping[str, Any], path: str) -> None:
    amount = mapping(parameter, "currency", path)
    text(amount, "fallback_value", f"{path}.fallback_value")
    text(amount, "code", f"{path}.code")
    number(amount, "amount_1000", f"{path}.amount_1000")


def _check_date_time(parameter: Mapping[str, Any], path: str) -> None:
    text(mapping(parameter, "date_time", path), "fallback_value", f"{path}.fallback_value")


def _check_object(key: str) -> Callable[[Mapping[str, Any], str], None]:
    def check(parameter: Mapping[str, Any], path: str) -> None:
        mapping(parameter, key, path)

    return check


FILES = frozenset({"image", "video", "document"})
PARAMETERS: Mapping[str, Callable[[Mapping[str, Any], str], None]] = MappingProxyType(
    {
        "text": _check_word("text"),
        "payload": _check_word("payload"),
        "coupon_code": _check_word("coupon_code"),
        "currency": _check_currency,
        "date_time": _check_date_time,
        "action": _check_object("action"),
        "location": _check_object("location"),
        **{kind: _check_object(kind) for kind in FILES},
    }
)
