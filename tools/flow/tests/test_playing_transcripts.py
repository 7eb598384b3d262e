import pytest

from flow.reading import InvalidTranscript
from flow.visiting import Visits, covered
from shop import SHOP, book, played, transcripts

BEGINNING = """
- they: hi
  we: |-
    Hello.

    How was it, from 1 to 5?
"""


def shown(turns: str, *flows: str, before: str = "") -> str:
    failed = played(turns, *flows, before=before).failed
    if failed is None:
        return ""
    lines = [line for one in failed.differences for line in one.lines()]
    return "\n".join([f"turn {failed.turn + 1}", failed.cannot or "", *lines])


def test_a_conversation_that_goes_as_written_passes() -> None:
    assert not shown(
        BEGINNING
        + """
- they: 5
  we: Really 5?
  buttons: ["Yes", "No"]
- tap: "Yes"
  we: Thank you.
  outcome: rated
  ended: completed
  answers: {stars: 5, sure: yes}
"""
    )


def test_what_differs_is_shown_line_by_line() -> None:
    told = shown("- they: hi\n  we: |-\n    Hello!\n\n    How was it, from 1 to 5?\n")

    assert told.splitlines()[:4] == ["turn 1", "", "we:", "  - | Hello!"]
    assert "  + | Hello." in told


def test_what_is_left_out_is_not_said() -> None:
    assert "  + | Hello." in shown("- they: hi")


def test_buttons_that_nobody_expects_are_a_difference() -> None:
    told = shown(BEGINNING + "- they: 5\n  we: Really 5?\n")

    assert "buttons:\n  - (nothing)\n  + | Yes\n  + | No" in told


def test_the_narrow_blanks_of_times_and_amounts_are_typed_as_blanks() -> None:
    flow = """\
name: shop
title: What time it is
triggers: {default: true}
steps:
  - id: told
    complete: {outcome: told, say: "{{ time(now) }}"}
"""

    assert not shown("- they: hi\n  we: 12:00 PM\n  outcome: told\n", flow)


def test_time_passes_only_where_a_transcript_says_so() -> None:
    silent = BEGINNING + "- after: 10m\n  outcome: unrated\n  ended: completed\n"

    assert not shown(silent)
    assert shown(silent.replace("10m", "9m"))


def test_a_human_who_takes_over_gives_the_session_back() -> None:
    assert not shown(
        BEGINNING
        + """
- they: six
  we: |-
    From 1 to 5, please.

    How was it, from 1 to 5?
- they: seven
  we: A colleague writes to you.
  handed_off: shop
- they: are you there?
- release: true
  we: Thank you.
  released: human
  outcome: rated
"""
    )


def test_a_button_that_is_not_there_cannot_be_tapped() -> None:
    told = shown(BEGINNING + "- tap: Maybe\n")

    assert "there is no button 'Maybe' to tap: there are none" in told


def test_who_wants_no_more_messages_is_told_so() -> None:
    assert not shown(
        BEGINNING
        + """
- they: stop
  we: You get no more marketing messages from us. Write to us whenever you want to talk again.
  opted_out: true
  ended: cancelled
"""
    )


def test_the_business_may_begin() -> None:
    template = "template: {name: visit, language: en}\nsteps:"
    assert not shown(
        "- template: visit\n- they: 3\n  we: Really 3?\n  buttons: ['Yes', 'No']\n",
        SHOP.replace("steps:", template),
        before="    begin: {}\n",
    )


def test_outside_the_window_nothing_but_a_template_reaches_the_person() -> None:
    late = BEGINNING + "- after: 25h\n  outcome: unrated\n"

    assert shown(late, SHOP.replace("timeout: {after: 10m", "timeout: {after: 70h")).startswith(
        "turn 2"
    )


def test_steps_and_ways_that_no_transcript_goes_are_known() -> None:
    visits = Visits()
    played(BEGINNING + "- after: 10m\n  outcome: unrated\n", visits=visits)
    [shop] = covered(book(SHOP).current, visits)

    assert shop.missing_steps == ["sure", "route", "thanks", "human"]
    ways = {(way.step, way.to, way.label) for way in shop.ways} - {
        (way.step, way.to, way.label) for way in shop.missing_ways
    }
    assert ways == {("hello", "stars", ""), ("stars", "silent", "after 10m")}


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ("- thy: hi", "5: transcript 1, turn 1, thy: is not known here"),
        ("- we: hi", "turn 1 says nothing of what the person does"),
        ("- they: hi\n  tap: Yes", "one thing at a time: they and tap are turns of their own"),
        ("- they: hi\n  we: a\n  we: b", "shop.test.yaml:7: we is written twice: keep one"),
        ("- after: soon", "5: transcript 1, turn 1, after"),
        ("- they: [", "this is not YAML"),
    ],
)
def test_a_transcript_with_a_mistake_names_the_line(turns: str, told: str) -> None:
    with pytest.raises(InvalidTranscript) as mistake:
        transcripts(turns)

    assert told in str(mistake.value)
    assert str(mistake.value).startswith("shop.test.yaml:")


def test_words_stay_as_they_are_written() -> None:
    file = transcripts("- they: 007\n- they: yes\n- they: 2026-11-20\n- they: 1.50\n")

    assert [turn.they for turn in file.transcripts.transcripts[0].turns] == [
        "007",
        "yes",
        "2026-11-20",
        "1.50",
    ]
