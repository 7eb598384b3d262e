import pytest

from domain.session import FlowBook, InvalidFlow
from domain.session.flows.parsing import parse_flow

END = "  - {id: end, complete: {outcome: done}}\n"
HEAD = "name: pet\ntitle: A pet\ntriggers: {default: true}\nsteps:\n"

WRONG = {
    "leads to nowhere, which does not exist": "  - {id: a, ask: A, text: {}, next: nowhere}\n"
    + END,
    "leads nowhere": "  - {id: a, say: A}\n",
    "two steps have the id end": "  - {id: end, say: A}\n" + END,
    "exactly one of text, pattern": "  - {id: a, ask: A}\n" + END,
    "step end: complete: outcome: is missing": "  - {id: end, complete: {}}\n",
    "step a: a step has exactly one of ask, say": "  - {id: a, ask: A, say: B, text: {}}\n" + END,
    "retries and otherwise go together": "  - {id: a, ask: A, text: {}, retries: 1}\n" + END,
    "not a regular expression": '  - {id: a, ask: A, pattern: {matches: "("}}\n' + END,
    "two options have the id x": (
        "  - {id: a, ask: A, choice: {options: [{id: x, title: X}, {id: x, title: Y}]}}\n" + END
    ),
    "at most 20 characters": (
        f"  - {{id: a, ask: A, choice: {{options: [{{id: x, title: {'X' * 21}}}]}}}}\n" + END
    ),
    "step a: ask: a text is blank: write what it says": (
        '  - {id: a, ask: " ", choice: {options: [{id: x, title: X}]}}\n' + END
    ),
    "step a: files: done: a text is blank": (
        '  - {id: a, ask: A, files: {kinds: [pdf], max: 2, done: " "}}\n' + END
    ),
    "step a: choice: options: number 1: description: a text is blank: ": (
        "  - {id: a, ask: A, choice: {options: "
        '[{id: x, title: X, description: " "}, {id: y, title: Y}, {id: z, title: Z}, '
        "{id: w, title: W}]}}\n" + END
    ),
    "uses the answer b, which no step asks for": '  - {id: a, say: "{{ b }}"}\n' + END,
    "comes back to itself": "  - {id: a, say: A, next: b}\n  - {id: b, say: B, next: a}\n" + END,
    "step a: colour: is not known here": "  - {id: a, say: A, colour: red}\n" + END,
    "expires_after_hours: is at most": END + "expires_after_hours: 1000000000\n",
    "step number 1: a step has exactly one of": "  - 5\n" + END,
    "steps: is a list": "  5\n",
    "line 6: this is not YAML": "  - {id: a, say: [\n" + "}",
    "line 5: this is not YAML: indent with blanks, not tabs": "\t- {id: a, say: A}\n",
}


@pytest.mark.parametrize(("problem", "steps"), WRONG.items(), ids=list(WRONG))
def test_a_flow_that_cannot_run_is_refused_with_its_place(problem: str, steps: str) -> None:
    with pytest.raises(InvalidFlow, match=problem) as refused:
        parse_flow(HEAD + steps, file="pet.yaml")

    assert str(refused.value).startswith("pet.yaml:")


def test_every_problem_is_named_at_once() -> None:
    steps = '  - {id: a, say: "{{ b }}", next: nowhere}\n' + END

    with pytest.raises(InvalidFlow) as refused:
        parse_flow(HEAD + steps)

    assert len(str(refused.value).splitlines()) == 2


def test_yes_and_no_are_answers_and_not_booleans() -> None:
    choice = "choice: {options: [{id: yes, title: Yes}, {id: no, title: No}]}"
    flow = parse_flow(HEAD + f"  - {{id: a, ask: A, {choice}}}\n" + END)

    assert flow.steps.keys() == {"a", "end"}


def test_the_version_of_a_flow_is_its_content() -> None:
    one = parse_flow(HEAD + END)
    other = parse_flow(HEAD + "  - {id: end, complete: {outcome: other}}\n")

    assert one.version == parse_flow(HEAD + END).version
    assert one.version != other.version


def test_exactly_one_flow_is_the_default() -> None:
    two = {"a.yaml": HEAD + END, "b.yaml": HEAD.replace("pet", "cat") + END}

    with pytest.raises(InvalidFlow, match="exactly one"):
        FlowBook.of(two)
    with pytest.raises(InvalidFlow, match="exactly one"):
        FlowBook.of({})
    with pytest.raises(InvalidFlow, match="two flows have the name pet"):
        FlowBook.of({"a.yaml": HEAD + END, "b.yaml": HEAD + END})


OTHER = HEAD.replace("pet", "cat").replace("{default: true}", "{keywords: [Meow!]}")
CLASHES = {
    "pet.yaml:.+triggers: keywords: 'meow' is a keyword of cat.yaml too: .+ give it to one alone": (
        HEAD.replace("default: true", "default: true, keywords: [meow]")
    ),
    "cat.yaml:.+triggers: keywords: 'Meow!' opts out by pet.yaml .+ take it out of one of them": (
        "opt_out: [meow]\n" + HEAD
    ),
    "pet.yaml:.+agent: words: 'help' opts out by pet.yaml": (
        "opt_out: [help]\nagent: {words: [help]}\n" + HEAD
    ),
    "pet.yaml:6: step a: choice: options: number 1: 'Halt' opts out by pet.yaml": (
        "opt_out: [halt]\n"
        + HEAD
        + "  - {id: a, ask: A, choice: {options: [{id: x, title: Halt}]}}\n"
    ),
    "pet.yaml:.+keywords: 'Help' stands under agent: words too, which is what it means once": (
        "agent: {words: [help]}\n"
        + HEAD.replace("default: true", "default: true, keywords: [Help]")
    ),
    "pet.yaml:.+opt_in: words: 'go' opts out by pet.yaml": "opt_out: [go]\nopt_in: [go]\n" + HEAD,
}


@pytest.mark.parametrize(("problem", "head"), CLASHES.items(), ids=list(CLASHES))
def test_words_that_would_mean_two_things_are_refused_with_both_places(
    problem: str, head: str
) -> None:
    with pytest.raises(InvalidFlow, match=problem):
        FlowBook.of({"cat.yaml": OTHER + END, "pet.yaml": head + END})


def test_a_flow_may_repeat_its_own_keyword_and_share_opt_out_words_with_others() -> None:
    cat = "opt_out: [stop]\n" + OTHER.replace("Meow!", "Meow!, meow")

    book = FlowBook.of({"cat.yaml": cat + END, "pet.yaml": "opt_out: [Stop]\n" + HEAD + END})

    assert book.current.keys() == {"cat", "pet"}


def test_a_session_stays_on_a_version_whose_file_has_changed() -> None:
    old = parse_flow(HEAD + "  - {id: old, say: Old}\n" + END)
    book = FlowBook.of({"pet.yaml": HEAD + END}, older=[old.source])

    assert book.of_session("pet", old.version).steps.keys() == {"old", "end"}
    assert book.current["pet"].version != old.version
    assert [(name, version) for name, version, _ in book.sources()] == [
        ("pet", book.current["pet"].version)
    ]


def test_a_version_in_use_is_not_held_to_limits_that_came_after_it() -> None:
    blank = HEAD + '  - {id: a, ask: " ", choice: {options: [{id: x, title: X}]}}\n' + END
    old = parse_flow(blank, in_use=True)

    book = FlowBook.of({"pet.yaml": HEAD + END}, older=[blank])
    assert book.of_session("pet", old.version).source == blank
    with pytest.raises(InvalidFlow, match="a text is blank"):
        FlowBook.of({"pet.yaml": blank})
