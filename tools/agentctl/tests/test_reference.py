"""The reference of the command line says what the commands themselves say."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentctl.__main__ import app
from agentctl.installation import Installation, variable
from agentctl.reference import files

DOCS = Path(__file__).parents[3] / "docs"


def test_the_reference_is_as_make_schemas_writes_it() -> None:
    for name, text in files():
        assert (DOCS / "reference" / name).read_text(encoding="utf-8") == text


def test_every_variable_says_what_it_is_for() -> None:
    silent = [name for name, field in Installation.model_fields.items() if not field.description]

    assert silent == []


def test_help_needs_no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_NO_SUCH_VARIABLE", "1")

    helped = CliRunner().invoke(app, ["parked", "redrive", "--help"])
    refused = CliRunner().invoke(app, ["lag"])

    assert (helped.exit_code, refused.exit_code) == (0, 2)
    assert variable("no_such_variable") in refused.output


def test_a_stack_that_is_nowhere_is_said_to_be_nowhere() -> None:
    answer = CliRunner().invoke(app, ["--endpoints", "/no/such/file", "lag"])

    assert answer.exit_code == 2
    assert "/no/such/file cannot be read: No such file or directory" in answer.output


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (["doctor", "--only", "nothing"], "no such check: nothing"),
        (["lag", "nobody"], "no such reader: nobody"),
        (["lag", "nobody"], "one of session-core, sender, file-manager, crm-notifier"),
        (["doctor", "--only", "nothing"], "one of config, kafka,"),
        (["replay", "group", "nobody", "--since", "1h"], "no such service: nobody"),
        (["replay", "group", "session-core", "--since", "1h"], "it has read stands in PostgreSQL"),
        (["tail", "nothing"], "no such topic: nothing"),
        (["tail", "nothing"], "session-events.parked.crm-notifier-erp"),
        (["tail", "--since", "soon"], "soon is neither a span"),
        (["parked", "show", "nowhere", "0/1"], "nothing is parked under nowhere"),
        (["parked", "show", "sender", "17"], "17 is no place"),
        (["parked", "redrive", "sender"], "say places, or --all"),
        (["replay", "group", "sender"], "say --since, or --from-beginning"),
        (
            ["topics", "create", "--replication-factor", "1", "--min-insync", "2"],
            "nothing could be written",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    line: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENT_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("AGENT_CRM_NAMES", '["erp"]')

    answer = CliRunner().invoke(app, line)

    assert answer.exit_code == 1
    assert told in answer.output
