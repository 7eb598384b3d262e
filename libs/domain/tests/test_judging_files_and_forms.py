"""Files of the kinds that were asked for, and the form that was sent."""

from typing import Any

import pytest

from domain.messages import InboundFlowReply, InboundMedia
from domain.session.flows.answers import accepts_file, judge_form, largest_file
from domain.session.flows.judgement import Accepted, Rejected
from domain.session.flows.questions import Files


@pytest.mark.parametrize(
    ("kinds", "type_", "mime_type", "fits"),
    [
        (["image"], "image", "image/jpeg", True),
        (["image"], "document", "image/png", True),
        (["image"], "document", "Image/PNG; name=a.png", True),
        (["image"], "document", "application/pdf", False),
        (["image"], "sticker", "image/webp", False),
        (["pdf"], "document", "application/pdf", True),
        (["pdf"], "document", "APPLICATION/PDF; x=y", True),
        (["pdf"], "document", "application/msword", False),
        (["document"], "document", "application/pdf", True),
        (["document"], "document", "text/plain", True),
        (["document"], "image", "image/jpeg", False),
        (["video"], "document", "video/mp4", True),
        (["audio"], "audio", "audio/ogg; codecs=opus", True),
        (["audio", "pdf"], "document", "", False),
    ],
)
def test_a_file_is_told_by_how_it_was_sent_and_by_its_type(
    kinds: list[Any], type_: Any, mime_type: str, *, fits: bool
) -> None:
    media = InboundMedia(type=type_, media_id="1", mime_type=mime_type)

    assert accepts_file(Files(kinds=tuple(kinds)), media) is fits


def test_the_largest_file_is_counted_in_bytes() -> None:
    assert largest_file(Files(kinds=("pdf",))) is None
    assert largest_file(Files(kinds=("pdf",), max_mb=5)) == 5 * 1024 * 1024
    assert largest_file(Files(kinds=("pdf",), max_mb=0.0000001)) == 1


def test_the_fields_of_a_form_are_its_data() -> None:
    reply = InboundFlowReply(
        flow_token="t", response={"flow_token": "t", "stars": 5, "why": ["a", "b"]}
    )

    assert judge_form(reply, "t") == Accepted("filled", {"stars": 5, "why": ["a", "b"]})


def test_another_form_is_no_answer() -> None:
    assert judge_form(InboundFlowReply(flow_token="u", response={}), "t") == Rejected("other-form")
    assert judge_form(InboundFlowReply(response={}), "t") == Rejected("other-form")


def test_a_form_that_cannot_be_read_is_no_answer() -> None:
    unreadable = InboundFlowReply(flow_token="t", response_json="[1]")

    assert judge_form(unreadable, "t") == Rejected("unreadable-form")
