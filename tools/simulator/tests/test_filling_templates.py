"""A template is refused where it is not filled in as it was approved."""

from collections.abc import Mapping
from typing import Any

import pytest

from simulator.graph_errors import GraphError
from simulator.template_forms import Components, check_language

Send = Mapping[str, Any]


def text(words: str, **name: str) -> Send:
    return {"type": "text", "text": words, **name}


def part(kind: str, *parameters: Send, **more: Any) -> Send:
    return {"type": kind, "parameters": list(parameters), **more}


def send(*components: Send) -> Send:
    return {"name": "order", "language": {"code": "en"}, "components": list(components)}


def url(index: int) -> Send:
    return part("button", text("7"), sub_type="url", index=str(index))


IMAGE = part("header", {"type": "image", "image": {"id": "1"}})
PLAIN = Components()
TWO = Components(body=2)
NAMED = Components(body=["first_name", "amount"])
PICTURE = Components(header="image")
TAPPED = Components(buttons=["quick_reply", "url"])
FITS: Mapping[str, tuple[Components, Send]] = {
    "nothing to fill in": (PLAIN, send()),
    "two parameters": (TWO, send(part("body", text("a"), text("b")))),
    "named parameters in any order": (
        NAMED,
        send(
            part("body", text("5", parameter_name="amount"), text("A", parameter_name="first_name"))
        ),
    ),
    "an image above": (PICTURE, send(IMAGE)),
    "an address, and a quick reply that keeps its label": (TAPPED, send(url(1))),
    "exactly 1024 letters": (TWO, send(part("body", text("a" * 1000), text("b" * 24)))),
}
MISFITS: Mapping[str, tuple[int, Components, Send]] = {
    "a parameter too many": (132000, PLAIN, send(part("body", text("a")))),
    "a parameter too few": (132000, TWO, send(part("body", text("a")))),
    "no components at all": (132000, TWO, {"name": "order", "language": {"code": "en"}}),
    "a name that it does not have": (
        132012,
        NAMED,
        send(part("body", text("A", parameter_name="first_name"), text("5", parameter_name="sum"))),
    ),
    "no names": (132012, NAMED, send(part("body", text("A"), text("5")))),
    "no image": (132000, PICTURE, send()),
    "text in the place of an image": (132012, PICTURE, send(part("header", text("Hello")))),
    "an image in the place of nothing": (132000, PLAIN, send(IMAGE)),
    "a button at the place of another": (132012, TAPPED, send(url(0), url(1))),
    "a button that it does not have": (132012, TAPPED, send(url(1), url(2))),
    "an address without its end": (131008, TAPPED, send()),
    "more than 1024 letters": (132005, TWO, send(part("body", text("a" * 1000), text("b" * 25)))),
}


@pytest.mark.parametrize(("approved", "sent"), FITS.values(), ids=FITS.keys())
def test_a_template_filled_in_as_it_was_approved_is_taken(approved: Components, sent: Send) -> None:
    approved.check(sent)


@pytest.mark.parametrize(("code", "approved", "sent"), MISFITS.values(), ids=MISFITS.keys())
def test_a_template_filled_in_otherwise_is_refused_with_metas_code(
    code: int, approved: Components, sent: Send
) -> None:
    with pytest.raises(GraphError) as refusal:
        approved.check(sent)

    assert refusal.value.code == code


def test_a_template_exists_only_in_its_languages() -> None:
    check_language(send(), ["pt_BR", "en"])
    with pytest.raises(GraphError) as refusal:
        check_language(send(), ["pt_BR"])

    assert refusal.value.code == 132001
    assert refusal.value.status == 404
