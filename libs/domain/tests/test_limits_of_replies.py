import pytest

from domain.messages import (
    Button,
    Card,
    CardName,
    HeaderFile,
    HeaderText,
    OutboundButtons,
    OutboundContacts,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundLocation,
    OutboundLocationRequest,
    OutboundMedia,
    OutboundMessage,
    OutboundReaction,
    OutboundReadReceipt,
    OutboundTemplate,
    OutboundText,
    QuickReplyButton,
    Row,
    TextParameter,
)
from domain.messages.limits import exceeded

YES = Button(id="yes", title="Yes")
ROW = Row(id="noon", title="Noon")
FLOW = OutboundFlow(text="Book", button="Book", flow_id="1", token="t")
LINK = OutboundLink(text="Look", button="Open", url="https://example.com")
TEMPLATE = OutboundTemplate(name="reminder", language="en")
PLACE = OutboundLocation(latitude=38.7, longitude=-9.1)
CARD = Card(name=CardName(formatted="Kim"))


def buttons(*given: Button, text: str = "Well?") -> OutboundButtons:
    return OutboundButtons(text=text, buttons=given)


def rows(*given: Row, button: str = "Choose") -> OutboundList:
    return OutboundList(text="When?", button=button, rows=given)


def media(kind: str, **fields: object) -> OutboundMedia:
    return OutboundMedia.model_validate({"type": kind, **fields})


def numbered(count: int, **fields: str) -> list[Row]:
    return [Row.model_validate({"id": str(n), "title": "Noon", **fields}) for n in range(count)]


GOOD: tuple[OutboundMessage, ...] = (
    OutboundText(text="x" * 4096, preview_url=True),
    buttons(
        *(Button(id="i" * 255 + str(n), title="t" * 20) for n in range(3)),
        text="x" * 1024,
    ).model_copy(update={"header": HeaderText(text="h" * 60), "footer": "f" * 60}),
    buttons(YES).model_copy(update={"header": HeaderFile(type="image", link="https://a.b/c.png")}),
    rows(*numbered(10, description="d" * 72)),
    rows(*numbered(2, section="s" * 24), Row(id="z", title="t" * 24, section="Other")),
    LINK,
    FLOW,
    FLOW.model_copy(update={"screen": "DAY", "data": {"day": "today"}}),
    FLOW.model_copy(update={"flow_id": None, "flow_name": "book", "action": "data_exchange"}),
    OutboundLocationRequest(text="Where are you?"),
    media("image", media_id="1", caption="c" * 1024),
    media("document", link="https://example.com/a.pdf", file_name="a.pdf", caption=""),
    media("audio", media_id="1", voice=True),
    media("image", file="map.png"),
    media("sticker", media_id="1"),
    PLACE,
    OutboundContacts(cards=(CARD,) * 257),
    OutboundReaction(wamid="wamid.1", emoji=""),
    OutboundReadReceipt(wamid="wamid.1", typing=True),
    TEMPLATE.model_copy(
        update={
            "header": HeaderFile(type="document", media_id="1", file_name="a.pdf"),
            "body": (TextParameter(text="Ana"),),
            "buttons": (QuickReplyButton(index=9, payload="go"),),
        }
    ),
)

