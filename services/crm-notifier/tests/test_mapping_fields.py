"""Which answers of a flow go to which fields of the CRM."""

import json
from pathlib import Path

import jsonschema
import pytest

from crm_notifier.mapping import (
    HANDED_OFF,
    CrmMap,
    UnusableMap,
    case_fields,
    contact_fields,
    load,
    owner,
    parse,
    pipeline,
    schema,
    stage,
    subject,
)

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "crm-map.schema.json"
CLAIMS = """
flows:
  claim:
    subject: "Claim {answers.policy} of {answers.full_name}: {outcome}"
    answers: {full_name: lastname, policy: policy_number}
    data: {amount: claimed_amount, urgent: is_urgent, parts: parts}
    stages: {filed: 2, handed-off: 1}
    owners: {claims: 0051}
    pipeline: 77
"""


@pytest.fixture
def claims() -> CrmMap:
    return parse(CLAIMS)


def test_answers_that_are_named_fill_fields_of_the_contact_and_others_stay_out(
    claims: CrmMap,
) -> None:
    answers = {"full_name": "Ana Lima", "policy": "PL-204417", "illness": "none"}

    assert contact_fields(claims, "claim", answers) == {
        "lastname": "Ana Lima",
        "policy_number": "PL-204417",
    }


def test_data_that_are_named_fill_fields_of_the_case_as_text(claims: CrmMap) -> None:
    data = {"amount": 120, "urgent": True, "parts": ["door", "Tür"], "secret": "x"}

    assert case_fields(claims, "claim", data) == {
        "claimed_amount": "120",
        "is_urgent": "true",
        "parts": '["door", "Tür"]',
    }


def test_a_value_that_is_missing_fills_no_field(claims: CrmMap) -> None:
    assert case_fields(claims, "claim", {"amount": None}) == {}
    assert case_fields(claims, "claim", None) == {}


@pytest.mark.parametrize("flow", ["survey", None])
def test_of_a_flow_that_is_not_named_no_answer_gets_into_the_crm(
    claims: CrmMap, flow: str | None
) -> None:
    assert contact_fields(claims, flow, {"full_name": "Ana Lima"}) == {}
    assert case_fields(claims, flow, {"amount": 120}) == {}
    assert (stage(claims, flow, "filed"), owner(claims, flow, "claims")) == (None, None)
    assert pipeline(claims, flow) is None


def test_the_subject_is_filled_in_on_one_line(claims: CrmMap) -> None:
    answers = {"full_name": "Ana\nLima", "policy": "{outcome}"}

    assert subject(claims, "claim", answers=answers, outcome="filed") == (
        "Claim {outcome} of Ana Lima: filed"
    )


def test_a_subject_has_a_bounded_length_and_is_never_empty() -> None:
    only_name = parse("{flows: {claim: {subject: '{answers.name}'}}}")

    assert len(subject(only_name, "claim", answers={"name": "a" * 9000})) == 255
    assert subject(only_name, "claim") == "WhatsApp"


def test_without_a_subject_of_its_own_a_flow_is_called_by_its_name() -> None:
    assert subject(CrmMap(), "survey", outcome="done") == "WhatsApp: survey"


def test_answers_to_a_flow_that_was_called_have_the_names_that_they_have_in_events() -> None:
    visits = parse("{flows: {tour: {subject: '{answers.visit.stars} stars'}}}")

    assert subject(visits, "tour", answers={"visit.stars": "5"}) == "5 stars"


def test_outcomes_and_teams_lead_to_stages_and_owners_by_their_ids(claims: CrmMap) -> None:
    assert stage(claims, "claim", "filed") == "2"
    assert stage(claims, "claim", HANDED_OFF) == "1"
    assert stage(claims, "claim", "abandoned") is None
    assert owner(claims, "claim", "claims") == "0051"
    assert owner(claims, "claim", None) is None
    assert pipeline(claims, "claim") == "77"


def test_the_published_schema_is_that_of_the_code() -> None:
    assert PUBLISHED.read_text() == schema(), "run `make schemas`, look at the change"


def test_the_published_schema_knows_a_map(claims: CrmMap) -> None:
    whole = claims.model_dump(mode="json")
    whole["flows"]["claim"]["pipeline"] = "77"

    jsonschema.validate(whole, json.loads(PUBLISHED.read_text()))


def test_an_empty_map_is_a_map_in_which_no_flow_is_named(tmp_path: Path) -> None:
    empty = tmp_path / "crm.yaml"
    empty.write_text("# nothing yet\n")

    assert load(empty) == CrmMap()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("flows: [claim]", "flows: "),
        ("flows: {claim: {anwers: {a: b}}}", "flows.claim.anwers: "),
        ("flows: {claim: {answers: {name: ''}}}", "flows.claim.answers.name: "),
        ("flows: {claim: {subject: 'of {name}'}}", "flows.claim.subject: "),
        ("flows: {claim: {subject: '{answers}'}}", "flows.claim.subject: "),
        ("flows: {claim: {subject: 'open {'}}", "flows.claim.subject: "),
        ("flows:\n  claim: {}\n  claim: {}\n", "line 3: claim stands here twice"),
        ("flows: {", "line 1: "),
        ("just words", ""),
    ],
)
def test_a_map_that_would_not_do_what_it_says_is_refused_with_the_place(
    text: str, mistake: str
) -> None:
    with pytest.raises(UnusableMap) as refusal:
        parse(text)

    assert refusal.value.mistakes[0].startswith(mistake)
