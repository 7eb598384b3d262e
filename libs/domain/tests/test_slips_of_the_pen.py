"""What is mistyped in a flow is told at its line, with what was probably meant."""

import pytest

from domain.session.flows.book import FlowBook
from domain.session.flows.parsing import InvalidFlow, parse_flow

END = "  - {id: end, complete: {outcome: done}}\n"
HEAD = "name: shop\ntitle: A shop\ntriggers: {default: true}\n"


def told(source: str) -> list[str]:
    try:
        FlowBook.of({"shop.yaml": source})
    except InvalidFlow as error:
        return str(error).splitlines()
    return []


def asking(kind: str, more: str = "") -> str:
    """Return a flow in which line 8 is free, below the kind of answer on line 7."""
    return f"{HEAD}steps:\n  - id: a\n    ask: How many?\n    {kind}\n{more}{END}"


ONE_OF_THE_KINDS = (
    "a step has exactly one of ask, say, branch, set, call, hand_off, template, flow_form, lookup, "
    "wait and complete"
)
LENGTH = "is a length of time: a number and s, m, h or d, as in 90s, 10m, 2h or 7d"
SLIPS = [
    (
        f"{HEAD}steps:\n  - id: a\n    say: {{{{ name }}}}\n{END}",
        (
            "6: this is not YAML: found unhashable key; put the text in quotes if it begins with "
            "{{ or {"
        ),
    ),
    (asking("text:"), "5: step a: text is empty: write `text: {}`, or what it needs"),
    (
        asking("choice: {options: [Yes, No]}"),
        "7: step a: choice: options: number 1: has keys of its own: description, id, title, words",
    ),
    (
        asking("text: {}", "    reminder: {after: 0s, say: Well}\n"),
        "8: step a: reminder: after: is a length of time from 1s to 3650d",
    ),
    (
        asking("text: {}", "    next: ens\n"),
        "5: step a leads to ens, which does not exist; did you mean end?",
    ),
    (
        asking(
            "number: {}",
            "  - id: b\n    branch:\n      - {answer: a, is: 2, to: end}\n    otherwise: end\n",
        ),
        (
            "10: step b: branch: number 1: is: number 1: is a text: put it in quotes, or YAML "
            "takes it for something else"
        ),
    ),
    (
        f"{HEAD}steps:\n  - id: a\n    aks: Who?\n    text: {{}}\n{END}",
        f"5: step a: {ONE_OF_THE_KINDS}; aks is not known here; did you mean ask?",
    ),
    (
        f"{HEAD}steps:\n  - id: a\n    ask: Who?\n    say: Well\n    text: {{}}\n{END}",
        f"5: step a: {ONE_OF_THE_KINDS}; this one has ask and say: make each a step of its own",
    ),
    (
        f"name: shop\ntitle: A shop\ntrigers: {{default: true}}\nsteps:\n{END}",
        "3: trigers: is not known here; did you mean triggers?",
    ),
    (asking("number: {mim: 1}"), "7: step a: number: mim: is not known here; did you mean min?"),
    (
        asking("number: {}", "    remider: {after: 1h, say: Well}\n"),
        "8: step a: remider: is not known here; did you mean reminder?",
    ),
    (
        asking("text: {}", "    reminder: {after: 10, say: Well}\n"),
        f"8: step a: reminder: after: {LENGTH}",
    ),
    (
        asking("text: {}", "    reminder: {after: 10min, say: Well}\n"),
        f"8: step a: reminder: after: {LENGTH}",
    ),
    (
        asking("text: {}", "    ask: What?\n"),
        (
            "8: ask stands on line 6 already, and only one of them can count: take one out, or "
            "begin the "
            "next item with `- `"
        ),
    ),
    (
        f"name: other\n{HEAD}steps:\n{END}",
        (
            "2: name stands on line 1 already, and only one of them can count: take one out, or "
            "begin "
            "the next item with `- `"
        ),
    ),
    (
        HEAD + "steps:\n  - id: a\n    ask: Are you our #1 fan?\n    text: {}\n" + END,
        "6: ask: the text ends before #1 fan?, which is a comment: put it in quotes",
    ),
    (
        HEAD + "steps:\n  - id: a\n    ask:\n      en: Our #1?\n    text: {}\n" + END,
        "7: ask: the text ends before #1?, which is a comment: put it in quotes",
    ),
    (
        asking(
            f"choice: {{options: [{', '.join(f'{{id: o{n}, title: T{n}}}' for n in range(12))}]}}"
        ),
        "7: step a: choice: options: at most 10 can stand here, not 12",
    ),
    (
        asking(
            "choice:\n      options:\n        - {id: x, title: X}\n        - {id: y, title: 2027}"
        ),
        (
            "10: step a: choice: options: number 2: title: is a text, or one for each language: "
            "put "
            "it in "
            "quotes"
        ),
    ),
    (
        HEAD + "steps:\n  - id: a\n    say:\n" + END,
        "6: step a: say: is empty: write what it says, or take it out",
    ),
    (
        HEAD + "steps:\n  - id: true\n    say: Well\n" + END,
        "5: step number 1: id: is a text: put it in quotes, or YAML takes it for something else",
    ),
    (
        "name: shop\ntitle: A shop\ntriggers:\n  default: true\n  referrals: [1202]\nsteps:\n"
        + END,
        (
            "5: triggers: referrals: number 1: is a text: put it in quotes, or YAML takes it for "
            "something "
            "else"
        ),
    ),
    (
        asking("date: {earliest: tomorrow}"),
        "7: step a: date: earliest: is a day, such as 2026-11-23, or today",
    ),
    (
        asking("time: {earliest: 7pm}"),
        "7: step a: time: earliest: is a time of day, such as 09:30 or 17:00",
    ),
    (
        "name: Shop\ntitle: A shop\ntriggers: {default: true}\nsteps:\n" + END,
        "1: name: is a small letter, and small letters, digits and hyphens after it; 40 at most",
    ),
    (
        HEAD + "languages: [english]\nsteps:\n" + END,
        "4: languages: number 1: is no code of a language, such as en, es or pt-BR",
    ),
    (
        HEAD + "steps:\n  - id: not-now\n    say: A\n" + END,
        (
            "5: step not-now: id: is a small letter, and small letters, digits and underscores "
            "after it; "
            "40 at most"
        ),
    ),
    (
        HEAD + "steps:\n  - id: Won\n    say: A\n" + END,
        (
            "5: step Won: id: is a small letter, and small letters, digits and underscores after "
            "it; "
            "40 at most"
        ),
    ),
    (
        asking("files: {kinds: [photo]}"),
        "7: step a: files: kinds: number 1: is one of image, pdf, document, video or audio",
    ),
    (asking("number: {min: few}"), "7: step a: number: min: is a number, such as 5"),
    (
        asking("text:\n      5"),
        "7: step a: text: has keys of its own: max, min",
    ),
    (
        HEAD + "steps:\n  - id: a\n    ask: Well: who?\n    text: {}\n" + END,
        (
            "6: this is not YAML: mapping values are not allowed here; put the text in quotes if "
            "it "
            "has a "
            "colon in it"
        ),
    ),
    (
        HEAD + "steps:\n  - id: a\n    ask: *Who*?\n    text: {}\n" + END,
        (
            "6: this is not YAML: expected alphabetic or numeric character, but found '*'; put the "
            "text "
            "in quotes: * and & mean something to YAML"
        ),
    ),
    (
        HEAD + "steps:\n  - {id: a, say: Who? Why, you?}\n  - {id: b, say: What [now}\n" + END,
        (
            "5: this is not YAML: expected ',' or '}', but got '?'; put the text in quotes if it "
            "has one "
            "of , : ? [ ] { } in it, or close the bracket"
        ),
    ),
]


