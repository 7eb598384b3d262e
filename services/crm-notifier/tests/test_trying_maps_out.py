"""Whoever writes a map sees what it does before any CRM is told."""

import io
import json
from pathlib import Path

import pytest

from crm_notifier.crms import PRETENCES
from crm_notifier.terminal import command
from domain.codec import encode
from domain.ports.crm import Notable

MAP = """
flows:
  claim:
    subject: "Claim of {answers.full_name}"
    answers: {full_name: lastname, policy: policy_number}
    data: {amount: claimed_amount}
    stages: {filed: "2", handed-off: "1"}
    owners: {claims: 00G5g000004WkZ9}
"""
FLOW = """
name: claim
agent: {team: claims}
steps:
  - {id: welcome, say: Hello}
  - {id: full_name, ask: Name}
  - {id: policy, ask: Policy}
  - {id: visit, call: {flow: visit}}
  - {id: filed, complete: {outcome: filed, data: {amount: amount}}}
  - {id: lost, complete: {outcome: given_up}}
"""
VISIT = """
name: visit
steps:
  - {id: stars, ask: Stars}
  - {id: unhappy, hand_off: {team: quality}}
  - {id: again, call: {flow: visit}}
  - {id: done, complete: {outcome: rated, data: {rating: stars}}}
"""


@pytest.fixture
def crm_yaml(tmp_path: Path) -> Path:
    path = tmp_path / "crm.yaml"
    path.write_text(MAP)
    return path


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "claim.yaml").write_text(FLOW)
    (folder / "visit.yaml").write_text(VISIT)
    (folder / "claim.test.yaml").write_text("flow: claim\ntranscripts: []\n")
    return folder


def run(*arguments: object, given: str = "") -> tuple[int, str]:
    out = io.StringIO()
    code = command([str(one) for one in arguments], io.StringIO(given), out)
    return code, out.getvalue()


def test_a_right_map_is_called_right(crm_yaml: Path, flows: Path) -> None:
    assert run("check", crm_yaml) == (0, f"{crm_yaml} is right: 1 flow\n")
    assert run("check", crm_yaml, "--flows", flows)[0] == 0


def test_a_map_that_is_not_there_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", tmp_path / "crm.yaml") == (1, "")
    assert capsys.readouterr().err == f"{tmp_path / 'crm.yaml'}: No such file or directory\n"


