"""agentctl knows an installation by variables, or by a stack that runs here."""

import json
from pathlib import Path
from typing import Any

import pytest

from agentctl.checks.configuration import configuration
from agentctl.findings import Finding
from agentctl.installation import (
    NotKnown,
    WrongVariables,
    endpoints_above,
    from_endpoints,
    from_variables,
    is_told,
)

STACK: dict[str, Any] = {
    "ingress": "http://127.0.0.1:1",
    "simulator": "http://127.0.0.1:2",
    "kafka": "127.0.0.1:3",
    "postgres": "postgresql://u:pw@127.0.0.1:4/db",
    "s3": {
        "endpoint_url": "http://127.0.0.1:5",
        "bucket": "files",
        "access_key_id": "key",
        "secret_access_key": "secret",
        "region": "us-east-1",
    },
    "whatsapp": {
        "app_secret": "a",
        "verify_token": "v",
        "access_token": "t",
        "phone_number_id": "106",
        "graph_url": "http://127.0.0.1:2",
        "business_account_id": "102",
        "app_id": "670",
    },
    "services": {"sender": {"pid": 1, "url": "http://127.0.0.1:6", "api": None}},
}
SENDER = {
    "SENDER_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "SENDER_GRAPH_URL": "https://graph.facebook.com",
    "SENDER_ACCESS_TOKEN": "token",
}


def test_own_variables_win_over_those_of_services() -> None:
    site = from_variables(
        {"AGENT_DATABASE_URL": "postgresql://ours", "SESSION_CORE_DATABASE_URL": "postgresql://its"}
    )

    assert site.database() == "postgresql://ours"


def test_variables_of_services_stand_in_for_what_was_not_said() -> None:
    site = from_variables({**SENDER, "INGRESS_PHONE_NUMBER_IDS": '["106"]'})

    assert site.graph_url == "https://graph.facebook.com"
    assert site.phone_number_ids == ("106",)


def test_what_is_needed_and_was_not_said_is_named() -> None:
    with pytest.raises(NotKnown, match="AGENT_KAFKA_BOOTSTRAP_SERVERS is missing"):
        from_variables({}).kafka()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"AGENT_DATABSE_URL": "x"}, "unknown: AGENT_DATABSE_URL"),
        ({"AGENT_CRM_URLS": "x"}, "unknown: AGENT_CRM_URLS"),
        ({"AGENT_CRM_NAMES": '{"erp": 1}'}, "AGENT_CRM_NAMES is not valid: it must be a list"),
        ({"AGENT_SERVICES": "{"}, "AGENT_SERVICES is not valid JSON"),
        (
            {"AGENT_TIMEOUT_SECONDS": "soon"},
            "AGENT_TIMEOUT_SECONDS is not valid: it must be a number",
        ),
        (
            {"AGENT_KAFKA_SECURITY_PROTOCOL": "SASL_SSL"},
            "AGENT_KAFKA_SASL_MECHANISM is missing",
        ),
        (
            {"AGENT_DATABASE_URL": "postgresql://u:hidden@db/x?sslmode=verify-full"},
            "AGENT_DATABASE_URL: sslmode=verify-full needs sslrootcert, the file of the CA",
        ),
    ],
)
def test_variables_that_cannot_be_used_are_named_without_their_values(
    given: dict[str, str], told: str
) -> None:
    with pytest.raises(WrongVariables) as wrong:
        from_variables(given)

    assert str(wrong.value) == told


def test_each_crm_has_an_address_of_its_own_which_makes_it_known() -> None:
    site = from_variables(
        {
            "AGENT_CRM_URL": "https://crm.example.com/hidden",
            "AGENT_CRM_URL_OLD_ERP": "https://erp.example.com/hidden",
            "AGENT_CRM_NAMES": '["log"]',
        }
    )

    assert site.crm_names == ("log", "old-erp")
    assert list(site.crm_urls) == ["old-erp"]
    assert site.crm_url is not None
    assert "hidden" not in repr(site)


