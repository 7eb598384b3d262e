"""People opt out and in whatever their conversation waits for, in the words of any flow."""

from datetime import timedelta

from domain.events import SessionCancelled
from domain.session.testing import Given, Spoken

PREFERENCES = """
triggers: {keywords: [preferences]}
opt_out: {words: [unsubscribe], say: You get no more offers.}
opt_in: {words: [subscribe], say: You get offers again.}
steps:
  - {id: end, complete: {outcome: done}}
"""
HEAD = "agent: {words: [agent], say: Coming.}"


def at(steps: str) -> Spoken:
    end = "  - {id: end, complete: {outcome: done, say: Done}}\n"
    return Given.flow(steps + end, HEAD, preferences=PREFERENCES).nobody().hears("hi")


def opted_out_at(steps: str) -> Spoken:
    """Opt out by the words of another flow, and begin again."""
    return at(steps).hears("unsubscribe").hears("hi")


COLLECT = "  - {id: story, wait: {collect: 10m}}\n"
LOOKUP = "  - {id: order, lookup: {name: orders, timeout: 10m}, not_found: end, failed: end}\n"
NAP = "  - {id: nap, wait: {for: 2h}}\n"
ASK = '  - {id: name, ask: "Name?", text: {}}\n'


def test_whatever_a_conversation_waits_for_the_words_of_another_flow_end_it() -> None:
    for steps in (COLLECT, LOOKUP, NAP, ASK):
        gone = at(steps).hears("unsubscribe")
        assert gone.words == "You get no more offers."
        ended = gone.happened[-1]
        assert isinstance(ended, SessionCancelled)
        assert ended.reason == "opted-out"
        assert gone.after(timedelta(days=9)).happened == ()


def test_an_answer_of_another_service_after_that_changes_nothing() -> None:
    asked = at(LOOKUP)

    assert asked.hears("unsubscribe").asked(asked.finding(a=1)).happened == ()


def test_opting_in_asks_an_open_question_once_more() -> None:
    assert opted_out_at(ASK).hears("subscribe").words == "You get offers again.\n\nName?"


def test_opting_in_keeps_what_was_collected_so_far() -> None:
    again = opted_out_at(COLLECT).hears("It was").hears("subscribe").hears("cold.")

    assert again.after(timedelta(minutes=10)).session.answers == {"story": "It was\ncold."}


def test_opting_in_neither_prolongs_a_wait_nor_asks_another_service_anew() -> None:
    naps, asked = opted_out_at(NAP), opted_out_at(LOOKUP)
    until = naps.deadlines["wait"]

    assert naps.hears("subscribe").deadlines["wait"] == until
    again = asked.hears("subscribe")
    assert again.words == "You get offers again."
    assert again.asked(asked.finding(a=1)).words == "Done"


def test_while_a_human_talks_a_choice_counts_and_the_human_answers() -> None:
    gone = at(ASK).hears("agent").hears("unsubscribe")

    assert gone.types == ["message.received.v1", "contact.opted-out.v1"]
    assert gone.hears("subscribe").types == ["message.received.v1", "contact.opted-in.v1"]
