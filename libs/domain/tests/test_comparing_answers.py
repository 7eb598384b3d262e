"""What an author is told who compares an answer with what it can never be."""

import pytest

from domain.session.flows.book import FlowBook
from domain.session.flows.parsing import InvalidFlow

FLOW = """\
name: shop
title: A shop
triggers: {{default: true}}
steps:
  - id: owner
    ask: Do you own it?
    choice: {{options: [{{id: yes, title: Yes}}, {{id: no, title: No}}, {{id: soon, title: Soon}}]}}
  - {{id: age, ask: "Age?", number: {{}}}}
  - {{id: code, ask: "Code?", text: {{}}}}
  - {{id: day, ask: "Day?", date: {{}}}}
  - {{id: home, ask: "Where?", location: {{}}}}
  - {{id: visit, call: {{flow: visit}}}}
  - id: fork
    branch:
      - {{when: "age > 1", to: end}}
      - {case}
    otherwise: end
  - {{id: end, complete: {{outcome: done, say: '{said}'}}}}
"""
VISIT = """\
name: visit
title: A visit
steps:
  - {id: stars, ask: "Stars?", choice: {options: [{id: one, title: "1"}, {id: two, title: "2"}]}}
  - {id: end, complete: {outcome: rated}}
"""


def told(case: str = "{when: age > 2, to: end}", said: str = "Bye") -> list[str]:
    sources = {"shop.yaml": FLOW.format(case=case, said=said), "visit.yaml": VISIT}
    try:
        FlowBook.of(sources)
    except InvalidFlow as error:
        return str(error).splitlines()
    return []


COMPARED = 'owner is the id of an option, such as "yes": it is compared by == or in'


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ('owner == "yess"', "owner has no option yess; did you mean yes?"),
        ('"maybe" != owner', "owner has no option maybe; it has yes, no, soon"),
        ('age > 5 && owner in ["yes", "noo"]', "owner has no option noo; did you mean no?"),
        ('visit.stars == "three"', "visit.stars has no option three; it has one, two"),
        ("owner >= 2", COMPARED),
        ("owner == 2", COMPARED),
        ('age == "5"', "age is a number: write it without quotes"),
        ("code == 5", "code is a text: put 5 in quotes"),
        ('day < "2026-12-24"', 'day is a day: compare it with timestamp("2026-12-24")'),
        ('home == "here"', "home has fields: compare one of them, such as home.name"),
    ],
)
def test_a_comparison_that_never_holds_is_told_at_its_case(formula: str, sentence: str) -> None:
    assert told(f"{{when: '{formula}', to: end}}") == [
        f"shop.yaml:16: step fork: branch: number 2: when: `{formula}` {sentence}"
    ]


@pytest.mark.parametrize(
    "formula",
    [
        'owner == "yes"',
        'owner in ["yes", "no"]',
        'owner + "!" == "yes!"',
        'owner == code || code == "anything"',
        "age * 2 > 5",
        'string(age) == "5"',
        "size(owner) > 2",
        'day < timestamp("2026-12-24")',
        'home.name == "here"',
        'visit.outcome == "rated"',
        '["a"].exists(x, x == owner)',
    ],
)
def test_a_comparison_that_can_hold_is_no_problem(formula: str) -> None:
    assert told(f"{{when: '{formula}', to: end}}") == []


def test_a_case_for_an_option_that_does_not_exist_is_told() -> None:
    assert told("{answer: owner, is: [yes, sooon], to: end}") == [
        (
            "shop.yaml:16: step fork: branch: number 2: is: owner has no option sooon; "
            "did you mean soon?"
        )
    ]


def test_an_option_without_quotes_is_told_apart_from_an_answer() -> None:
    assert told("{when: owner == yes, to: end}") == [
        (
            "shop.yaml:16: step fork: branch: number 2: when: `owner == yes` uses the answer yes, "
            'which no step asks for; write "yes" in quotes for the option'
        )
    ]
    assert told("{when: agee > 2, to: end}") == [
        (
            "shop.yaml:16: step fork: branch: number 2: when: `agee > 2` uses the answer agee, "
            "which no step asks for; did you mean age?"
        )
    ]


def test_a_comparison_within_a_text_is_told_too() -> None:
    assert told(said='{{ owner == "yess" }}') == [
        "shop.yaml:18: step end: complete: say: owner has no option yess; did you mean yes?"
    ]


def test_what_spans_several_lines_is_told_in_one() -> None:
    assert told("{when: \"owner ==\\n 'yess'\", to: end}") == [
        (
            "shop.yaml:16: step fork: branch: number 2: when: `owner ==  'yess'` owner has no "
            "option "
            "yess; did you mean yes?"
        )
    ]


def test_flows_that_call_each_other_are_told_at_the_step_that_begins_it() -> None:
    calling = (
        "name: {0}\ntitle: T\ntriggers: {{default: {2}}}\nsteps:\n  - id: x\n    say: A\n"
        "  - id: to_{1}\n    call: {{flow: {1}}}\n  - {{id: end, complete: {{outcome: x}}}}\n"
    )
    with pytest.raises(InvalidFlow) as refused:
        FlowBook.of(
            {
                "lunch.yaml": calling.format("lunch", "tea", "true"),
                "tea.yaml": calling.format("tea", "lunch", "false"),
            }
        )

    assert str(refused.value).splitlines() == [
        (
            "lunch.yaml:7: step to_tea.to_lunch calls lunch, which would call itself without end: "
            "take one of the calls out"
        ),
        (
            "tea.yaml:7: step to_lunch.to_tea calls tea, which would call itself without end: "
            "take one of the calls out"
        ),
    ]


def test_a_missing_translation_is_told_at_its_text() -> None:
    source = (
        "name: shop\ntitle: A shop\nlanguages: [en, es]\ntriggers: {default: true}\n"
        'wrong: {"*": "?"}\nunreadable: {"*": "?"}\nunasked_file: {"*": "?"}\nlate: {"*": "?"}\n'
        "agent: {words: []}\nsteps:\n  - id: a\n    ask: {en: A, es: A}\n    choice:\n"
        "      options:\n        - {id: x, title: X}\n        - id: y\n          title:\n"
        "            en: Y\n  - {id: end, complete: {outcome: x}}\n"
    )
    with pytest.raises(InvalidFlow) as refused:
        FlowBook.of({"shop.yaml": source})

    assert [line.partition(": the text")[0] for line in str(refused.value).splitlines()] == [
        "shop.yaml:15: step a: choice: options: number 1: title",
        "shop.yaml:17: step a: choice: options: number 2: title",
    ]
