import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from domain.session.flows.yaml_text import Loader
from flow import reference, schema
from flow.shelf import flow_files, transcript_files

ROOT = Path(__file__).parents[3]
FLOWS = [*flow_files(ROOT / "flows"), *transcript_files(ROOT / "flows")]


def problems(described: dict[str, Any], written: str) -> list[str]:
    checker = jsonschema.Draft202012Validator(described)
    data = yaml.load(written, Loader=Loader)  # noqa: S506  # a SafeLoader
    read = json.loads(json.dumps(data, default=str))
    return [error.message for error in checker.iter_errors(read)]


def test_the_published_reference_is_that_of_the_models() -> None:
    generated = dict([*schema.files(), *reference.files()])

    published = {path: (ROOT / "docs" / "reference" / path).read_text() for path in generated}

    assert published == generated, "run `make schemas` and look at what changed"


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.name)
def test_an_editor_finds_nothing_wrong_with_the_examples(file: Path) -> None:
    of_test = file.name.endswith(".test.yaml")
    described = schema.transcript_schema() if of_test else schema.flow_schema()

    assert problems(described, file.read_text()) == []


def test_an_editor_finds_a_key_that_is_misspelt() -> None:
    flow = "name: hi\ntitle: Hi\nsteps:\n  - {id: hi, say: Hi, nxt: hi}\n"

    assert problems(schema.flow_schema(), flow)
    assert not problems(schema.flow_schema(), flow.replace("nxt", "next"))


def test_an_editor_knows_what_each_key_is_for() -> None:
    ask = schema.flow_schema()["$defs"]["Ask"]["properties"]

    assert ask["wrong"]["description"] == "What the person reads after an answer that does not fit."
    assert ask["next"]["description"].startswith("The step that follows")


def test_the_reference_leads_only_to_headings_that_are_there() -> None:
    page = dict(reference.files())["flow-language.md"]
    headings = {
        line.lstrip("# ").replace("`", "").lower().replace(" ", "-")
        for line in page.splitlines()
        if line.startswith("#")
    }
    links = {link.partition(")")[0] for link in page.split("](#")[1:]}

    assert links <= headings
