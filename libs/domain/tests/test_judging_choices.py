"""A choice is made by a tap, or by words of any language of the flow."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.messages import InboundChoice, InboundText
from domain.session.flows.answers import judge
from domain.session.flows.buttons import ShownOption, button_id, earlier_answer
from domain.session.flows.judgement import Accepted, Hearing, Judgement, Rejected
from domain.session.flows.steps import Ask

OPTIONS = [
    {"id": "yes", "title": {"en": "Yes", "es": "Sí"}, "words": {"en": ["ok", "y"], "es": "vale"}},
    {"id": "no", "title": "No", "words": ["never"]},
]
SHOWN = (ShownOption("slot:9.30", "Monday at 9:30"), ShownOption("12", "Tuesday", "afternoon"))


def asked(**more: Any) -> Ask:
    step = Ask.model_validate({"id": "q", "ask": "?", "choice": {"options": OPTIONS, **more}})
    return step.model_copy(update={"id": "visit.slot"})


def hearing(*shown: ShownOption) -> Hearing:
    return Hearing(datetime(2026, 11, 23, tzinfo=UTC), ("es", "en"), options=shown)


def said(words: str, *shown: ShownOption) -> Judgement:
    return judge(asked(), InboundText(text=words), hearing(*shown))


def tapped(id_: str, *shown: ShownOption) -> Judgement:
    return judge(asked(), InboundChoice(type="button_reply", id=id_, title="?"), hearing(*shown))


@pytest.mark.parametrize("words", ["Yes", "SÍ", "si", "sí!", "OK.", "vale", "yes"])
def test_an_option_is_typed_in_whichever_language(words: str) -> None:
    assert said(words) == Accepted("yes")


@pytest.mark.parametrize("words", ["", "...", "yes please", "perhaps", "n"])
def test_other_words_choose_nothing(words: str) -> None:
    assert said(words) == Rejected("not-a-choice")


@pytest.mark.parametrize("words", ["water", "💧 water", "Water 👍🏽", "WATER❤️!"])
def test_emoji_in_a_title_or_an_answer_change_nothing(words: str) -> None:
    options = [{"id": "water", "title": "💧 Water"}, {"id": "up", "title": "👍"}]
    step = Ask.model_validate({"id": "q", "ask": "?", "choice": {"options": options}})

    assert judge(step, InboundText(text=words), hearing()) == Accepted("water")
    assert judge(step, InboundText(text="👍"), hearing()) == Accepted("up")
    assert judge(step, InboundText(text="👎"), hearing()) == Rejected("not-a-choice")


def test_words_without_accents_that_fit_two_options_choose_nothing() -> None:
    options = [{"id": "year", "title": "Año"}, {"id": "other", "title": "Áno"}]
    step = Ask.model_validate({"id": "q", "ask": "?", "choice": {"options": options}})

    assert judge(step, InboundText(text="ano"), hearing()) == Rejected("not-a-choice")
    assert judge(step, InboundText(text="año"), hearing()) == Accepted("year")


def test_an_option_that_the_flow_found_out_is_tapped_or_typed() -> None:
    assert tapped("visit.slot:slot:9.30", *SHOWN) == Accepted("slot:9.30")
    assert tapped("visit.slot:12", *SHOWN) == Accepted("12")
    assert said("monday at 9:30", *SHOWN) == Accepted("slot:9.30")
    assert said("never", *SHOWN) == Accepted("no")


def test_an_option_that_is_offered_no_more_is_no_answer() -> None:
    assert tapped("visit.slot:slot:9.30") == Rejected("not-a-choice")


def test_the_button_of_another_question_is_told_by_its_step() -> None:
    tap = InboundChoice(type="list_reply", id=button_id("visit.slot", "slot:9.30"), title="?")

    assert earlier_answer("visit.slot", tap) is None
    assert earlier_answer("stars", tap) == ("visit.slot", "slot:9.30")
    assert earlier_answer("stars", tap.model_copy(update={"id": "BOOK_NOW"})) is None


def test_the_button_of_a_template_chooses_by_its_title() -> None:
    tap = InboundChoice(type="template_button", id="PAYLOAD", title="Sí")

    assert judge(asked(), tap, hearing()) == Accepted("yes")
    assert judge(asked(), tap.model_copy(update={"title": "?"}), hearing()) == Rejected(
        "not-a-choice"
    )


def test_a_tap_is_no_answer_to_a_question_for_words() -> None:
    step = Ask.model_validate({"id": "q", "ask": "?", "text": {}})
    tap = InboundChoice(type="button_reply", id="q:yes", title="Yes")

    assert judge(step, tap, hearing()) == Rejected("not-a-choice")
