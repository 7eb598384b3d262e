import io
from typing import Any

import pytest
from rich.console import Console

from demo.bucket import Found
from demo.conversation import CLAIM, photo
from demo.events import Published, holes
from demo.person import choices_of, words_of
from demo.stage import Stage


def published(partition: int, sequence: int | None) -> Published:
    return Published(
        partition=partition,
        key="contact",
        type="reply.sent.v1",
        id=f"{partition}-{sequence}",
        sequence=sequence,
        stream_version=1,
        subject="session",
        traceparent=None,
        data={"step": "policy", "kind": "text"},
    )


BUTTONS: dict[str, Any] = {
    "type": "interactive",
    "interactive": {
        "type": "button",
        "body": {"text": "What kind?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "a:b", "title": "Water"}}]},
    },
}
LIST: dict[str, Any] = {
    "type": "interactive",
    "interactive": {
        "type": "list",
        "body": {"text": "When?"},
        "action": {"button": "Choose", "sections": [{"rows": [{"id": "a:c", "title": "Noon"}]}]},
    },
}


def test_a_gapless_partition_has_no_holes() -> None:
    assert holes([published(0, 1), published(1, 1), published(0, 2)]) == []


@pytest.mark.parametrize("sequences", [(2,), (1, 3), (1, 1), (1, None)])
def test_a_missing_doubled_or_unnumbered_event_is_a_hole(sequences: tuple[int | None]) -> None:
    assert len(holes([published(0, sequence) for sequence in sequences])) == 1


def test_buttons_and_lists_offer_their_choices() -> None:
    assert choices_of(BUTTONS) == ("button_reply", [{"id": "a:b", "title": "Water"}])
    assert choices_of(LIST) == ("list_reply", [{"id": "a:c", "title": "Noon"}])
    assert choices_of({"type": "text", "text": {"body": "Hi"}}) == ("", [])


def test_the_words_of_every_kind_of_message_are_found() -> None:
    assert words_of(BUTTONS) == "What kind?"
    assert words_of({"type": "text", "text": {"body": "Hi"}}) == "Hi"


def test_the_stage_shows_chat_events_file_and_crm() -> None:
    screen = io.StringIO()
    stage = Stage(Console(file=screen, width=120))

    stage.person("Ana", "[bold]hello[/bold]")
    stage.agent(BUTTONS)
    stage.event(published(3, 7))
    stage.file({"bucket": "files", "key": "a/b.jpg"}, Found(5, "00ff", "image/jpeg"), same=False)
    stage.crm_call({"type": "session.completed", "verified": False, "body": {}})

    shown = screen.getvalue()
    for part in ("[bold]hello[/bold]", "[ Water ]", "3/7", "policy, text", "a/b.jpg", "NO"):
        assert part in shown
    assert "NOT VERIFIED" in shown


def test_the_conversation_ends_with_a_claim_and_holds_one_photo() -> None:
    assert str(CLAIM[-1]) == "[Yes, file it]"
    assert [str(act) for act in CLAIM].count("(photo kitchen.jpg)") == 1
    assert photo().startswith(b"\xff\xd8\xff")
