"""The query API is off until it is asked for, and never open to everybody."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from session_core.app.query_api import openapi
from session_core.settings import Settings

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def _settings(**chosen: Any) -> Settings:
    needed = {"database_url": "x", "kafka_bootstrap_servers": "x", "flows_dir": "."}
    return Settings.model_validate({**needed, **chosen})


@pytest.mark.parametrize(
    ("chosen", "kind"),
    [({"api_port": 0}, "missing"), ({"api_port": 0, "api_token": "x" * 15}, "value_error")],
    ids=["none", "too short"],
)
def test_an_open_port_without_a_real_token_is_refused(chosen: dict[str, Any], kind: str) -> None:
    with pytest.raises(ValidationError) as refused:
        _settings(**chosen)

    ((place, problem),) = [(error["loc"], error["type"]) for error in refused.value.errors()]
    assert (place, problem) == (("api_token",), kind)


def test_without_a_port_there_is_no_api_and_no_token_is_needed() -> None:
    assert _settings().api_port is None
    assert _settings(api_port=0, api_token="x" * 16).api_port == 0


def test_the_published_document_is_that_of_the_code() -> None:
    published = (REFERENCE / "query-api.json").read_text()

    assert published == openapi(), "run `make schemas` and look at what changed"
    assert len(json.loads(published)["paths"]) == 13
