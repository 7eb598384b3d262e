"""Every limit that Meta sets on a message, and the code with which it is refused."""

from collections.abc import Mapping
from typing import Any

import pytest

from simulator.graph_errors import GraphError
from simulator.outbound import check_message

Message = Mapping[str, Any]

FRAME = {"messaging_product": "whatsapp", "to": "+15550001111"}
FAMILY = "👩\u200d👩\u200d👧\u200d👦"
UPLOADED = {"1": "image", "2": "document", "3": "sticker", "4": "audio", "5": "video"}


def text(body: Any) -> Message:
    return {"type": "text", "text": {"body": body}}


def interactive(kind: str, action: Message, **more: Any) -> Message:
    content = {"type": kind, "body": {"text": "Which?"}, "action": action, **more}
    return {"type": "interactive", "interactive": content}


def buttons(*replies: tuple[str, str], **more: Any) -> Message:
    listed = [{"type": "reply", "reply": {"id": id_, "title": title}} for id_, title in replies]
    return interactive("button", {"buttons": listed}, **more)


def rows(count: int, **more: Any) -> list[Message]:
    return [{"id": str(n), "title": f"Row {n}", **more} for n in range(count)]


def menu(*sections: Message, button: str = "Choose", **more: Any) -> Message:
    return interactive("list", {"button": button, "sections": list(sections)}, **more)


def section(count: int = 1, title: str = "", **row: Any) -> Message:
    named = {"title": title} if title else {}
    return {**named, "rows": rows(count, **row)}


def media(kind: str, **content: Any) -> Message:
    return {"type": kind, kind: content}


def cta(label: str, url: str = "https://example.org") -> Message:
    parameters = {"display_text": label, "url": url}
    return interactive("cta_url", {"name": "cta_url", "parameters": parameters})


def flow(label: str, **more: Any) -> Message:
    parameters = {"flow_message_version": "3", "flow_cta": label, "flow_id": "1", **more}
    return interactive("flow", {"name": "flow", "parameters": parameters})


def began(**payload: Any) -> Message:
    return flow("Start", flow_action="navigate", flow_action_payload=payload)


def component(kind: str, *parameters: Message, **more: Any) -> Message:
    return template(components=[{"type": kind, "parameters": list(parameters), **more}])


def template(**more: Any) -> Message:
    content = {"name": "hello", "language": {"code": "en"}, **more}
    return {"type": "template", "template": content}


def cards(count: int) -> Message:
    card = {"name": {"formatted_name": "Ana"}, "phones": []}
    return {"type": "contacts", "contacts": [card] * count}


def place(latitude: Any, longitude: Any) -> Message:
    return media("location", latitude=latitude, longitude=longitude)


def header(kind: str, **content: Any) -> Message:
    return {"type": kind, **content}


