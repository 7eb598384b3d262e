import pytest

from domain import events
from domain.messages import (
    InboundChoice,
    InboundMedia,
    InboundUnknown,
    InboundUnsupported,
    OutboundButtons,
)
from domain.session.testing import Given, Spoken

PHOTO = InboundMedia(type="image", media_id="1", mime_type="image/jpeg", sha256="aGFzaA==")


def test_a_first_message_opens_a_session_and_gets_one_reply(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")

    assert spoken.types == [
        "contact.identified.v1",
        "session.initiated.v1",
        "message.received.v1",
        "reply.requested.v1",
    ]
    assert spoken.words == "Hello!\n\nWhat is its name?"


def test_a_keyword_begins_its_own_flow(nobody: Spoken) -> None:
    spoken = nobody.hears("  HOURS ")

    assert spoken.words == "We are open from 8 to 17."
    assert spoken.types[-1] == "session.completed.v1"


def test_a_good_answer_is_kept_and_the_next_question_asked(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("Rex")

    assert spoken.types == ["message.received.v1", "answer.recorded.v1", "reply.requested.v1"]
    assert isinstance(spoken.replies[0], OutboundButtons)
    assert [button.id for button in spoken.replies[0].buttons] == ["kind:dog", "kind:cat"]


def test_a_wrong_answer_is_said_to_be_wrong_and_asked_again(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("R")

    assert spoken.types == ["message.received.v1", "answer.rejected.v1", "reply.requested.v1"]
    assert spoken.words == "Two letters at least.\n\nWhat is its name?"


def test_after_too_many_wrong_answers_the_flow_goes_elsewhere(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("R").hears("S")

    assert spoken.types[-1] == "session.handed-off.v1"
    assert spoken.words == "One moment."


def test_a_good_answer_forgives_the_wrong_ones_before_it(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("R").hears("Rex").hears("horse")

    assert [e.attempt for e in spoken.happened if isinstance(e, events.AnswerRejected)] == [1]


def test_a_tap_counts_like_the_word_on_the_button(nobody: Spoken) -> None:
    asked = nobody.hears("hi").hears("Rex")
    tapped = asked.hears(InboundChoice(type="button_reply", id="kind:cat", title="Cat"))
    typed = asked.hears("kitten")

    assert tapped.types == typed.types
    assert tapped.words == typed.words == "A photo of Rex?"


def test_a_tap_on_an_earlier_question_is_recognised_as_late(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("Rex").hears("dog")
    late = spoken.hears(InboundChoice(type="button_reply", id="kind:cat", title="Cat"))

    assert late.words == "That was an answer to an earlier question.\n\nA photo of Rex?"


def test_a_late_tap_is_no_wrong_answer_to_the_open_question(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("Rex").hears("dog")
    late = spoken.hears(InboundChoice(type="button_reply", id="kind:cat", title="Cat"))

    assert late.types == ["message.received.v1", "reply.requested.v1"]


def test_a_button_tapped_twice_is_answered_once(nobody: Spoken) -> None:
    tap = InboundChoice(type="button_reply", id="kind:cat", title="Cat")
    done = InboundChoice(type="button_reply", id="photo:done", title="Done")
    tapped = nobody.hears("hi").hears("Rex").hears(tap)

    assert tapped.hears(tap).types == ["message.received.v1"]
    assert "answer.recorded.v1" in tapped.hears(PHOTO).hears(done).types


def test_a_file_that_nobody_asked_for_is_said_not_to_be_kept(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears(PHOTO)

    assert spoken.words.startswith("I did not ask for a file here, so I did not keep it.")


def test_a_question_asked_anew_begins_without_the_files_of_the_last_round() -> None:
    flow = """
name: again
title: Twice
triggers: {default: true}
steps:
  - {id: photo, ask: "A photo?", files: {kinds: [image], max: 2}}
  - id: right
    ask: Right?
    choice: {options: [{id: yes, title: Yes}, {id: no, title: No}]}
  - {id: turn, branch: [{answer: right, is: yes, to: end}], otherwise: photo}
  - {id: end, complete: {outcome: done}}
"""
    first = Given({"again.yaml": flow}).nobody().hears("hi").hears(PHOTO).hears(PHOTO)
    again = first.hears("no")

    assert again.words == "A photo?"
    assert "answer.rejected.v1" in again.hears("done").types
    session = again.hears(PHOTO).hears("done").person.open_session
    assert session is not None
    assert session.answers["photo"] == "1"


def test_one_more_file_may_follow_until_the_person_is_done(nobody: Spoken) -> None:
    first = nobody.hears("hi").hears("Rex").hears("dog").hears(PHOTO)
    done = first.hears(InboundChoice(type="button_reply", id="photo:done", title="Done"))

    assert first.types == ["message.received.v1", "file.uploaded.v1", "reply.requested.v1"]
    assert done.types[1:] == ["answer.recorded.v1", "reply.requested.v1", "session.completed.v1"]


def test_after_a_first_file_other_words_only_ask_for_another(nobody: Spoken) -> None:
    first = nobody.hears("hi").hears("Rex").hears("dog").hears(PHOTO)
    other = first.hears("it is a big dog")

    assert other.replies == first.replies
    assert isinstance(other.replies[0], OutboundButtons)


def test_after_a_first_file_nobody_is_thanked_for_one_that_is_not_kept(nobody: Spoken) -> None:
    first = nobody.hears("hi").hears("Rex").hears("dog").hears(PHOTO)
    pdf = first.hears(InboundMedia(type="document", media_id="2", mime_type="application/pdf"))
    poll = first.hears(InboundUnsupported(code=131051))
    invitation = first.words

    assert pdf.words == f"Sorry, that does not fit.\n\n{invitation}"
    assert poll.words == f"I can't read this kind of message.\n\n{invitation}"


@pytest.mark.parametrize("code", [131052, 131053])
def test_a_file_that_did_not_come_through_is_asked_for_again(nobody: Spoken, code: int) -> None:
    asked = nobody.hears("hi").hears("Rex").hears("dog")
    lost = asked.hears(InboundUnsupported(code=code))
    one_more = asked.hears(PHOTO).hears(InboundUnsupported(code=code))

    told = "Your file did not come through. Please send it again, or a smaller one."
    assert lost.words.startswith(f"{told}\n\n")
    assert one_more.words.startswith(f"{told}\n\n")


def test_a_file_that_did_not_come_through_is_not_asked_for_where_none_was(nobody: Spoken) -> None:
    lost = nobody.hears("hi").hears(InboundUnsupported(code=131052))

    assert lost.words.startswith("I did not ask for a file here, so I did not keep it.")


def test_the_last_file_allowed_ends_the_question(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("Rex").hears("dog").hears(PHOTO).hears(PHOTO)

    assert "file.uploaded.v1" in spoken.types
    assert spoken.types[-1] == "session.completed.v1"


def test_done_without_any_file_asks_for_one_again(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("Rex").hears("dog").hears("done")

    assert "answer.rejected.v1" in spoken.types


def test_a_file_of_the_wrong_kind_is_not_fetched(nobody: Spoken) -> None:
    pdf = InboundMedia(type="document", media_id="2", mime_type="application/pdf")
    spoken = nobody.hears("hi").hears("Rex").hears("dog").hears(pdf)

    assert "file.uploaded.v1" not in spoken.types
    assert [e.reason for e in spoken.happened if isinstance(e, events.AnswerRejected)] == [
        "wrong-kind"
    ]


def test_a_message_type_unknown_to_us_is_kept_and_the_question_asked_again(
    nobody: Spoken,
) -> None:
    hologram = InboundUnknown(original_type="hologram", raw={"type": "hologram"})
    spoken = nobody.hears("hi").hears(hologram)

    assert spoken.words == "I can't read this kind of message.\n\nWhat is its name?"


def test_a_reaction_is_kept_but_not_answered(nobody: Spoken) -> None:
    reaction = InboundUnknown(original_type="reaction", raw={"type": "reaction"})

    assert nobody.hears("hi").hears(reaction).types == ["message.received.v1"]
    assert nobody.hears(reaction).types == ["contact.identified.v1", "message.received.v1"]


def test_the_outcome_of_a_session_holds_every_answer(nobody: Spoken) -> None:
    spoken = nobody.hears("hi").hears("Rex").hears("dog").hears(PHOTO).hears("done")
    end = spoken.happened[-1]

    assert isinstance(end, events.SessionCompleted)
    assert end.outcome == "known"
    assert end.personal.answers == {"name": "Rex", "kind": "dog", "photo": "1"}


def test_done_is_offered_once_there_are_files_enough() -> None:
    steps = """
  - id: sides
    ask: Both sides, please.
    files: {kinds: [image], min: 2, max: 3, needed: And the other side.}
  - {id: end, complete: {outcome: known, say: Thanks}}
"""
    one = Given.flow(steps).nobody().hears("hi").hears(PHOTO)
    two = one.hears(PHOTO)

    assert (one.words, [reply.type for reply in one.replies]) == ("And the other side.", ["text"])
    assert [reply.type for reply in two.replies] == ["buttons"]
    assert two.hears("done").words == "Thanks"
