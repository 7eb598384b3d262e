import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from domain.schemas import files
from domain.topics import ALL
from domain.upcasting import UPCASTS

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
GOLDEN = Path(__file__).parent / "golden"


def test_the_published_schemas_are_those_of_the_code() -> None:
    published = {path: (REFERENCE / path).read_text() for path, _ in files()}

    assert published == dict(files()), "run `make schemas` and look at what changed"
    today = {Path(path).stem for path, _ in files() if "/" in path}
    older = {file.stem for file in REFERENCE.glob("*/*.json")} - today
    assert older == set(UPCASTS), "the schema of an older version stays, and no other"


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*/*.json")), ids=lambda file: file.stem)
def test_every_message_ever_published_fits_its_schema(file: Path) -> None:
    noun, verb, version = file.name.split(".")[:3]
    schema = json.loads(
        (REFERENCE / file.parent.name / f"{noun}.{verb}.{version}.json").read_text()
    )

    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(file.read_text()))


def test_the_asyncapi_names_every_topic() -> None:
    document = json.loads((REFERENCE / "asyncapi.json").read_text())

    assert set(document["channels"]) == {topic.name for topic in ALL}