ONE = ("a", "Yes")
ALLOWED: Mapping[str, Message] = {
    "text of 4096": text("a" * 4096),
    "text without a type": {"text": {"body": "hi"}},
    "three buttons": buttons(ONE, ("b", "No"), ("c", "Later")),
    "button title of 20": buttons(("a", "t" * 20)),
    "button id of 256": buttons(("i" * 256, "Yes")),
    "interactive body of 1024": buttons(ONE, body={"text": "b" * 1024}),
    "footer of 60": buttons(ONE, footer={"text": "f" * 60}),
    "text header of 60": buttons(ONE, header=header("text", text="h" * 60)),
    "image header": buttons(ONE, header=header("image", image={"id": "1"})),
    "ten rows": menu(section(10)),
    "list body of 4096": menu(section(), body={"text": "b" * 4096}),
    "row with all its words": menu(section(title="s" * 24, description="d" * 72)),
    "row id of 200": menu({"rows": [{"id": "i" * 200, "title": "t" * 24}]}),
    "list button of 20": menu(section(), button="b" * 20),
    "link button of 20": cta("b" * 20),
    "flow button of 20": flow("b" * 20),
    "location request": interactive("location_request_message", {"name": "send_location"}),
    "contact request": interactive("request_contact_info", {"name": "request_contact_info"}),
    "image with a caption of 1024": media("image", id="1", caption="c" * 1024),
    "image by link": media("image", link="https://example.org/a.png"),
    "document with a name": media("document", id="2", filename="claim.pdf"),
    "sticker": media("sticker", id="3"),
    "voice": media("audio", id="4", voice=True),
    "video": media("video", id="5", caption="Look"),
    "location in words": place("52.5", "13.4"),
    "257 contacts": cards(257),
    "reaction": media("reaction", message_id="wamid.1", emoji="👍"),
    "reaction taken back": media("reaction", message_id="wamid.1", emoji=""),
    "template": template(components=[{"type": "body", "parameters": []}]),
    "reaction with a family": media(
        "reaction", message_id="wamid.1", emoji="👩\u200d👩\u200d👧\u200d👦"
    ),
    "document header by link": buttons(
        ONE, header=header("document", document={"link": "https://a.b/c", "filename": "c.pdf"})
    ),
    "flow by name": flow("Start", flow_id=None, flow_name="visits", flow_token="t", mode="draft"),
    "flow that begins at a screen": began(screen="DAY", data={"day": "today"}),
    "flow with its own server": flow("Start", flow_action="data_exchange"),
    "template with text": component("body", {"type": "text", "text": "Ana"}),
    "template with an amount and a date": component(
        "body",
        {
            "type": "currency",
            "currency": {"fallback_value": "€1", "code": "EUR", "amount_1000": 1000},
        },
        {"type": "date_time", "date_time": {"fallback_value": "today"}},
    ),
    "template under an image": component("header", {"type": "image", "image": {"id": "1"}}),
    "template with a quick reply": component(
        "button", {"type": "payload", "payload": "go"}, sub_type="quick_reply", index="0"
    ),
    "template with an address": component(
        "button", {"type": "text", "text": "7"}, sub_type="url", index=9
    ),
    "template with a flow": component(
        "button", {"type": "action", "action": {"flow_token": "t"}}, sub_type="flow", index="1"
    ),
    "template with a code": component(
        "button", {"type": "coupon_code", "coupon_code": "A"}, sub_type="copy_code", index="0"
    ),
    "callback data of 512": {**text("hi"), "biz_opaque_callback_data": "r" * 512},
    "answer to a message": {**text("hi"), "context": {"message_id": "wamid.1"}},
    "to a user id only": {**text("hi"), "to": None, "recipient": "US.1"},
}
REFUSED: Mapping[str, tuple[int, Message]] = {
    "text of 4097": (100, text("a" * 4097)),
    "empty text": (131008, text("")),
    "text that is a number": (100, text(7)),
    "text without content": (131008, {"type": "text"}),
    "preview that is no boolean": (100, {"text": {"body": "hi", "preview_url": "yes"}}),
    "unknown type": (131051, {"type": "hologram", "hologram": {}}),
    "another product": (100, {**text("hi"), "messaging_product": "telegram"}),
    "group": (100, {**text("hi"), "recipient_type": "group"}),
    "nobody": (131008, {**text("hi"), "to": None}),
    "no phone number": (131009, {**text("hi"), "to": "Ana"}),
    "no buttons": (131009, buttons()),
    "four buttons": (131009, buttons(ONE, ("b", "No"), ("c", "Later"), ("d", "Never"))),
    "button title of 21": (131009, buttons(("a", "t" * 21))),
    "button id of 257": (131009, buttons(("i" * 257, "Yes"))),
    "same button id twice": (131009, buttons(ONE, ("a", "No"))),
    "interactive body of 1025": (131009, buttons(ONE, body={"text": "b" * 1025})),
    "interactive without body": (131008, buttons(ONE, body=None)),
    "footer of 61": (131009, buttons(ONE, footer={"text": "f" * 61})),
    "text header of 61": (131009, buttons(ONE, header=header("text", text="h" * 61))),
    "audio header": (131009, buttons(ONE, header=header("audio", audio={}))),
    "unknown interactive": (131009, interactive("carousel_of_doom", {})),
    "no sections": (131009, menu()),
    "eleven sections": (131009, menu(*[section(title=str(n)) for n in range(11)])),
    "eleven rows in two sections": (131009, menu(section(6, "a"), section(5, "b"))),
    "two sections, one untitled": (131008, menu(section(title="a"), section())),
    "section title of 25": (131009, menu(section(title="s" * 25))),
    "row title of 25": (131009, menu({"rows": [{"id": "1", "title": "t" * 25}]})),
    "row description of 73": (131009, menu(section(description="d" * 73))),
    "row id of 201": (131009, menu({"rows": [{"id": "i" * 201, "title": "t"}]})),
    "same row id twice": (131009, menu({"rows": [*rows(1), *rows(1)]})),
    "list button of 21": (131009, menu(section(), button="b" * 21)),
    "list body of 4097": (131009, menu(section(), body={"text": "b" * 4097})),
    "list with image header": (131009, menu(section(), header=header("image", image={}))),
    "link button of 21": (131009, cta("b" * 21)),
    "link that is no address": (131009, cta("Open", "javascript:alert(1)")),
    "flow button of 21": (131009, flow("b" * 21)),
    "flow of another version": (131009, flow("Start", flow_message_version="2")),
    "flow without id": (131008, flow("Start", flow_id=None)),
    "location request by a wrong name": (
        131009,
        interactive("location_request_message", {"name": "x"}),
    ),
    "caption of 1025": (131009, media("image", id="1", caption="c" * 1025)),
    "caption of a sticker": (100, media("sticker", id="3", caption="Ha")),
    "file name of an image": (100, media("image", id="1", filename="a.png")),
    "both id and link": (100, media("image", id="1", link="https://example.org")),
    "neither id nor link": (100, media("image")),
    "link without scheme": (131009, media("image", link="example.org/a.png")),
    "unknown media id": (131009, media("image", id="99")),
    "document sent as image": (131053, media("image", id="2")),
    "latitude beyond the pole": (131009, place(91, 0)),
    "longitude in words": (131009, place(0, "east")),
    "no longitude": (131008, media("location", latitude=1)),
    "258 contacts": (131009, cards(258)),
    "contact without a name": (131008, {"type": "contacts", "contacts": [{"phones": []}]}),
    "contacts that are no list": (100, {"type": "contacts", "contacts": {"name": {}}}),
    "reaction to nothing": (131008, media("reaction", emoji="👍")),
    "reaction without emoji": (131008, media("reaction", message_id="wamid.1")),
    "template without language": (131008, template(language=None)),
    "template with an odd component": (131009, template(components=[{"type": "tail"}])),
    "template button without index": (
        131008,
        template(components=[{"type": "button", "sub_type": "url"}]),
    ),
    "template button beyond the tenth": (131009, component("button", sub_type="url", index=10)),
    "template button at a word": (100, component("button", sub_type="url", index="first")),
    "template button of an odd type": (131009, component("button", sub_type="boom", index=0)),
    "two template buttons at one place": (
        131009,
        template(components=[{"type": "button", "sub_type": "url", "index": "0"}] * 2),
    ),
    "quick reply with text": (
        131009,
        component("button", {"type": "text", "text": "7"}, sub_type="quick_reply", index=0),
    ),
    "template parameter of an odd type": (131009, component("body", {"type": "song"})),
    "template parameter without text": (131008, component("body", {"type": "text", "text": ""})),
    "template with an image in its body": (
        131009,
        component("body", {"type": "image", "image": {"id": "1"}}),
    ),
    "template under an image nobody uploaded": (
        131009,
        component("header", {"type": "image", "image": {"id": "99"}}),
    ),
    "template amount without a code": (
        131008,
        component("body", {"type": "currency", "currency": {"fallback_value": "€1"}}),
    ),
    "header image nobody uploaded": (
        131009,
        buttons(ONE, header=header("image", image={"id": "9"})),
    ),
    "header image without a file": (100, buttons(ONE, header=header("image", image={}))),
    "flow button with an emoji": (131009, flow("Start 👋")),
    "flow by both names": (100, flow("Start", flow_name="visits")),
    "flow that does something odd": (131009, flow("Start", flow_action="explode")),
    "flow in an odd mode": (131009, flow("Start", mode="maybe")),
    "flow that begins nowhere": (131008, began(data={"day": "today"})),
    "flow that begins with nothing": (131009, began(screen="DAY", data={})),
    "flow of its own server with a screen": (
        100,
        flow("Start", flow_action="data_exchange", flow_action_payload={"screen": "DAY"}),
    ),
    "voice that is no boolean": (100, media("audio", id="4", voice="yes")),
    "voice of a video": (100, media("video", id="5", voice=True)),
    "file without a name": (131008, media("document", id="2", filename="")),
    "contact without a number": (
        131008,
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "A"}, "phones": [{}]}]},
    ),
    "contact born on an odd day": (
        131009,
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "A"}, "birthday": "May"}]},
    ),
    "reaction in words": (131009, media("reaction", message_id="wamid.1", emoji="great")),
    "callback data of 513": (131009, {**text("hi"), "biz_opaque_callback_data": "r" * 513}),
    "answer to no message": (131008, {**text("hi"), "context": {}}),
}


def framed(message: Message) -> Message:
    return {name: value for name, value in {**FRAME, **message}.items() if value is not None}


@pytest.mark.parametrize("message", ALLOWED.values(), ids=ALLOWED.keys())
def test_a_message_at_its_limit_is_accepted(message: Message) -> None:
    check_message(framed(message), UPLOADED.get)


@pytest.mark.parametrize(("code", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_message_beyond_its_limit_is_refused_with_metas_code(code: int, message: Message) -> None:
    with pytest.raises(GraphError) as refusal:
        check_message(framed(message), UPLOADED.get)

    assert refusal.value.code == code
    assert refusal.value.details
