"""The limits of interactive messages (Meta: interactive reply buttons, lists, cta url, flows)."""

import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from simulator.graph_errors import BAD_VALUE, INVALID_PARAMETER, MISSING_PARAMETER, GraphError
from simulator.sent_files import MediaKind, check_address, check_file
from simulator.shapes import choice, items, length, mapping, text, unique

BODY = 1024
LIST_BODY = 4096
SMALL = 60
BUTTONS = 3
BUTTON_TITLE = 20
BUTTON_ID = 256
SECTIONS = 10
ROWS = 10
SECTION_TITLE = 24
ROW_TITLE = 24
ROW_DESCRIPTION = 72
ROW_ID = 200
FLOW_ACTIONS = frozenset({"navigate", "data_exchange"})
HEADERS = frozenset({"text", "image", "video", "document"})


def check_interactive(message: Mapping[str, Any], media_kind: MediaKind) -> None:
    """Raise GraphError with Meta's code for the first thing wrong."""
    kind = choice(message, "type", KINDS, "interactive.type")
    _check_header(message, {"text"} if kind == "list" else HEADERS, media_kind)
    _check_body(message, kind)
    if "footer" in message:
        length(mapping(message, "footer"), "text", "interactive.footer.text", most=SMALL)
    KINDS[kind](mapping(message, "action", "interactive.action"))


def _check_header(
    message: Mapping[str, Any], kinds: frozenset[str] | set[str], media_kind: MediaKind
) -> None:
    if "header" not in message:
        return
    header = mapping(message, "header", "interactive.header")
    kind = choice(header, "type", kinds, "interactive.header.type")
    if kind == "text":
        length(header, "text", "interactive.header.text", most=SMALL)
    else:
        path = f"interactive.header.{kind}"
        check_file(mapping(header, kind, path), kind, path, media_kind)


def _check_body(message: Mapping[str, Any], kind: str) -> None:
    if "body" not in message and kind in BODILESS:
        return
    body = mapping(message, "body", "interactive.body")
    length(body, "text", "interactive.body.text", most=LIST_BODY if kind == "list" else BODY)


def _check_buttons(action: Mapping[str, Any]) -> None:
    buttons = items(action, "buttons", "action.buttons", most=BUTTONS)
    replies = []
    for button in buttons:
        choice(button, "type", {"reply"}, "action.buttons.type")
        replies.append(mapping(button, "reply", "action.buttons.reply"))
    for reply in replies:
        length(reply, "title", "action.buttons.reply.title", most=BUTTON_TITLE)
        length(reply, "id", "action.buttons.reply.id", most=BUTTON_ID)
    unique([reply["id"] for reply in replies], "action.buttons.reply.id")


def _check_list(action: Mapping[str, Any]) -> None:
    length(action, "button", "action.button", most=BUTTON_TITLE)
    sections = items(action, "sections", "action.sections", most=SECTIONS)
    rows = [row for section in sections for row in _rows(section, titled=len(sections) > 1)]
    if len(rows) > ROWS:
        raise GraphError(BAD_VALUE, f"Param action.sections must have at most {ROWS} rows in total")
    for row in rows:
        length(row, "title", "action.sections.rows.title", most=ROW_TITLE)
        length(row, "id", "action.sections.rows.id", most=ROW_ID)
        if "description" in row:
            path = "action.sections.rows.description"
            length(row, "description", path, most=ROW_DESCRIPTION, least=0)
    unique([row["id"] for row in rows], "action.sections.rows.id")


def _rows(section: Mapping[str, Any], *, titled: bool) -> list[Mapping[str, Any]]:
    if titled or "title" in section:
        length(section, "title", "action.sections.title", most=SECTION_TITLE)
    return items(section, "rows", "action.sections.rows")


def _check_cta_url(action: Mapping[str, Any]) -> None:
    choice(action, "name", {"cta_url"}, "action.name")
    parameters = mapping(action, "parameters", "action.parameters")
    length(parameters, "display_text", "action.parameters.display_text", most=BUTTON_TITLE)
    check_address(parameters, "url", "action.parameters.url")


def _check_flow(action: Mapping[str, Any]) -> None:
    choice(action, "name", {"flow"}, "action.name")
    path = "action.parameters"
    parameters = mapping(action, "parameters", path)
    choice(parameters, "flow_message_version", {"3"}, f"{path}.flow_message_version")
    label = length(parameters, "flow_cta", f"{path}.flow_cta", most=BUTTON_TITLE)
    if any(unicodedata.category(char) in {"So", "Sk"} for char in label):
        raise GraphError(BAD_VALUE, f"Param {path}.flow_cta must not hold an emoji")
    names = [key for key in ("flow_id", "flow_name") if parameters.get(key)]
    if not names:
        raise GraphError(MISSING_PARAMETER, f"Param {path}.flow_id is required")
    if len(names) > 1:
        raise GraphError(INVALID_PARAMETER, f"Param {path} needs either flow_id or flow_name")
    if "flow_token" in parameters:
        text(parameters, "flow_token", f"{path}.flow_token")
    if "mode" in parameters:
        choice(parameters, "mode", {"draft", "published"}, f"{path}.mode")
    _check_flow_action(parameters, path)


def _check_flow_action(parameters: Mapping[str, Any], path: str) -> None:
    if "flow_action" in parameters:
        choice(parameters, "flow_action", FLOW_ACTIONS, f"{path}.flow_action")
    if "flow_action_payload" not in parameters:
        return
    payload = mapping(parameters, "flow_action_payload", f"{path}.flow_action_payload")
    if parameters.get("flow_action", "navigate") != "navigate":
        raise GraphError(INVALID_PARAMETER, f"Param {path}.flow_action_payload is of navigate only")
    text(payload, "screen", f"{path}.flow_action_payload.screen")
    if "data" in payload and not mapping(payload, "data", f"{path}.flow_action_payload.data"):
        raise GraphError(BAD_VALUE, f"Param {path}.flow_action_payload.data must not be empty")


def _check_name(name: str) -> Callable[[Mapping[str, Any]], None]:
    def check(action: Mapping[str, Any]) -> None:
        choice(action, "name", {name}, "action.name")

    return check


def _check_nothing_more(_: Mapping[str, Any]) -> None:
    """Meta publishes no limits for these; the frame around them is checked."""


KINDS: Mapping[str, Callable[[Mapping[str, Any]], None]] = MappingProxyType(
    {
        "button": _check_buttons,
        "list": _check_list,
        "cta_url": _check_cta_url,
        "flow": _check_flow,
        "location_request_message": _check_name("send_location"),
        "request_contact_info": _check_name("request_contact_info"),
        "address_message": _check_name("address_message"),
        "call_permission_request": _check_name("call_permission_request"),
        "catalog_message": _check_name("catalog_message"),
        "voice_call": _check_name("voice_call"),
        "carousel": _check_nothing_more,
        "product": _check_nothing_more,
        "product_list": _check_nothing_more,
    }
)
BODILESS = frozenset({"product"})