@pytest.mark.parametrize(
    ("given", "first", "named"),
    [
        ({"CRM_NOTIFIER_WEBHOOK_URL": "https://crm.example.com"}, "https://crm.example.com", {}),
        ({"CRM_NOTIFIER_CRM": "hubspot"}, "https://api.hubapi.com", {}),
        (
            {"CRM_NOTIFIER_CRM": "salesforce", "CRM_NOTIFIER_SALESFORCE_URL": "https://sf.example"},
            "https://sf.example",
            {},
        ),
        ({"CRM_NOTIFIER_CRM": "console"}, None, {}),
        (
            {"CRM_NOTIFIER_NAME": "erp", "CRM_NOTIFIER_WEBHOOK_URL": "https://erp.example"},
            None,
            {"erp": "https://erp.example"},
        ),
    ],
)
def test_what_a_crm_notifier_was_told_says_where_its_crm_is(
    given: dict[str, str], first: str | None, named: dict[str, str]
) -> None:
    site = from_variables(given)

    assert (site.crm_url and site.crm_url.get_secret_value()) == first
    assert {name: url.get_secret_value() for name, url in site.crm_urls.items()} == named


def test_a_stack_that_runs_here_is_found_from_any_folder_below(tmp_path: Path) -> None:
    run = tmp_path / ".run" / "endpoints.json"
    run.parent.mkdir()
    run.write_text(json.dumps(STACK))
    (tmp_path / "docs" / "deep").mkdir(parents=True)

    found = endpoints_above(tmp_path / "docs" / "deep")
    assert found == run
    site = from_endpoints(run, {"USER": "kim"})

    assert site.kafka().bootstrap_servers == "127.0.0.1:3"
    assert site.services == {"sender": "http://127.0.0.1:6"}
    assert site.flows_dir == tmp_path / "flows"
    assert site.operator == "kim"


def test_what_kubernetes_says_of_a_service_with_such_a_name_is_no_mistake() -> None:
    site = from_variables({"AGENT_X_SERVICE_HOST": "10.0.0.1", "AGENT_X_PORT_80_TCP_ADDR": "x"})

    assert site.kafka_bootstrap_servers is None


def test_kafka_is_reached_by_the_way_in_that_was_said() -> None:
    site = from_variables(
        {
            "AGENT_KAFKA_BOOTSTRAP_SERVERS": "kafka:9093",
            "AGENT_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "AGENT_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "AGENT_KAFKA_SASL_USERNAME": "kim",
            "AGENT_KAFKA_SASL_PASSWORD": "hidden",
        }
    )

    client = site.kafka().client()

    assert (client["security_protocol"], client["sasl_mechanism"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert "hidden" not in repr(site)


def test_a_stack_is_meant_only_where_no_variable_of_agentctl_is_there() -> None:
    assert is_told({"AGENT_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092"})
    assert not is_told(SENDER)


def test_secrets_show_in_no_text_of_the_installation() -> None:
    site = from_variables({**SENDER, "AGENT_DATABASE_URL": "postgresql://u:hidden@db/x"})

    assert "hidden" not in repr(site)


def told(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return [one for one in configuration(environ) if one.state != "skipped"]


def test_a_service_whose_variables_are_right_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    [finding] = told(SENDER, monkeypatch)

    assert (finding.check, finding.state) == ("config sender", "ok")


def test_a_service_without_variables_here_is_not_judged() -> None:
    assert {one.state for one in configuration({})} == {"skipped"}


def test_a_variable_that_is_missing_or_wrong_is_named_and_never_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"SENDER_GRAPH_URL": "x", "SENDER_CONCURRENT_CALLS": "many"}

    [finding] = told(given, monkeypatch)

    assert finding.state == "failed"
    assert "SENDER_ACCESS_TOKEN is missing" in finding.what
    assert "SENDER_CONCURRENT_CALLS is not valid" in finding.what
    assert "many" not in finding.what


def test_a_mistyped_variable_is_told_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [_, finding] = told({**SENDER, "SENDER_UNKNOWN_WIAT": "5"}, monkeypatch)

    assert finding.what == "SENDER_UNKNOWN_WIAT means nothing to sender"
    assert finding.mend == "did you mean SENDER_UNKNOWN_WAIT?"


def test_services_that_would_talk_past_each_other_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {**SENDER, "SENDER_TOPIC_PREFIX": "a-", "SESSION_CORE_TOPIC_PREFIX": "b-"}

    found = told(given, monkeypatch)

    assert found[-1].what == "SENDER_TOPIC_PREFIX and SESSION_CORE_TOPIC_PREFIX differ"
