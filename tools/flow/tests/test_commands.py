import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flow.__main__ import app
from flow.commands.terminal import console
from shop import SHOP

OTHER = """\
name: other
title: Another one
triggers: {keywords: [other]}
steps:
  - id: only
    hand_off: {team: others}
    next: over
  - id: over
    complete: {outcome: over}
"""
TESTS = """\
flow: shop
transcripts:
  - name: Nobody answers
    turns:
      - they: hi
        we: |-
          Hello.

          How was it, from 1 to 5?
      - after: 10m
        outcome: unrated
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "shop.test.yaml").write_text(TESTS)
    return tmp_path


def run(folder: Path, *words: str, fails: bool = False) -> str:
    result = CliRunner().invoke(app, [*words, "--flows", str(folder)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        assert fails, result.exception
        return str(result.exception)
    assert bool(result.exit_code) == fails, result.output
    return result.output


def test_flows_without_a_mistake_are_listed_with_what_they_need_where_it_is_asked_for(
    folder: Path,
) -> None:
    (folder / "other.yaml").write_text(OTHER)
    told, of_one, of_all = (run(folder, "check", *said) for said in ((), ("shop",), ("--needs",)))

    assert [told.count("needs"), of_one.count("needs"), of_all.count("needs")] == [0, 1, 2]
    assert "needs team shop" in of_one
    assert "other  " in told
    assert "other  " not in of_one
    assert "2 flows are fine." in told
    assert "there is no flow shoe" in run(folder, "check", "shoe", fails=True)


def test_a_mistake_is_told_with_file_and_line(folder: Path) -> None:
    (folder / "shop.yaml").write_text(SHOP.replace("to: silent", "to: quiet"))

    told = run(folder, "check", fails=True)

    assert f"{folder}/shop.yaml:8: step stars leads to quiet, which does not exist" in told


def test_a_transcript_with_a_mistake_is_told_too(folder: Path) -> None:
    (folder / "shop.test.yaml").write_text(TESTS.replace("after", "afta"))

    told = run(folder, "check", fails=True)

    assert f"{folder}/shop.test.yaml:10: transcript 1, turn 2, afta: is not known here" in told
    assert "did you mean after?" in told


def test_transcripts_of_a_flow_that_is_not_there_are_told(folder: Path) -> None:
    (folder / "shop.test.yaml").write_text(TESTS.replace("flow: shop", "flow: shoop"))

    told = run(folder, "check", fails=True)

    assert f"{folder}/shop.test.yaml:1: there is no flow shoop: there are shop" in told


@pytest.mark.parametrize(
    ("right", "wrong", "meant"),
    [
        ("flow:", "flaw:", "did you mean flow?"),
        ("turns:", "terns:", "did you mean turns?"),
        ("they: hi", "send: {mimetype: image/png}", "did you mean mime_type?"),
        ("they: hi", "lookup: {fund: {}}", "did you mean found?"),
        ("they: hi", "location: {latitude: 1, longitude: 1, zip: 1}", "there are latitude"),
    ],
)
def test_a_key_that_is_misspelt_is_told_with_the_one_that_was_meant(
    folder: Path, right: str, wrong: str, meant: str
) -> None:
    (folder / "shop.test.yaml").write_text(TESTS.replace(right, wrong, 1))

    assert f"is not known here: {meant}" in run(folder, "check", fails=True)


def test_the_result_of_a_test_says_what_no_transcript_comes_to(folder: Path) -> None:
    told = run(folder, "test")

    assert "1 of 1 transcripts go as written." in told
    assert "shop  3/7 steps, 2/8 ways" in told
    assert f"{folder}/shop.yaml:15: no transcript comes to step sure" in told


def test_too_little_coverage_is_a_failure_where_more_is_asked_for(folder: Path) -> None:
    assert "Less than 100 % of the steps: shop" in run(folder, "test", "--cover", "100", fails=True)


def test_a_conversation_that_goes_otherwise_is_a_failure_with_its_line(folder: Path) -> None:
    (folder / "shop.test.yaml").write_text(TESTS.replace("unrated", "rated"))

    told = run(folder, "test", "shop", fails=True)

    assert f"{folder}/shop.test.yaml:10: Nobody answers, turn 2" in told


def test_a_flow_that_is_not_there_is_told_with_those_that_are(folder: Path) -> None:
    assert "there is no flow shoe: there are shop" in run(folder, "graph", "shoe", fails=True)


def test_a_flow_is_drawn_as_text_and_as_a_picture(folder: Path) -> None:
    assert 's_stars -->|"after 10m"| s_silent' in run(folder, "graph", "shop")

    run(folder, "graph", "shop", "--svg", str(folder / "shop.svg"))

    assert "</svg>" in (folder / "shop.svg").read_text()


def typed(folder: Path, *lines: str, options: tuple[str, ...] = ()) -> str:
    words = ["play", "shop", "--flows", str(folder), *options]
    result = CliRunner().invoke(app, words, input="\n".join(lines))
    assert result.exit_code == 0, result.output
    return result.output


def test_a_conversation_is_held_at_the_terminal(folder: Path) -> None:
    told = typed(folder, "hi", "5", "#1")

    assert "How was it, from 1 to 5?" in told
    assert "[#1 Yes]  [#2 No]" in told
    assert '-- completed: rated {"stars": 5}' in told


def test_time_passes_at_the_terminal_when_it_is_told_to(folder: Path) -> None:
    assert "-- completed: unrated" in typed(folder, "hi", "+9m", "+61s")
    assert "-- completed: unrated" in typed(folder, "hi", "+")


def test_who_types_what_means_nothing_is_told_so(folder: Path) -> None:
    told = typed(folder, "hi", "#1", "/dance", "/found {}", "+soon")

    assert "nothing is there to be tapped" in told
    assert told.count("not understood; /help says what is") == 2
    assert "no other service is asked anything now" in told


def test_who_types_what_has_no_effect_is_told_that_nothing_happens(folder: Path) -> None:
    told = typed(folder, "hi", "+1m", "/status read")
    to_human = typed(folder, "hi", "agent", "anybody there?")

    assert told.count("-- (nothing happens)") == 2
    assert to_human.count("-- (nothing happens: a human has the session)") == 1


def test_json_that_is_none_is_shown_where_it_goes_wrong(folder: Path) -> None:
    told = typed(folder, "hi", "/found {bad", '/form {"a": 1')

    assert "this is not JSON: Expecting property name enclosed in double quotes, at 'bad'" in told
    assert "at its end; write it like /form" in told


def test_what_was_played_becomes_a_transcript_that_passes(folder: Path) -> None:
    kept = folder / "kept.test.yaml"

    typed(folder, "hi", "7", "5", "#2", "4", "#1", options=("--save", str(kept)))

    assert "1 of 1 transcripts go as written." in run(folder, "test", str(kept))
    assert "tap: 'No'" in kept.read_text()


def test_what_was_played_joins_the_transcripts_that_are_there(folder: Path) -> None:
    there = folder / "shop.test.yaml"
    save = ("--save", str(there))

    typed(folder, "hi", "5", "#1", options=(*save, "--name", "Five of five"))
    typed(folder, "hi", "4", "#1", options=save)
    told = typed(folder, "hi", "3", "#1", options=save)

    assert f"Added to {there} as 'As it was played (2)'." in told
    assert there.read_text().startswith(TESTS)
    assert "4 of 4 transcripts go as written." in run(folder, "test")


def test_a_name_that_is_there_is_refused_before_anything_is_played(folder: Path) -> None:
    save = ("--save", str(folder / "shop.test.yaml"), "--name", "Nobody answers")

    told = run(folder, "play", "shop", *save, fails=True)

    assert "has a transcript 'Nobody answers': give this one another --name" in told


def test_what_was_played_is_shown_where_the_file_does_not_take_it_any_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = folder / "shop.test.yaml"
    lines = iter(["hi", "5"])

    def typing(_: str) -> str:
        there.write_text(TESTS.replace("they", "tey"))  # its author edits it meanwhile
        return next(lines, "/quit")

    monkeypatch.setattr(console, "input", typing)

    with console.capture() as shown:
        told = run(folder, "play", "shop", "--save", str(there), fails=True)

    assert "turn 1, tey: is not known here" in told
    assert "they: '5'" in shown.get()


def test_what_happens_in_a_transcript_is_told_as_events(folder: Path) -> None:
    lines = [json.loads(line) for line in run(folder, "events", "shop").splitlines()]

    assert [lines[0]["type"], lines[-1]["type"]] == [
        "contact.identified.v1",
        "session.completed.v1",
    ]
    assert lines[-1]["data"]["outcome"] == "unrated"
    assert run(folder, "events", "shop", "--transcript", "Nobody answers")
    assert "no transcript" in run(folder, "events", "shop", "--transcript", "Who?", fails=True)


def test_a_transcript_that_goes_otherwise_tells_of_no_events(folder: Path) -> None:
    (folder / "shop.test.yaml").write_text(TESTS.replace("Hello.", "Good day."))

    assert "goes otherwise" in run(folder, "events", "shop", fails=True)
