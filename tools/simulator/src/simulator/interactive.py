"""The limits of interactive messages (Meta: interactive reply buttons, lists, cta url, flows)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from simulator.graph_errors import BAD_VALUE, MISSING_PARAMETER, GraphError
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
HEADERS = frozenset({"text", "image", "video", "document"})


def check_interactive(message: Mapping[str, Any]) -> None:
    """Raise GraphError with Meta's code for the first thing wrong."""
    kind = choice(message, "type", KINDS, "interactive.type")
    _check_header(message, {"text"} if kind == "list" else HEADERS)
    _check_body(message, kind)
    if "footer" in message:
        length(mapping(message, "footer"), "text", "interactive.footer.text", most=SMALL)
    KINDS[kind](mapping(message, "action", "interactive.action"))


def _check_header(message: Mapping[str, Any], kinds: frozenset[str] | set[str]) -> None:
    if "header" not in message:
        return
    header = mapping(message, "header", "interactive.header")
    kind = choice(header, "type", kinds, "interactive.header.type")
    if kind == "text":
        length(header, "text", "interactive.header.text", most=SMALL)
    else:
        mapping(header, kind, f"interactive.header.{kind}")


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
    if not text(parameters, "url", "action.parameters.url").startswith(("https://", "http://")):
        raise GraphError(BAD_VALUE, "Param action.parameters.url is not a URL")


def _check_flow(action: Mapping[str, Any]) -> None:
    choice(action, "name", {"flow"}, "action.name")
    parameters = mapping(action, "parameters", "action.parameters")
    choice(parameters, "flow_message_version", {"3"}, "action.parameters.flow_message_version")
    length(parameters, "flow_cta", "action.parameters.flow_cta", most=BUTTON_TITLE)
    if not (parameters.get("flow_id") or parameters.get("flow_name")):
        raise GraphError(MISSING_PARAMETER, "Param action.parameters.flow_id is required")


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
