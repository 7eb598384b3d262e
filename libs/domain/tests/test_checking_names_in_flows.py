"""What an author is told about fields that nothing has, and plural forms of other languages."""

import pytest

from domain.session.flows.parsing import InvalidFlow, parse_flow

FLOW = """
name: claim
title: A claim
languages: [en, pl]
triggers: {{keywords: {{en: claim, pl: szkoda}}}}
wrong: {{"*": "?"}}
unreadable: {{"*": "?"}}
unasked_file: {{"*": "?"}}
agent: {{words: {{en: agent, pl: agent}}, say: {{"*": "…"}}}}
steps:
  - {{id: stars, ask: {{en: Stars, pl: Gwiazdki}}, number: {{}}}}
  - {{id: home, ask: {{en: Where, pl: Gdzie}}, location: {{}}}}
  - {{id: friend, ask: {{en: Who, pl: Kto}}, contact: {{}}}}
  - {{id: order, lookup: {{name: order-status}}, not_found: end, failed: end}}
  - {{id: visit, call: {{flow: visit}}}}
  - {{id: last, say: {0}}}
  - {{id: end, complete: {{outcome: done}}}}
---
name: visit
title: A visit
languages: [en, pl]
triggers: {{variables: {{about: {{default: us}}}}}}
steps:
  - {{id: rating, ask: {{en: Stars, pl: Gwiazdki}}, number: {{}}}}
  - {{id: end, complete: {{outcome: rated}}}}
"""


def said(text: str) -> str:
    return FLOW.format(text)


@pytest.mark.parametrize(
    "name",
    [
        *("home.latitude", "home.address", "friend.phone", "order.any.thing", "visit.rating"),
        *("visit.about", "visit.outcome", "contact.language", "session.flow"),
    ],
)
def test_a_field_that_can_be_there_is_no_problem(name: str) -> None:
    assert parse_flow(said(f'{{"*": "{{{{ {name} }}}}"}}')).name == "claim"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stars.size", "step last: say: *: stars.size: there is no size in stars"),
        ("home.city", "home.city: there is no city in home"),
        ("friend.email", "there is no email in friend"),
        ("visit.stars", "visit.stars: the flow that is called has no stars"),
        ("visit.rating.more", "there is no more in rating"),
        ("contact.phone", "there is no phone in contact"),
        ("upper(contact.phone)", "there is no phone in contact"),
        ("now.hours", "there is no hours in now"),
    ],
)
def test_a_field_that_nothing_has_is_told(name: str, words: str) -> None:
    with pytest.raises(InvalidFlow) as refused:
        parse_flow(said(f'{{"*": "{{{{ {name} }}}}"}}'))
    assert words in str(refused.value)


def plurals(en: str, pl: str) -> str:
    texts = {
        language: "{{ plural(stars, " + ", ".join(f"'{form}'" for form in forms) + ") }}"
        for language, forms in (("en", en.split()), ("pl", pl.split()))
    }
    return said(f'{{en: "{texts["en"]}", pl: "{texts["pl"]}"}}')


@pytest.mark.parametrize("polish", ["a b c", "a b c d"])
def test_each_language_has_its_own_number_of_plural_forms(polish: str) -> None:
    assert parse_flow(plurals("star stars", polish)).name == "claim"


def test_too_few_or_too_many_plural_forms_are_told_by_language() -> None:
    with pytest.raises(InvalidFlow) as refused:
        parse_flow(plurals("a b c", "a b"))
    told = str(refused.value)
    assert "step last: say: plural has 3 forms, but en needs 2: those for one, other" in told
    assert "step last: say: plural has 2 forms, but pl needs 3: those for one, few, many" in told
