"""Every sentence that an author can be told about a flow, and the flow that calls for it."""

from collections.abc import Mapping

import pytest

from domain.session.flows.parsing import InvalidFlow, parse_flows

END = "  - {id: end, complete: {outcome: done}}\n"
ASK = '  - {id: a, ask: "A?", text: {}}\n'
INNER = "name: inner\ntitle: Inner\n"


def flow(steps: str, head: str = "") -> str:
    triggers = "" if "triggers:" in head else "triggers: {default: true}\n"
    return f"name: shop\ntitle: A shop\n{triggers}{head}steps:\n{steps}"


def calling(inner: str, call: str = "{flow: inner}") -> dict[str, str]:
    return {
        "shop.yaml": flow(f"  - {{id: sub, call: {call}}}\n" + END),
        "inner.yaml": INNER + inner,
    }


def told(sources: Mapping[str, str] | str) -> list[str]:
    files = {"shop.yaml": sources} if isinstance(sources, str) else sources
    try:
        parse_flows(files)
    except InvalidFlow as error:
        return str(error).splitlines()
    return []


CLOSED = (
    "the 24-hour window has closed by then, and what is said goes to nobody: name less than 24h, "
    "or add a template, at the top or as a step, that goes out instead"
)
STEPS = [
    (
        '  - {id: a, ask: "A?", text: {}}\n' + ASK + END,
        "two steps have the id a: give each its own",
    ),
    (
        '  - {id: a, ask: "A?", text: {}, next: gone}\n' + END,
        "step a leads to gone, which does not exist",
    ),
    (
        "  - {id: a, branch: [{when: now > today, to: gone}], otherwise: end}\n" + END,
        "step a leads to gone, which does not exist",
    ),
    (
        '  - {id: a, ask: "A?", text: {}, timeout: {after: 1h, to: gone}}\n' + END,
        "step a leads to gone, which does not exist",
    ),
    (
        "  - {id: a, lookup: {name: x}, not_found: gone, failed: end}\n" + END,
        "step a leads to gone, which does not exist",
    ),
    (
        "  - {id: a, hand_off: {lease: {after: 1h, to: gone}}}\n" + END,
        "step a leads to gone, which does not exist",
    ),
    (ASK, "step a leads nowhere: add a next, or a step after it"),
    (
        "  - {id: a, say: A, next: b}\n  - {id: b, say: B, next: a}\n",
        "step a comes back to itself without asking anything",
    ),
    (
        "  - {id: a, lookup: {name: x}, not_found: a, failed: end}\n" + END,
        "step a comes back to itself without asking anything",
    ),
    (
        "  - {id: a, wait: {until: now}, next: a}\n",
        "step a comes back to itself without asking anything",
    ),
    (
        "  - {id: a, say: A, next: end}\n  - {id: b, say: B}\n" + END,
        "step b is never reached: lead to it or take it out",
    ),
    (
        '  - {id: a, ask: "A?", text: {}, timeout: {after: 3d, to: end}}\n' + END,
        (
            "step a: the timeout never comes: the session ends after 72 hours of silence; "
            "raise expires_after_hours"
        ),
    ),
    (
        '  - {id: a, ask: "A?", text: {}, reminder: {after: 2h, say: Well}, '
        "timeout: {after: 1h, to: end}}\n" + END,
        (
            "step a: reminder: after: the reminder never comes: the timeout comes first; "
            "name less here, or more there"
        ),
    ),
    (
        '  - {id: a, ask: "A?", text: {}, reminder: {after: 30h, say: Well}}\n' + END,
        f"step a: reminder: after: {CLOSED}",
    ),
    (
        (
            '  - {id: a, ask: "A?", text: {}, timeout: {after: 30h, to: b}}\n'
            "  - {id: b, set: {x: 1}}\n  - {id: c, complete: {outcome: x, say: Bye}}\n"
        ),
        f"step a: timeout: after: {CLOSED}",
    ),
    (
        "  - {id: a, ask: A, choice: {button: Choose one of these now, each: {of: '[1]'}}}\n" + END,
        "step a: choice: button: has 23 letters, at most 20 go on a button",
    ),
    (
        "  - {id: a, branch: [{when: now > today and true, to: end}], otherwise: end}\n" + END,
        "step a: branch: number 1: when: `now > today and true`: write &&, not and",
    ),
    (
        "  - {id: a, set: {x: not true}}\n" + END,
        "step a: set: x: `not true`: write !, not not",
    ),
    (
        '  - {id: a, ask: "A?", text: {}, reminder: {after: 4d, say: Well}}\n' + END,
        (
            "step a: the reminder never comes: the session ends after 72 hours of silence; "
            "raise expires_after_hours"
        ),
    ),
    (
        '  - {id: a, say: "{{ b }}"}\n' + END,
        "step a: say: uses the answer b, which no step asks for",
    ),
    (
        "  - {id: a, set: {x: b + 1}}\n" + END,
        "step a: set: x: `b + 1` uses the answer b, which no step asks for",
    ),
    (
        "  - {id: a, branch: [{answer: b, is: x, to: end}], otherwise: end}\n" + END,
        "step a: branch: number 1: answer: uses the answer b, which no step asks for",
    ),
    (
        "  - {id: today, say: A}\n" + END,
        "today is a name that expressions have for something else: take another",
    ),
    (
        "  - {id: a, set: {item: 1 + 1}}\n" + END,
        "item is a name that expressions have for something else: take another",
    ),
    (
        ASK + "  - {id: b, set: {a: 1 + 1}}\n" + END,
        "a is a step and a variable: give one of them another name",
    ),
    (
        '  - {id: a, ask: "A?", pattern: {matches: "("}}\n' + END,
        "step a: pattern: matches: is not a regular expression that RE2 knows: missing ): (",
    ),
    (
        '  - {id: a, say: " "}\n' + END,
        "step a: say: a text is blank: write what it says, or take it out",
    ),
    (
        "  - {id: a, say: {fr: Salut}}\n" + END,
        "step a: say: fr is none of the flow's languages: add it to languages",
    ),
    (
        f"  - {{id: a, ask: A, choice: {{options: [{{id: x, title: {'X' * 21}}}]}}}}\n" + END,
        "step a: buttons: title: at most 20 characters",
    ),
    (
        "  - {id: a, say: A, link: {title: Open, url: example.org}}\n" + END,
        "step a: url: begins with https://",
    ),
    (
        "  - {id: a, template: {name: A b, language: en}}\n" + END,
        "step a: name: small letters, digits and underscores, at most 512",
    ),
    (
        "  - {id: a, flow_form: {flow: x, ask: A, button: B, data: {x: now}}}\n" + END,
        "step a: flow_form: name the screen that the data is for",
    ),
    (
        "  - {id: a, call: {flow: gone}}\n" + END,
        "step a calls gone, which does not exist",
    ),
    (
        "  - {id: a, call: {flow: shop}}\n" + END,
        "step a calls shop, which would call itself without end: take one of the calls out",
    ),
    ("  - {id: a, wait: {}}\n" + END, "step a: wait: name exactly one of for, until and collect"),
    (
        "  - {id: a, say: A, media: {type: image}}\n" + END,
        "step a: media: name either link or id",
    ),
    (
        "  - {id: a, say: A, place: {latitude: 1, longitude: 1}, "
        "link: {title: T, url: https://example.org}}\n" + END,
        "step a: name at most one of media, place and link",
    ),
    (
        "  - {id: a, branch: [{to: end}], otherwise: end}\n" + END,
        "step a: branch: number 1: name either when, or answer and is",
    ),
    (
        "  - {id: a, ask: A, choice: {}}\n" + END,
        "step a: choice: name at least one option, or each",
    ),
    (
        "  - {id: a, ask: A, text: {}, retries: 1}\n" + END,
        "step a: retries and otherwise go together",
    ),
]


