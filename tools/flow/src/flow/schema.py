"""The languages of flows and of transcripts as JSON Schema: editors complete and check by it."""

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from textwrap import dedent
from types import ModuleType
from typing import Any, TypeAlias

from pydantic import BaseModel, TypeAdapter

from domain.messages import surroundings
from domain.session.flows import definition, questions, steps_passing, steps_waiting
from domain.session.flows.wording import LANGUAGE, Wording, WordList
from flow import transcript
from flow.exits import span

Schema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_RENAMED = {
    "domain__session__flows__definition__Ending": "StopWords",
    "domain__session__flows__steps_passing__Ending": "End",
}
_ALSO_WORDS = ("Words", "StopWords", "OptOut", "OptIn")
"""What may also be written as its words alone, once or by language."""
_COMMON = {
    "id": "The name by which others speak of it.",
    "next": "The step that follows, where it is not the one below.",
    "to": "The step to go to.",
}
"""What keys mean that mean the same everywhere."""
_ONE_OR_MORE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_BY_LANGUAGE: Schema = {
    "type": "object",
    "propertyNames": {"pattern": rf"^\*$|{LANGUAGE}", "not": {"enum": ["say"]}},
    "additionalProperties": _ONE_OR_MORE,
    "minProperties": 1,
}
SPAN = r"^\d+[smhd]$"
"""The pattern by which a length of time is known."""
NAMED: Mapping[str, Schema] = {
    "Texts": TypeAdapter[Any](Wording).json_schema()
    | {"description": "A text, or one for each language."},
    "WordList": TypeAdapter[Any](WordList).json_schema()
    | {"description": "Words that mean the same, or some for each language."},
}
"""Shapes that are no models, yet have a name."""


def flow_schema() -> Schema:
    """Return the schema of `flows/NAME.yaml`."""
    schema = _schema(definition.Definition, definition, steps_passing, steps_waiting, questions)
    named = schema["$defs"]
    for name in _ALSO_WORDS:
        shape = named[name]
        told = {key: shape.pop(key) for key in ("title", "description")}
        named[name] = told | {"anyOf": [*_ONE_OR_MORE["anyOf"], _BY_LANGUAGE, shape]}
    named["Case"]["properties"]["is"] = dict(_ONE_OR_MORE)
    schema["properties"]["steps"]["items"] = {
        "anyOf": schema["properties"]["steps"]["items"]["oneOf"]
    }
    return schema


def transcript_schema() -> Schema:
    """Return the schema of `flows/NAME.test.yaml`."""
    schema = _schema(transcript.Transcripts, transcript, surroundings)
    schema["$defs"]["Sending"]["required"].remove("type")  # the MIME type tells
    written: Schema = _with_numbers_as_words(schema)
    return written


def _with_numbers_as_words(schema: Any) -> Any:
    """Let `they: 5` stand: words are taken as they are written."""
    if isinstance(schema, list):
        return [_with_numbers_as_words(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    read = {key: _with_numbers_as_words(one) for key, one in schema.items()}
    if read.get("type") == "string" and not read.keys() & {"pattern", "format", "enum", "const"}:
        read["type"] = ["string", "number", "boolean"]
    return read


def files() -> Iterator[tuple[str, str]]:
    """Yield every generated schema as (path, text)."""
    yield "flow.schema.json", text(flow_schema())
    yield "flow-test.schema.json", text(transcript_schema())


def text(schema: Schema) -> str:
    """Write a schema out."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(model: type[BaseModel], *modules: ModuleType) -> Schema:
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    models = dict(_models(modules))
    shapes = {_RENAMED.get(name, name): shape for name, shape in schema.pop("$defs").items()}
    for name, shape in shapes.items():
        _describe(shape, models[name])
        shape["title"] = name
    _describe(schema, model)
    schema["$defs"] = shapes
    tidied: Schema = _tidied(schema)
    used = json.dumps(tidied)
    tidied["$defs"] |= {name: dict(one) for name, one in NAMED.items() if f'$defs/{name}"' in used}
    return {"$schema": DIALECT, **tidied}


def _models(modules: tuple[ModuleType, ...]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Yield every model under the name that pydantic gives it, or we."""
    for module in modules:
        for name, one in vars(module).items():
            if isinstance(one, type) and issubclass(one, BaseModel):
                qualified = f"{one.__module__}.{name}".replace(".", "__")
                yield _RENAMED.get(qualified, name), one


def _describe(shape: Schema, model: type[BaseModel]) -> None:
    """Say of each key what stands below it in the model."""
    said = _written_below(model)
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in shape.get("properties", {}) and (told := said.get(name) or _COMMON.get(key)):
            shape["properties"][key]["description"] = told


def _written_below(model: type[BaseModel]) -> Mapping[str, str]:
    """Return the docstrings of a class's attributes, also of those that it inherits."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        if issubclass(one, BaseModel) and one is not BaseModel:
            body = ast.parse(dedent(inspect.getsource(one))).body[0]
            found |= _below(body.body if isinstance(body, ast.ClassDef) else [])
    return found


def _below(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for attribute, after in pairwise(body):
        match attribute, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                yield name, " ".join(said.split())
            case _:
                pass


def _tidied(schema: Any) -> Any:
    """Leave out what says nothing to an author: titles of keys, null, and defaults of wholes."""
    if isinstance(schema, list):
        return [_tidied(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    for name, shape in NAMED.items():
        if schema.get("anyOf") == shape["anyOf"]:
            return {"$ref": f"#/$defs/{name}", **_told(schema)}
    left_out = ("properties", *(("ge", "le") if "pattern" in schema else ()))
    tidied = {key: _tidied(value) for key, value in schema.items() if key not in left_out}
    if "properties" in schema:
        tidied["properties"] = {
            key: _without_title(_tidied(_without_null(one)))
            for key, one in schema["properties"].items()
        }
    if isinstance(tidied.get("$ref"), str):
        tidied["$ref"] = _renamed(tidied["$ref"])
        tidied.pop("default", None)
    if tidied.get("default") in ({}, []):
        tidied.pop("default")
    if isinstance(tidied.get("default"), str) and tidied.get("pattern") == SPAN:
        tidied["default"] = span(TypeAdapter(timedelta).validate_python(tidied["default"]))
    return tidied


def _told(schema: Schema) -> Schema:
    told = {key: schema[key] for key in ("description",) if key in schema}
    default = schema.get("default")
    return told | ({"default": default[""]} if default and "" in default else {})


def _without_null(schema: Schema) -> Schema:
    """Nobody writes `key: null`: what is not wanted is left out."""
    some = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if len(some) == len(schema.get("anyOf", ())):
        return schema
    if rest.get("default", 0) is None:
        del rest["default"]
    return {**(some[0] if len(some) == 1 else {"anyOf": some}), **rest}


def _without_title(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "title"}


def _renamed(reference: str) -> str:
    head, _, name = reference.rpartition("/")
    return f"{head}/{_RENAMED.get(name, name)}"
