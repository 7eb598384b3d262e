"""The command line refuses what cannot be meant, before anything is asked or sent."""

import pytest
from typer.testing import CliRunner

from session_core.__main__ import app


@pytest.mark.parametrize(
    "words", [[], ["--offset", "1"], ["--all", "--shard", "1", "--offset", "1"]]
)
@pytest.mark.parametrize("does", ["redrive", "dismiss"])
def test_redriving_and_dismissing_must_say_which(does: str, words: list[str]) -> None:
    answer = CliRunner().invoke(app, [does, *words])

    assert answer.exit_code == 1
    assert answer.stderr == "say --shard and --offset, or --all\n"


@pytest.mark.parametrize(
    "words",
    [
        ["parked", "--shard", "99999"],
        ["redrive", "--all", "--shard", "99999"],
        ["dismiss", "--shard", "1", "--offset", str(2**63)],
        ["permit-parking", "--shard", "99999", "--most", "30"],
        ["permit-parking", "--shard", "1", "--most", str(2**31)],
        ["parked", "--limit", str(2**63)],
    ],
)
def test_numbers_that_no_shard_has_are_refused_before_anything_is_asked(words: list[str]) -> None:
    answer = CliRunner().invoke(app, words)

    assert answer.exit_code == 2
    assert "Invalid value for '--" in answer.stderr