def test_a_late_timeout_is_fine_where_a_template_goes_out_or_nothing_is_said() -> None:
    late = '  - {id: a, ask: "A?", text: {}, timeout: {after: 30h, to: b}}\n'
    template = "template: {name: t, language: en}"

    assert told(flow(late + "  - {id: b, say: B}\n" + END, f"{template}\n")) == []
    assert told(flow(late + "  - {id: b, complete: {outcome: silent}}\n")) == []
    assert told(flow(late + f"  - {{id: b, {template}}}\n  - {{id: c, say: B}}\n" + END)) == []


@pytest.mark.parametrize(("steps", "sentence"), STEPS, ids=[one for _, one in STEPS])
def test_what_is_wrong_with_a_step_is_told_with_its_name(steps: str, sentence: str) -> None:
    assert f"shop.yaml: {sentence}" in told(flow(steps))


HEADS = [
    (
        "window_closing: {before: 1h, to: gone}\n",
        "window_closing leads to gone, which does not exist",
    ),
    (
        "agent: {say: A, lease: {after: 1h, to: gone}}\n",
        "agent leads to gone, which does not exist",
    ),
    (
        "window_closing: {before: 24h, say: A}\n",
        "window_closing: the window is open for 24 hours: name less before it",
    ),
    (
        "window_closing: {before: 2h, say: A}\nexpires_after_hours: 20\n",
        (
            "window_closing never comes: the session ends after 20 hours of silence; "
            "raise expires_after_hours"
        ),
    ),
    ("window_closing: {before: 2h}\n", "window_closing: name either say or to"),
    (
        'triggers: {default: true, patterns: [ok, "("]}\n',
        "triggers: patterns: number 2: is not a regular expression that RE2 knows: missing ): (",
    ),
    (
        "triggers: {default: true, variables: {x: {}}}\n",
        (
            "triggers: the variable x has no default, but a person's message can begin the flow: "
            "give it one"
        ),
    ),
    (
        "triggers: {default: true, variables: {x: {default: 2026-01-01}}}\n",
        "triggers: variables: x: the default is no text: write one in quotes, or name its type",
    ),
    (
        "triggers: {default: true, variables: {x: {type: number, default: true}}}\n",
        "triggers: variables: x: the default is no number: write one in quotes, or name its type",
    ),
    (
        "triggers: {default: true, variables: {x: {type: list, default: [2026-01-01]}}}\n",
        "triggers: variables: x: the default is no list: write one in quotes, or name its type",
    ),
    (
        "migrations: [{from: 0123456789abcdef, steps: {old: gone}}]\n",
        "migrations: step gone does not exist",
    ),
    ("time_zone: Mars\n", "time_zone: is not a time zone, such as Europe/Madrid"),
    (
        'wrong: "{{ b }}"\n',
        "wrong: uses the answer b, which no step asks for",
    ),
    (
        'template: {name: t, language: en, body: ["{{ b }}"]}\n',
        "template: body: number 1: uses the answer b, which no step asks for",
    ),
    (
        'template: {name: t, language: ""}\n',
        "template: language: needed",
    ),
    (
        "languages: [en, es]\n",
        (
            "wrong: you wrote none, so 'Sorry, that does not fit.' is said, which is missing in "
            "es: "
            "write your own in all languages"
        ),
    ),
    (
        "languages: [en, es]\n",
        (
            "agent: say: you wrote none, so 'A colleague will take over an…' is said, which is "
            "missing in es: write your own in all languages, or write `agent: {words: []}`"
        ),
    ),
]


