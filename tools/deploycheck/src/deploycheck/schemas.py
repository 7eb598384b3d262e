"""JSON schemas that kubeconform can read: of Kubernetes' own kinds, and of custom ones."""

import json
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

VERSIONS = ("1.30.0", "1.37.0")
"""The oldest Kubernetes that the chart takes, and the newest whose schemas are to be had."""

Schema = dict[str, Any]


class SchemasMissing(Exception):
    """The package with Kubernetes' schemas is not installed."""


def write_schemas(folder: Path, version: str, custom: Iterable[Path]) -> str:
    """Write a file per kind into `folder`; return the location as kubeconform wants it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in _own_kinds(version).items():
        (folder / f"{name}.json").write_text(json.dumps(schema))
    for path in custom:
        for definition in yaml.safe_load_all(path.read_text()):
            for name, schema in _custom_kinds(definition):
                (folder / f"{name}.json").write_text(json.dumps(schema))
    return f"{folder}/{{{{ .ResourceKind }}}}{{{{ .KindSuffix }}}}.json"


def _own_kinds(version: str) -> Mapping[str, Schema]:
    """Every kind of `version` that can be applied, each on its own, named `deployment-apps-v1`."""
    package = find_spec("kubernetes_validate")
    if package is None or not package.submodule_search_locations:
        raise SchemasMissing("kubernetes-validate is not installed: run make deploy-check")
    source = Path(package.submodule_search_locations[0]) / "kubernetes-json-schema"
    folder = source / f"v{version}-local-strict"
    shared = json.loads((folder / "_definitions.json").read_text())
    shared = shared.get("$defs") or shared["definitions"]
    kinds = {}
    for path in folder.glob("*-v*.json"):
        schema = json.loads(path.read_text())
        if {"apiVersion", "kind"} <= schema.get("properties", {}).keys():
            schema.pop("$id", None)
            kinds[path.stem] = _resolved(schema, shared, ())
    return kinds


def _resolved(node: Any, shared: Mapping[str, Schema], within: tuple[str, ...]) -> Any:
    """Replace references by what they stand for; one into itself (JSONSchemaProps) allows all."""
    if isinstance(node, list):
        return [_resolved(item, shared, within) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        name = node["$ref"].rsplit("/", 1)[-1]
        return {} if name in within else _resolved(shared[name], shared, (*within, name))
    return {key: _resolved(value, shared, within) for key, value in node.items()}


def _custom_kinds(definition: Any) -> Iterable[tuple[str, Schema]]:
    if not isinstance(definition, dict) or definition.get("kind") != "CustomResourceDefinition":
        return
    spec = definition["spec"]
    group = spec["group"].split(".")[0]
    for version in spec["versions"]:
        schema = _strict(version["schema"]["openAPIV3Schema"])
        schema["properties"] |= {"metadata": {"type": "object"}}
        yield f"{spec['names']['kind'].lower()}-{group}-{version['name']}", schema


def _strict(node: Schema) -> Schema:
    """Say in JSON Schema what a structural schema means to the API server."""
    strict = {key: value for key, value in node.items() if key not in _FOREIGN}
    properties, items, rest = (node.get(key) for key in _WITHIN)
    if properties is not None:
        strict["properties"] = {name: _strict(child) for name, child in properties.items()}
        if rest is None:
            strict["additionalProperties"] = bool(node.get("x-kubernetes-preserve-unknown-fields"))
    if isinstance(items, dict):
        strict["items"] = _strict(items)
    if isinstance(rest, dict):
        strict["additionalProperties"] = _strict(rest)
    if node.get("x-kubernetes-int-or-string"):
        strict = {"type": ["integer", "string"]}
    if node.get("nullable") and isinstance(strict.get("type"), str):
        strict["type"] = [strict["type"], "null"]
    return strict


_WITHIN = ("properties", "items", "additionalProperties")
_FOREIGN = (
    "nullable",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
)