BAD: tuple[tuple[str, OutboundMessage], ...] = (
    ("text: at most 4096 characters", OutboundText(text="x" * 4097)),
    ("text: needed", OutboundText(text=" \n")),
    ("text: at most 1024 characters", buttons(YES, text="x" * 1025)),
    ("buttons: 1 to 3", buttons()),
    ("buttons: 1 to 3", buttons(*(Button(id=str(n), title="T") for n in range(4)))),
    ("buttons: title: at most 20 characters", buttons(Button(id="a", title="t" * 21))),
    ("buttons: title: needed", buttons(Button(id="a", title=""))),
    ("buttons: id: at most 256 characters", buttons(Button(id="i" * 257, title="T"))),
    ("buttons: id: each only once", buttons(YES, YES)),
    (
        "header: at most 60 characters",
        buttons(YES).model_copy(update={"header": HeaderText(text="h" * 61)}),
    ),
    (
        "header: media_id: exactly one of media_id, link and file",
        buttons(YES).model_copy(update={"header": HeaderFile(type="image")}),
    ),
    ("footer: at most 60 characters", LINK.model_copy(update={"footer": "f" * 61})),
    ("button: at most 20 characters", rows(ROW, button="b" * 21)),
    ("rows: 1 to 10", rows(*numbered(11))),
    ("rows: 1 to 10", rows()),
    ("rows: title: at most 24 characters", rows(Row(id="a", title="t" * 25))),
    ("rows: id: at most 200 characters", rows(Row(id="i" * 201, title="T"))),
    ("rows: description: at most 72 characters", rows(*numbered(1, description="d" * 73))),
    ("rows: id: each only once", rows(ROW, ROW)),
    ("rows: section: at most 24 characters", rows(*numbered(1, section="s" * 25))),
    (
        "rows: section: needed on every row, as soon as there are two",
        rows(ROW, *numbered(1, section="Other")),
    ),
    ("button: at most 20 characters", LINK.model_copy(update={"button": "b" * 21})),
    ("url: begins with https://", LINK.model_copy(update={"url": "example.com"})),
    ("button: no emoji", FLOW.model_copy(update={"button": "Book 👋"})),
    (
        "flow_id: exactly one of flow_id and flow_name",
        FLOW.model_copy(update={"flow_name": "book"}),
    ),
    ("token: needed", FLOW.model_copy(update={"token": ""})),
    (
        "screen: only with the action navigate",
        FLOW.model_copy(update={"action": "data_exchange", "screen": "DAY"}),
    ),
    ("data: only with a screen", FLOW.model_copy(update={"data": {"day": "today"}})),
    ("text: at most 1024 characters", OutboundLocationRequest(text="x" * 1025)),
    ("media_id: exactly one of media_id, link and file", media("image")),
    (
        "media_id: exactly one of media_id, link and file",
        media("image", media_id="1", file="map.png"),
    ),
    ("link: begins with https://", media("image", link="ftp://example.com/a.png")),
    ("caption: at most 1024 characters", media("video", media_id="1", caption="c" * 1025)),
    (
        "caption: only under an image, a video or a document",
        media("sticker", media_id="1", caption="c"),
    ),
    ("file_name: only for a document", media("image", media_id="1", file_name="a.png")),
    ("voice: only for audio", media("video", media_id="1", voice=True)),
    ("latitude: -90 to 90", PLACE.model_copy(update={"latitude": 91.0})),
    ("longitude: -180 to 180", PLACE.model_copy(update={"longitude": float("nan")})),
    ("cards: 1 to 257", OutboundContacts(cards=(CARD,) * 258)),
    (
        "cards: name: formatted: needed",
        OutboundContacts(cards=(Card(name=CardName(formatted="")),)),
    ),
    ("wamid: needed", OutboundReaction(wamid="", emoji="👍")),
    ("wamid: needed", OutboundReadReceipt(wamid="")),
    (
        "name: small letters, digits and underscores, at most 512",
        TEMPLATE.model_copy(update={"name": "Our reminder"}),
    ),
    ("language: needed", TEMPLATE.model_copy(update={"language": ""})),
    ("body: needed", TEMPLATE.model_copy(update={"body": (TextParameter(text=""),)})),
    (
        "header: media_id: exactly one of media_id, link and file",
        TEMPLATE.model_copy(update={"header": HeaderFile(type="image")}),
    ),
    (
        "buttons: index: 0 to 9",
        TEMPLATE.model_copy(update={"buttons": (QuickReplyButton(index=10, payload="go"),)}),
    ),
    (
        "buttons: index: each only once",
        TEMPLATE.model_copy(update={"buttons": (QuickReplyButton(index=0, payload="go"),) * 2}),
    ),
)


@pytest.mark.parametrize("message", GOOD, ids=lambda message: message.type)
def test_a_message_at_the_edge_of_every_limit_is_fine(message: OutboundMessage) -> None:
    assert exceeded(message) is None


@pytest.mark.parametrize(("problem", "message"), BAD, ids=[problem for problem, _ in BAD])
def test_a_message_beyond_a_limit_is_told_where_and_what_is_allowed(
    problem: str, message: OutboundMessage
) -> None:
    assert exceeded(message) == problem
