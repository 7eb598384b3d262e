"""What is behind the names that a flow uses."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import SessionInitiated
from domain.session.contact import Contact
from domain.session.flows.parsing import parse_flow
from domain.session.flows.scope import Scope
from domain.session.flows.steps import Ask
from domain.session.state import begin
from domain.values import NAMESPACE, ContactId, SessionId

FLOW = parse_flow(
    """
name: claim
title: A claim
languages: [en, es]
time_zone: Europe/Madrid
triggers: {default: true, variables: {order: {default: A-1}, tier: {default: gold}}}
steps:
  - {id: stars, ask: {en: How many, es: Cuántas}, number: {}}
  - {id: day, ask: {en: When, es: Cuándo}, date: {}}
  - id: kind
    ask: {en: What, es: Qué}
    choice: {options: [{id: water, title: {en: Water, es: Agua}}]}
  - {id: shop, lookup: {name: shop}, not_found: end, failed: end}
  - {id: slot, ask: {en: Which, es: Cuál}, choice: {each: {of: shop.slots}}}
  - {id: photos, ask: {en: Photos, es: Fotos}, files: {kinds: [image]}}
  - {id: home, ask: {en: Where, es: Dónde}, location: {}}
  - {id: visit, call: {flow: visit, with: {about: kind}}}
  - {id: end, complete: {outcome: done}}
---
name: visit
title: A visit
triggers: {variables: {about: {}, shown: {type: boolean, default: true}}}
steps:
  - {id: stars, ask: How many, number: {}}
  - {id: why, ask: Why, text: {}}
  - {id: worked_out, set: {bonus: stars * 2}}
  - {id: end, complete: {outcome: rated}}
