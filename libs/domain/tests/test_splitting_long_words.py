import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages import (
    Button,
    OutboundButtons,
    OutboundLink,
    OutboundList,
    OutboundMedia,
    OutboundMessage,
    OutboundText,
    Row,
)
from domain.messages.limits import exceeded
from domain.session.fitting import fit
from domain.session.splitting import split, split_off_end
from domain.session.testing import Given, Spoken

FAMILY = "👩‍👩‍👧‍👦"
WAVE = "👋🏽"
FLAG = "🇵🇹"
SYLLABLE = "\u1100\u1161\u11a8"
ACCENT = "e\u0301"
WORDS = st.text(st.sampled_from(["a", "b", " ", "\n", ".", "!", "。", "é", "字"]), max_size=80)


def without_blanks(*parts: str) -> str:
    return "".join("".join(parts).split())


def test_a_long_text_is_split_after_its_last_sentence_that_fits() -> None:
    text = "One two. Three four! Five six? Seven."

    assert split(text, 22) == ["One two. Three four!", "Five six? Seven."]


def test_a_paragraph_ends_a_sentence_too() -> None:
    assert split("First line\n\nSecond line here", 20) == ["First line", "Second line here"]


def test_a_closing_quote_stays_with_its_sentence() -> None:
    assert split('He said "no." She said yes.', 20) == ['He said "no."', "She said yes."]


def test_a_decimal_point_ends_no_sentence() -> None:
    assert split("It costs 3.50 euros today", 14) == ["It costs 3.50", "euros today"]


def test_a_long_sentence_is_split_between_words() -> None:
    assert split("one two three four five", 9) == ["one two", "three", "four five"]


def test_where_no_blanks_are_written_sentences_still_end() -> None:
    assert split("今天天气很好。我们去公园。好。", 9) == ["今天天气很好。", "我们去公园。好。"]


def test_a_word_longer_than_the_limit_goes_out_in_pieces() -> None:
    assert split("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


@pytest.mark.parametrize("letter", [FAMILY, WAVE, FLAG, ACCENT, SYLLABLE], ids=ascii)
def test_what_is_seen_as_one_letter_is_never_split(letter: str) -> None:
    parts = split(letter * 20, len(letter) * 3 + 1)

    assert "".join(parts) == letter * 20
    assert {part.replace(letter, "") for part in parts} == {""}
    before, end = split_off_end(letter * 20, len(letter) * 3 + 1)
    assert (before, end) == (letter * 17, letter * 3)


def test_marks_without_end_are_split_somewhere_rather_than_never() -> None:
    assert "".join(split("a" + "\u0301" * 50, 10)) == "a" + "\u0301" * 50
    assert len(split_off_end("a" + "\u0301" * 50, 10)[1]) == 10


@given(WORDS, st.integers(1, 30))
def test_nothing_but_blanks_is_lost_and_every_part_fits(text: str, most: int) -> None:
    parts = split(text, most)

    assert without_blanks(*parts) == without_blanks(text)
    assert all(0 < len(part) <= most for part in parts)


@given(WORDS, st.integers(1, 30))
def test_the_end_fits_and_what_stands_before_it_is_kept(text: str, most: int) -> None:
    before, end = split_off_end(text, most)

    assert without_blanks(before, end) == without_blanks(text)
    assert len(end) <= most
    assert end or not text.strip()


LONG = "A sentence of some length, as people write it. " * 120
SENTENCE = LONG[: LONG.index(".") + 1]
TAPPED: tuple[OutboundMessage, ...] = (
    OutboundButtons(text=LONG, buttons=(Button(id="a", title="A"),)),
    OutboundList(text=LONG, button="Choose", rows=(Row(id="a", title="A"),)),
    OutboundLink(text=LONG, button="Open", url="https://example.com"),
)


@pytest.mark.parametrize("message", TAPPED, ids=lambda message: message.type)
def test_what_is_tapped_stands_under_the_last_sentences(message: OutboundMessage) -> None:
    sent = list(fit([message]))
    words = [getattr(one, "text", "") for one in sent]

    assert [one.type for one in sent] == ["text"] * (len(sent) - 1) + [message.type]
    assert " ".join(words) == LONG.strip()
    assert {word[-len(SENTENCE) :] for word in words} == {SENTENCE}
    assert [exceeded(one) for one in sent] == [None] * len(sent)


def test_a_caption_that_is_too_long_goes_on_below_the_file() -> None:
    photo = OutboundMedia(type="image", media_id="1", caption=f" {LONG}")
    first, *others = fit([photo])

    assert isinstance(first, OutboundMedia)
    words = [first.caption, *(one.text for one in others if isinstance(one, OutboundText))]
    assert " ".join(filter(None, words)) == LONG.strip()
    assert len(first.caption or "") <= 1024


def test_short_words_stay_one_message_as_they_are() -> None:
    text = OutboundText(text="  Hello \n")

    assert list(fit([text])) == [text]


def long_story() -> Spoken:
    steps = """
  - {id: story, ask: Tell me., text: {max: 4096}}
  - id: right
    ask: "You said: {{ story }} Is it right?"
    choice: {options: [{id: yes, title: Yes}]}
  - {id: end, complete: {outcome: told}}
"""
    flow = "name: story\ntitle: A story\ntriggers: {default: true}\nsteps:" + steps
    return Given({"story.yaml": flow}).nobody().hears("hi").hears("It was long. " * 300)


def test_an_answer_repeated_to_the_person_may_make_the_question_long() -> None:
    asked = long_story()

    assert [message.type for message in asked.replies] == ["text", "buttons"]
    assert asked.words.replace("\n\n", " ") == f"You said: {'It was long. ' * 300}Is it right?"


def test_the_parts_keep_their_order_and_only_the_last_asks() -> None:
    asked = [event for event in long_story().happened if event.TYPE == "reply.requested.v1"]

    assert [getattr(event, "step", None) for event in asked] == [None, "right"]
    assert asked == [e for e in long_story().happened if e.TYPE == "reply.requested.v1"]
