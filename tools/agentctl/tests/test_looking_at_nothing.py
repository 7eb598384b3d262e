"""A doctor who could look at nothing does not say that all is well."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from agentctl.__main__ import app


def test_a_pipeline_that_tells_the_doctor_no_address_is_not_green(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    told = CliRunner().invoke(app, ["doctor"])

    assert told.exit_code == 1
    assert "Nothing was looked at" in told.output