""",
    in_use=True,
)

ANSWERS = {
    "stars": "4",
    "day": "2026-07-01",
    "kind": "water",
    "slot": "b",
    "photos": "2",
    "home": "41.4,2.1",
    "visit.stars": "4.5",
}
SLOTS = [{"id": "a", "title": "9:00"}, {"id": "b", "title": "10:00"}]
HOME = {"latitude": 41.4, "longitude": 2.1, "name": "Home"}
KNOWN = {"shop": {"slots": SLOTS, "open": True}, "home": HOME, "visit.about": "water"}
NOW = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
BEGUN = SessionInitiated(
    contact_id=ContactId(NAMESPACE),
    session_id=SessionId(NAMESPACE),
    phone_number_id="1",
    flow="claim",
    flow_version="0" * 16,
    trigger="message",
    by="referral",
)


def knowing(
    answers: Mapping[str, str] = ANSWERS,
    variables: Mapping[str, Any] = KNOWN,
    language: str | None = None,
    prefix: str = "",
) -> Scope:
    return Scope(
        flow=FLOW,
        answers=answers,
        variables=variables,
        contact=Contact(name="Ana"),
        session=begin(BEGUN, datetime(2026, 1, 5, 12, tzinfo=UTC)),
        now=NOW,
        language=language,
        prefix=prefix,
    )


@pytest.mark.parametrize(
    "formula",
    [
        "stars == 4 && stars + 1 == 5",
        "day == timestamp('2026-07-01')",
        "kind == 'water'",
        "photos > 1",
        "home.latitude > 41.0 && home.name == 'Home'",
        "shop.open && shop.slots.exists(slot, slot.title == '10:00')",
        "order == 'A-1' && tier == 'gold'",
        "contact.name == 'Ana' && !contact.opted_out",
        "session.flow == 'claim' && session.began_at < now && session.trigger == 'referral'",
        "today == timestamp('2026-07-02') && now.getHours() == 0",
        "visit.stars == 4.5 && visit.why == null && visit.bonus == null",
        "visit['stars'] == 4.5 && visit['outcome'] == null && visit['shown']",
        "stars - visit.stars < 0.0",
    ],
)
def test_a_name_has_the_type_of_its_question(formula: str) -> None:
    assert knowing().holds(formula)


def test_a_called_flow_knows_its_own_names_by_themselves_and_no_others() -> None:
    inner = knowing(prefix="visit.")
    assert inner.holds("stars == 4.5 && about == 'water' && shown && kind == null")
    assert inner.worth("stars * 2") == 9.0
    assert inner.text({"": "{{ stars }}{{ why }}{{ kind }}"}) == "4.5"


@pytest.mark.parametrize("formula", ["missing", "missing > 1", "1 / 0", "stars", "(", "tier"])
def test_what_is_not_there_or_cannot_be_worked_out_does_not_hold(formula: str) -> None:
    assert not knowing({}, {}).holds(formula)


@pytest.mark.parametrize(
    ("formula", "worth"),
    [
        ("kind", "water"),
        ("stars", 4),
        ("photos", 2),
        ("day", "2026-07-01"),
        ("home", HOME),
        ("visit.stars", 4.5),
        ("shop.slots", SLOTS),
        ("today", "2026-07-02T00:00:00+02:00"),
        ("today + duration('1d')", "2026-07-03T00:00:00+02:00"),
        ("duration('2h')", "7200s"),
        ("{'stars': stars, 'at': now}", {"at": "2026-07-02T00:30:00+02:00", "stars": 4}),
        ("missing.field", None),
        ("missing + 1", None),
        ("(", None),
    ],
)
def test_what_is_handed_on_is_json(formula: str, worth: Any) -> None:
    assert knowing().worth(formula) == worth


def test_a_long_answer_is_handed_on_whole() -> None:
    assert knowing({"visit.why": "x" * 9000}).worth("visit.why") == "x" * 9000


def test_a_wait_ends_at_a_moment_however_it_is_written() -> None:
    midnight = datetime(2026, 7, 1, 22, tzinfo=UTC)
    assert knowing().moment("today") == midnight
    assert knowing({}, {"until": "2026-07-02"}).moment("until") == midnight
    assert knowing({}, {"until": "2026-07-01T22:00:00Z"}).moment("until") == midnight
    assert knowing({}, {"until": "soon"}).moment("until") is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "Agua el 1 jul 2026 por 1.234,50 €"),
        ("es-MX", "Agua el 1 jul 2026 por EUR1,234.50"),
        ("en", "Water on Jul 1, 2026 for €1,234.50"),
        ("en-GB", "Water on 1 Jul 2026 for €1,234.50"),
        ("fr", "Water on Jul 1, 2026 for €1,234.50"),
        (None, "Water on Jul 1, 2026 for €1,234.50"),
    ],
)
def test_a_text_reads_as_its_language_does(language: str | None, text: str) -> None:
    wording = {
        "en": "{{ kind }} on {{ date(day) }} for {{ money(1234.5, 'EUR') }}",
        "es": "{{ kind }} el {{ date(day) }} por {{ money(1234.5, 'EUR') }}",
    }
    assert knowing(language=language).text(wording).replace("\xa0", " ") == text


def test_a_text_in_the_first_language_has_its_numbers_whoever_reads_it() -> None:
    assert knowing(language="es").text({"": "{{ number(1234.5) }}"}) == "1,234.5"


def test_a_text_for_all_languages_has_the_numbers_of_the_reader() -> None:
    assert knowing(language="es").text({"*": "{{ number(1234.5, 2) }}"}) == "1.234,50"


def test_a_choice_is_called_by_its_title_also_one_that_was_found_out() -> None:
    assert knowing(language="es").spoken("kind") == "Agua"
    assert knowing().spoken("slot") == "10:00"
    assert knowing({"slot": "gone"}).spoken("slot") == "gone"


def test_names_are_spoken_as_kept() -> None:
    said = [knowing().spoken(name) for name in ("day", "stars", "visit.stars", "contact.name")]
    assert said == ["2026-07-01", "4", "4.5", "Ana"]
    assert [knowing().spoken(name) for name in ("visit", "shop", "missing", "shop.open.more")] == [
        *("", "", "", "")
    ]


def test_a_placeholder_that_cannot_be_read_is_left_as_written() -> None:
    assert knowing().text({"": "{{ open"}) == "{{ open"


NAMES = sorted({*ANSWERS, *KNOWN, "contact", "session", "now", "today", "order", "missing"})
FORMULAS = ("{0}", "{0} + 1", "{0} > {1}", "{0}.{1}", "{0}[0]", "size({0})", "date({0})", "[{0}]")
scopes = st.builds(
    knowing,
    st.dictionaries(st.sampled_from(NAMES), st.text(max_size=20)),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
            max_leaves=8,
        ),
    ),
    st.none() | st.sampled_from(("en", "es", "es-MX", "xx", "")),
    st.sampled_from(("", "visit.")),
)
formulas = st.builds(
    str.format, st.sampled_from(FORMULAS), st.sampled_from(NAMES), st.sampled_from(NAMES)
)


@given(scope=scopes, formula=formulas)
def test_whatever_was_answered_nothing_raises(scope: Scope, formula: str) -> None:
    assert scope.holds(formula) in (True, False)
    assert isinstance(scope.text({"": f"{{{{ {formula} }}}}"}), str)
    assert isinstance(scope.spoken(formula), str)
    scope.worth(formula)
    scope.moment(formula)
    for step in scope.flow.steps.values():
        if isinstance(step, Ask) and step.choice:
            assert len(scope.options(step.choice)) <= 10