@pytest.mark.parametrize(("head", "sentence"), HEADS, ids=[one for _, one in HEADS])
def test_what_is_wrong_with_a_flow_is_told_with_the_key(head: str, sentence: str) -> None:
    assert f"shop.yaml: {sentence}" in told(flow(ASK + END, head))


CALLS = [
    (
        calling("steps:\n" + END, "{flow: inner, with: {x: now}}"),
        "step sub: inner has no variable x",
    ),
    (
        calling("triggers: {variables: {x: {}}}\nsteps:\n" + END),
        "step sub: inner needs the variable x: name it under with",
    ),
    (
        calling('steps:\n  - {id: outcome, ask: "A?", text: {}}\n' + END),
        "sub.outcome is how the call ended: give the step or variable another name",
    ),
    (
        calling("steps:\n  - {id: s, set: {outcome: 1 + 1}}\n" + END),
        "sub.outcome is how the call ended: give the step or variable another name",
    ),
    (
        calling("steps:\n  - {id: s, say: A, next: gone}\n" + END),
        "step sub.s leads to sub.gone, which does not exist",
    ),
]


@pytest.mark.parametrize(("sources", "sentence"), CALLS, ids=[one for _, one in CALLS])
def test_what_is_wrong_with_a_call_is_told_of_the_flow_that_calls(
    sources: dict[str, str], sentence: str
) -> None:
    assert f"shop.yaml: {sentence}" in told(sources)


LATE = '  - {id: a, ask: "A?", text: {}, timeout: {after: 30h, to: b}}\n  - {id: b, say: B}\n'


def test_a_flow_that_is_only_ever_called_needs_no_texts_for_what_its_callers_say() -> None:
    inner = "languages: [en, es]\nsteps:\n  - {id: a, say: {en: A, es: A}}\n" + END
    called, begun = calling(inner), calling("triggers: {keywords: [in]}\n" + inner)

    assert not any(line.startswith("inner.yaml") for line in told(called))
    assert any(line.startswith("inner.yaml: wrong: you wrote none") for line in told(begun))


def test_a_flow_that_is_only_ever_called_has_the_template_of_its_caller() -> None:
    sources = calling("steps:\n" + LATE + END)
    caller = sources["shop.yaml"].replace("steps:", "template: {name: t, language: en}\nsteps:")

    assert told({**sources, "shop.yaml": caller}) == []
    assert told(sources) == [f"shop.yaml: step sub.a: timeout: after: {CLOSED}"]


def test_a_flow_that_grows_beyond_all_measure_by_its_calls_is_refused() -> None:
    many = "".join(f'  - {{id: a{n}, ask: "A?", text: {{}}}}\n' for n in range(60))
    calls = "".join(f"  - {{id: c{n}, call: {{flow: inner}}}}\n" for n in range(20))
    sources = {"shop.yaml": flow(calls + END), "inner.yaml": INNER + "steps:\n" + many + END}

    assert told(sources) == ["shop.yaml: with all that it calls it has more than 1000 steps"]


def test_many_brackets_in_others_are_no_flow() -> None:
    assert told("name: " + "[" * 3000) == ["shop.yaml: too many brackets or lists stand in others"]


def test_a_day_that_is_none_is_told_with_its_line() -> None:
    assert told("name: shop\ndefault: 2026-13-45\n") == [
        "shop.yaml: line 2: this is not YAML: there is no such day, time or number"
    ]
