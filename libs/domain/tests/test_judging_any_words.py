"""Whatever anybody writes, a question either takes it in one form or says why not."""

import json
import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.messages import (
    InboundChoice,
    InboundContacts,
    InboundFlowReply,
    InboundLocation,
    InboundMedia,
    InboundMessage,
    InboundOrder,
    InboundReaction,
    InboundText,
    InboundUnknown,
)
from domain.messages.card import Card, CardName, CardPhone
from domain.session.flows.answers import judge
from domain.session.flows.buttons import ShownOption
from domain.session.flows.examples import example, longest_example
from domain.session.flows.judgement import Accepted, Hearing, Rejected
from domain.session.flows.steps import Ask
from domain.session.flows.words import MAX_WORDS, visible

LANGUAGES = ("en", "en-US", "es", "pt-BR", "fr", "de", "de-CH", "ar", "hi", "ja", "vi", "tr", "xx")
ZONES = ("UTC", "Europe/Madrid", "Pacific/Kiritimati", "America/New_York")
PIECES = re.findall(
    r"\S+",
    """1 12 30 2026 0 ٣ ५ . , - / : ' + 00 € \u2212 ½ march märz mañana कल 昨日 3月 20日 tháng lunes
    st de Sept am p. m. 下午 noon o'clock h alas noche el este próximo next this
    friday sexta am. 24th in days dentro días halb neun half past nine y media quarter uno vingt et
    twenty hundred @ .org ana Ben first ZWEI İ ß ŉ x ﷺ""",
)
BLANKS = [" ", "\n", "\u200d", "\u00a0", "\x00", "\u2028", "\ud800"]

some_words = st.one_of(
    st.text(st.characters(), max_size=50),
    st.lists(st.sampled_from(PIECES + BLANKS), max_size=8).map("".join),
    st.lists(st.sampled_from(PIECES + BLANKS), max_size=8).map(" ".join),
)
PHONES = r"\A(\+34 ?6[0-9]{2}[ -]?[0-9]{3} ?[0-9]{3}|\+[0-9 ]{5,17}|0?[0-9 ()/-]{5,17})\Z"
DAYS = (
    r"\A((on |this |next |last |for )?(fri|Friday)( the)?|el (próximo )?viernes|am Freitag, den)?"
    r"( ?[0-3]?[0-9](st|th|\.)?)?\Z|\A(in|dentro de) ([0-9]{1,3}|tres|five) (days?|días|weeks)\Z"
)
TIMES = (
    r"\A(las |at |um )?(half past|halb|quarter to|[0-5]?[0-9] past)? ?([0-9]{1,2}|nine|neun|nueve)"
    r"( y media| menos cuarto| y [0-9]{1,2}| thirty)?( ?pm| de la noche| in the evening)?\Z"
)
LIKELY: dict[str, st.SearchStrategy[str]] = {
    "number": st.from_regex(r"\A[+-]?[0-9]{1,3}([.,\u00a0][0-9]{1,3}){0,3}\Z"),
    "date": st.one_of(
        st.dates().map(str),
        st.from_regex(r"\A[0-3]?[0-9]([./-])[01]?[0-9](\1([12][0-9])?[0-9]{2})?\Z"),
        st.from_regex(r"\A[0-3]?[0-9](st|\.| de)? (mar|März|septiembre|नवंबर)( 20[0-9]{2})?\Z"),
        st.sampled_from(["today", "Mañana", "कल", "昨日", "lunes", "amanhã", "hôm qua"]),
        st.from_regex(DAYS),
    ),
    "time": st.one_of(
        st.from_regex(r"\A[0-2]?[0-9]([:.h][0-5][0-9])? ?(am|p\. m\.|Uhr|下午|de la noche)?\Z"),
        st.from_regex(TIMES),
    ),
    "phone": st.from_regex(PHONES),
    "email": st.emails(),
    "choice": st.sampled_from(
        ["The FIRST", "1", "die erste!", "zwei", "i\u0307", "BEN", "12", "Marz"]
    ),
    "location": st.from_regex(r"\A-?[0-9]{1,3}(\.[0-9]{1,8})?[,; ] ?-?[0-9]{1,3}(\.[0-9]{1,8})?\Z"),
    "contact": st.from_regex(
        r"\A[A-Z][a-zß]{1,5}( [^0-9]{1,3})?[,:]? (\+34612345678|[0-9 -]{5,12})\Z"
    ),
}
bounds_of_numbers = st.one_of(
    st.integers(-2000, 2000).map(float),
    st.decimals(-(10**15) + 1, 10**15 - 1, places=3).map(float),
)