@pytest.mark.parametrize(("source", "sentence"), SLIPS, ids=[one for _, one in SLIPS])
def test_a_slip_is_told_at_its_line_with_what_to_do(source: str, sentence: str) -> None:
    assert f"shop.yaml:{sentence}" in told(source)


RIGHT = {
    "a number or true is an expression": ("  - {id: a, set: {x: 1, y: true, z: 2.5}}\n", ""),
    "words alone may stand by language": (
        "  - {id: a, say: A}\n",
        (
            "languages: [en, es]\n"
            "back: {en: [back], es: [atrás]}\nrestart: {en: again}\nagent: {words: []}\n"
            'wrong: {"*": "?!"}\nunreadable: {"*": "?!"}\nunasked_file: {"*": "?!"}\n'
        ),
    ),
    "a comment after a text is one": ("  - {id: a, say: A}  # to-do\n", ""),
    "a hash within quotes, or a word, is no comment": (
        '  - id: a\n    say: "Our #1"\n  - id: b\n    say: It is C# or F#\n',
        "",
    ),
}


@pytest.mark.parametrize(("steps", "head"), RIGHT.values(), ids=list(RIGHT))
def test_what_is_meant_is_taken(steps: str, head: str) -> None:
    steps = steps.replace("say: A}", 'say: {"*": A}}') if "languages" in head else steps

    assert told(f"{HEAD}{head}steps:\n{steps}{END}") == []


def test_words_by_language_are_the_words_of_each() -> None:
    source = f"{HEAD}stop: {{en: bye, es: [adiós]}}\nsteps:\n{END}"

    assert parse_flow(source).definition.stop.words == {"en": ("bye",), "es": ("adiós",)}


def test_what_sessions_are_in_already_is_read_as_it_was() -> None:
    twice = f"name: other\n{HEAD}steps:\n  - id: a\n    say: Our #1\n{END}"

    assert parse_flow(twice, in_use=True).name == "shop"


def test_a_flow_that_cannot_be_read_is_not_told_to_be_missing() -> None:
    caller = f"{HEAD}steps:\n  - {{id: a, call: {{flow: inner}}}}\n{END}"
    with pytest.raises(InvalidFlow) as refused:
        FlowBook.of({"shop.yaml": caller, "inner.yaml": "name: inner\ntitle: 5\nsteps: []\n"})

    assert {line.partition(":")[0] for line in str(refused.value).splitlines()} == {"inner.yaml"}