def test_what_a_crm_could_not_hold_is_said_before_it_is_told(
    crm_yaml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crm_yaml.write_text(MAP.replace("00G5g000004WkZ9", "Claims"))

    assert run("check", crm_yaml, "--crm", "webhook")[0] == 0
    assert run("check", crm_yaml, "--crm", "hubspot") == (1, "")
    assert "flows.claim.owners.claims: Claims is no id of an owner" in capsys.readouterr().err


def test_a_wrong_map_is_told_of_line_by_line(
    crm_yaml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crm_yaml.write_text("flows: {claim: {anwers: {}, subject: '{who}'}}")

    assert run("check", crm_yaml) == (1, "")
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{crm_yaml}: flows.claim.subject: ")
    assert second.startswith(f"{crm_yaml}: flows.claim.anwers: ")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            "flows: {clain: {}}",
            "flows.clain: there is no such flow; did you mean claim?",
        ),
        (
            "flows: {claim: {answers: {ful_name: lastname}}}",
            "flows.claim.answers.ful_name: claim has no such step; did you mean full_name?",
        ),
        (
            "flows: {claim: {subject: 'of {answers.phone}'}}",
            "flows.claim.subject: phone: claim has no such step",
        ),
        (
            "flows: {claim: {data: {amuont: total}}}",
            (
                "flows.claim.data.amuont: no end of claim names such data; did you mean amount?"
                " Name it there under complete: data:, or take it out here"
            ),
        ),
        (
            "flows: {claim: {subject: 'of {data.rating}'}}",
            (
                "flows.claim.subject: rating: no end of claim names such data (there are: amount)."
                " Name it there under complete: data:, or take it out here"
            ),
        ),
        (
            "flows: {claim: {stages: {field: 2}}}",
            (
                "flows.claim.stages.field: no end of claim has this outcome; did you mean filed?"
                " If colleagues end sessions so, say --outcome field"
            ),
        ),
        (
            "flows: {claim: {stages: {rated: 2}}}",
            (
                "flows.claim.stages.rated: no end of claim has this outcome"
                " (there are: filed, given_up, handed-off)."
                " If colleagues end sessions so, say --outcome rated"
            ),
        ),
        (
            "flows: {claim: {owners: {sales: 7}}}",
            (
                "flows.claim.owners.sales: claim hands nothing to this team"
                " (there are: claims, quality). If colleagues hand sessions to it, say --team sales"
            ),
        ),
    ],
)
def test_names_that_no_flow_knows_are_found(
    text: str, mistake: str, *, crm_yaml: Path, flows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crm_yaml.write_text(text)

    assert run("check", crm_yaml, "--flows", flows) == (1, "")
    assert capsys.readouterr().err == f"{crm_yaml}: {mistake}\n"


def test_what_colleagues_do_by_hand_is_known_where_it_is_said(crm_yaml: Path, flows: Path) -> None:
    crm_yaml.write_text("flows: {claim: {stages: {settled: 4}, owners: {sales: 7, quality: 8}}}")
    by_hand = ("--outcome", "settled", "--outcome", "paid", "--team", "sales")

    assert run("check", crm_yaml, "--flows", flows)[0] == 1
    assert run("check", crm_yaml, "--flows", flows, *by_hand)[0] == 0


@pytest.mark.parametrize(
    "flow",
    [
        "{name: claim, agent: sales, steps: [filed, {id: 1, complete: filed}, {hand_off: [x]}]}",
        "{name: claim, steps: {id: filed}}",
        "{name: claim}",
    ],
)
def test_a_flow_that_is_wrong_itself_names_nothing(
    flow: str, crm_yaml: Path, flows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (flows / "claim.yaml").write_text(flow)
    crm_yaml.write_text("flows: {claim: {stages: {filed: 4}, owners: {sales: 7}}}")

    assert run("check", crm_yaml, "--flows", flows) == (1, "")
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_what_a_called_flow_asks_is_known_by_the_step_that_calls_it(
    crm_yaml: Path, flows: Path
) -> None:
    crm_yaml.write_text("flows: {claim: {answers: {visit.stars: rating}}}")

    assert run("check", crm_yaml, "--flows", flows)[0] == 0


def test_a_session_that_ends_is_shown_as_the_crm_would_hold_it(crm_yaml: Path) -> None:
    answers = ["--answer", "full_name=Ana Lima", "--answer", "policy=AB-1", "--answer", "ok=yes"]
    data = json.dumps({"amount": 120, "note": "x"})
    asked = ("dry-run", crm_yaml, "--flow", "claim", *answers, "--data", data)
    code, shown = run(*asked, "--outcome", "filed")

    assert code == 0
    assert shown.splitlines() == [
        "session.completed.v1",
        "  contact.lastname = Ana Lima",
        "  contact.policy_number = AB-1",
        "  case.subject = Claim of Ana Lima",
        "  case.stage = 2",
        "  case.claimed_amount = 120",
        "  left out: answer ok, data note",
    ]


def test_a_session_that_colleagues_take_over_is_shown_with_its_owner(crm_yaml: Path) -> None:
    asked = ("dry-run", crm_yaml, "--flow", "claim", "--answer", "full_name=Ana Lima")
    code, shown = run(*asked, "--team", "claims")

    assert code == 0
    assert shown.splitlines() == [
        "session.handed-off.v1",
        "  contact.lastname = Ana Lima",
        "  case.subject = Claim of Ana Lima",
        "  case.stage = 1",
        "  case.owner = 00G5g000004WkZ9",
    ]


def test_events_of_real_or_rehearsed_sessions_can_be_given(
    crm_yaml: Path, notable: tuple[Notable, ...], frequent: tuple[Notable, ...]
) -> None:
    lines = [
        json.dumps({"type": event.TYPE, "data": json.loads(encode(event))})
        for event in (*frequent, *notable)
    ]

    code, shown = run("dry-run", crm_yaml, "--events", "-", given="\n".join(lines))
    assert code == 0
    assert [line for line in shown.splitlines() if not line.startswith(" ")] == [
        *("answer.recorded.v1", "session.handed-off.v1", "session.completed.v1")
    ]


@pytest.mark.parametrize(
    "given", ["{", "[]", '{"type": "session.completed.v1"}', '{"type": "x.v1", "data": {}}']
)
def test_what_is_no_event_is_refused(
    crm_yaml: Path, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _ = run("dry-run", crm_yaml, "--events", "-", given=given)

    assert code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("crm", sorted(PRETENCES))
def test_the_calls_of_a_crm_are_shown_without_making_them(
    crm: str, crm_yaml: Path, notable: tuple[Notable, ...], frequent: tuple[Notable, ...]
) -> None:
    events = (*frequent, *notable)
    lines = [
        json.dumps({"type": event.TYPE, "data": json.loads(encode(event))}) for event in events
    ]
    asked = ("dry-run", crm_yaml, "--crm", crm, "--events", "-")
    code, shown = run(*asked, given="\n".join(lines))

    assert code == 0
    assert [line for line in shown.splitlines() if not line.startswith(" ")] == [
        event.TYPE for event in events
    ]
    assert "  Crm" not in shown
    assert "Ana Lima" in shown
    assert "pretended" not in shown


def test_a_map_that_a_crm_cannot_hold_is_refused_for_this_one_alone(
    crm_yaml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crm_yaml.write_text("flows: {claim: {pipeline: '0', stages: {filed: '2'}}}")

    assert run("check", crm_yaml, "--crm", "webhook")[0] == 0
    assert run("check", crm_yaml, "--crm", "hubspot")[0] == 1
    assert "pipeline" in capsys.readouterr().err