def ordered(low: str, high: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw bounds, either of them or both, the lower one first."""
    both = st.tuples(values, values).map(sorted).map(lambda two: {low: two[0], high: two[1]})
    return st.one_of(
        st.just({}), values.map(lambda one: {low: one}), values.map(lambda one: {high: one}), both
    )


OPTIONS = [
    {"id": "one", "title": {"en": "The first", "de": "Die Erste"}, "words": {"en": ["1"]}},
    {"id": "two", "title": "Zwei", "words": ["İ", "2"]},
]
SHOWN = (ShownOption("a:b", "Ben"), ShownOption("12", "März", "x"))
numbers = st.one_of(
    ordered("min", "max", bounds_of_numbers).map(lambda bounds: {"number": bounds}),
    ordered("min", "max", st.integers(-2000, 2000)).map(
        lambda bounds: {"number": {**bounds, "whole": True}}
    ),
)
kinds: st.SearchStrategy[dict[str, Any]] = st.one_of(
    ordered("min", "max", st.integers(1, 60)).map(lambda bounds: {"text": bounds}),
    st.sampled_from(["[A-Z]{2}", r"\d+", ".*", "a?", "(?i)ana.*"]).flatmap(
        lambda pattern: st.booleans().map(
            lambda upper: {"pattern": {"matches": pattern, "upper": upper}}
        )
    ),
    numbers,
    ordered("earliest", "latest", st.dates()).map(lambda bounds: {"date": bounds}),
    st.sampled_from([{"date": {"latest": "today"}}, {"date": {"earliest": "today"}}, {"date": {}}]),
    st.fixed_dictionaries({}, optional={"earliest": st.times(), "latest": st.times()}).map(
        lambda bounds: {
            "time": {name: at.replace(second=0, microsecond=0) for name, at in bounds.items()}
        }
    ),
    st.sampled_from([{"phone": {}}, {"phone": {"country": "ES"}}, {"phone": {"country": "XX"}}]),
    st.just({"email": {}}),
    st.sampled_from(
        [
            {"choice": {"options": OPTIONS}},
            {"choice": {"options": OPTIONS, "each": {"of": "found"}}},
        ]
    ),
    st.just({"location": {}}),
    st.just({"contact": {}}),
    st.just({"files": {"kinds": ["image"], "max": 3}}),
)
asked = kinds.map(lambda kind: Ask.model_validate({"id": "q", "ask": "?", **kind}))


def answered(step: Ask) -> st.SearchStrategy[tuple[Ask, str]]:
    """Draw words for this question, half of them such as people answer it with."""
    likely = next((LIKELY[name] for name in LIKELY if getattr(step, name)), some_words)
    return st.tuples(st.just(step), st.one_of(some_words, likely, likely, likely))


answers = asked.flatmap(answered)
hearings = st.builds(
    Hearing,
    at=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # hypothesis adds the zone
    languages=st.lists(st.sampled_from(LANGUAGES), max_size=3).map(tuple),
    time_zone=st.sampled_from(ZONES),
    phone=st.sampled_from([None, "15550001111", "4915123456789", "0", "x"]),
    options=st.sampled_from([(), SHOWN]),
)
FORMS = {
    "number": re.compile(r"-?\d{1,15}(\.\d{1,9})?"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "time": re.compile(r"\d\d:\d\d"),
    "phone": re.compile(r"\+\d{5,15}"),
    "email": re.compile(r"\S+@\S+\.\S+"),
    "location": re.compile(r"-?\d{1,2}(\.\d{1,6})?,-?\d{1,3}(\.\d{1,6})?"),
    "contact": re.compile(r"\S.*, \+\d{5,15}", re.DOTALL),
}


@given(answers, hearings)
def test_any_words_are_judged_and_kept_in_the_form_of_their_kind(
    answer: tuple[Ask, str], hearing: Hearing
) -> None:
    step, said = answer
    judged = judge(step, InboundText(text=said), hearing)

    if isinstance(judged, Rejected):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", judged.reason)
        return
    assert len(judged.value) <= MAX_WORDS
    assert judged.value == visible(judged.value)
    for name, form in FORMS.items():
        if getattr(step, name) is not None:
            assert form.fullmatch(judged.value)


@given(answers, hearings)
def test_what_was_accepted_is_accepted_again_as_it_is_kept(
    answer: tuple[Ask, str], hearing: Hearing
) -> None:
    step, said = answer
    judged = judge(step, InboundText(text=said), hearing)
    if isinstance(judged, Rejected):
        return

    # A number is kept as no language in particular writes it: 1.500 is thousands in some.
    neutral = hearing._replace(languages=()) if step.number else hearing
    again = judge(step, InboundText(text=judged.value), neutral)

    assert isinstance(again, Accepted)
    assert again.value == judged.value


@given(answers, hearings)
def test_nothing_that_is_accepted_breaks_the_bounds_of_its_question(
    answer: tuple[Ask, str], hearing: Hearing
) -> None:
    step, said = answer
    judged = judge(step, InboundText(text=said), hearing)
    if isinstance(judged, Rejected):
        return

    value, kind = judged.value, step.kind
    if step.text:
        assert step.text.min <= len(value) <= step.text.max
    if step.number:
        assert step.number.min is None or Decimal(value) >= Decimal(str(step.number.min))
        assert step.number.max is None or Decimal(value) <= Decimal(str(step.number.max))
        assert not step.number.whole or "." not in value
    if step.date and isinstance(step.date.earliest, date):
        assert date.fromisoformat(value) >= step.date.earliest
    if step.date and isinstance(step.date.latest, date):
        assert date.fromisoformat(value) <= step.date.latest
    if step.time and step.time.earliest and not step.time.latest:
        assert time.fromisoformat(value) >= step.time.earliest
    if step.choice:
        assert value in {"one", "two", *(option.id for option in hearing.options)}
    assert len(value) <= len(longest_example(kind)) or step.choice


@given(asked, hearings)
def test_examples_are_answers_themselves(step: Ask, hearing: Hearing) -> None:
    if step.files or step.pattern or (step.choice and step.choice.each):
        return
    if step.date and "today" in (step.date.earliest, step.date.latest):
        return

    neutral = hearing._replace(languages=())
    for said in (example(step.kind), longest_example(step.kind)):
        judged = judge(step, InboundText(text=said), neutral)
        assert judged == Accepted(said, getattr(judged, "data", None))


phones = st.builds(CardPhone, phone=st.none() | LIKELY["phone"], wa_id=st.none() | some_words)
cards = st.builds(
    Card,
    name=st.none() | st.builds(CardName, formatted=st.none() | some_words, first=some_words),
    phones=st.none() | st.lists(phones, max_size=3).map(tuple),
)
messages: st.SearchStrategy[InboundMessage] = st.one_of(
    st.builds(InboundLocation, latitude=st.floats(), longitude=st.floats(), name=some_words),
    st.builds(InboundContacts, cards=st.lists(cards, max_size=3).map(tuple)),
    st.builds(
        InboundChoice,
        type=st.sampled_from(["button_reply", "list_reply", "template_button"]),
        id=st.sampled_from(["q:one", "q:a:b", "q:", "", "x:one"]) | some_words,
        title=LIKELY["choice"] | some_words,
    ),
    st.sampled_from(
        [
            InboundMedia(type="image", media_id="1", mime_type="image/jpeg"),
            InboundFlowReply(flow_token="t", response={}),
            InboundUnknown(raw={}),
            InboundOrder(items=()),
            InboundReaction(target_wamid="w"),
        ]
    ),
)


@given(asked, messages, hearings)
def test_any_other_message_is_judged_and_its_parts_are_json(
    step: Ask, message: InboundMessage, hearing: Hearing
) -> None:
    judged = judge(step, message, hearing)

    if isinstance(judged, Accepted):
        assert judged.value
        assert len(judged.value) <= len(longest_example(step.kind)) or step.choice
        assert visible(judged.value) == judged.value
        json.dumps(judged.data, allow_nan=False, ensure_ascii=False).encode()
