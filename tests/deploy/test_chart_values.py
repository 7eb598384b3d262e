import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic_settings import BaseSettings

import crm_notifier.settings
import file_manager.settings
import ingress.settings
import sender.settings
import session_core.settings
from crm_notifier.crms import Access
from deploycheck.chart import CHART, examples

ROOT = Path(__file__).parents[2]
Json: TypeAlias = dict[str, Any]

SERVICES: Mapping[str, type[BaseSettings]] = {
    "ingressService": ingress.settings.Settings,
    "sessionCore": session_core.settings.Settings,
    "sender": sender.settings.Settings,
    "fileManager": file_manager.settings.Settings,
    "crmNotifier": crm_notifier.settings.Settings,
}


def read(path: Path) -> Json:
    loaded: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


VALUES = read(CHART / "values.yaml")
SCHEMA: Json = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))


def laid_over(below: Json, above: Mapping[str, Any]) -> Json:
    whole = deepcopy(below)
    for key, value in above.items():
        both_are_blocks = isinstance(value, dict) and isinstance(whole.get(key), dict)
        whole[key] = laid_over(whole[key], value) if both_are_blocks else value
    return whole


def complaints(values: Json) -> list[str]:
    return [error.json_path for error in Draft202012Validator(SCHEMA).iter_errors(values)]


def variable(key: str) -> str:
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", key).lower()


def told_by_templates() -> set[str]:
    text = (CHART / "templates" / "_env.tpl").read_text(encoding="utf-8")
    names = set(re.findall(r'(?:%s|\.prefix }})_([A-Z0-9_]+)"?', text))
    return {name.lower() for name in names} | {f"kafka_{name.lower()}" for name in names}


def as_json(default: object) -> object:
    if isinstance(default, frozenset):
        return sorted(default)
    return "" if default is None else default


@pytest.mark.parametrize("key", SERVICES)
def test_every_setting_of_a_service_can_be_set_through_the_chart(key: str) -> None:
    settings = set(SERVICES[key].model_fields)
    own = {variable(name) for name in VALUES[key]["settings"]}

    assert own - settings == set()
    of_adapters = set(Access.model_fields) if key == "crmNotifier" else set()
    assert settings - own - told_by_templates() - of_adapters == set()


@pytest.mark.parametrize("key", SERVICES)
def test_the_chart_says_what_the_services_say_by_themselves(key: str) -> None:
    fields = SERVICES[key].model_fields
    chart = {variable(name): value for name, value in VALUES[key]["settings"].items()}

    assert chart == {
        name: as_json(fields[name].get_default(call_default_factory=True)) for name in chart
    }


def test_every_service_has_the_same_keys() -> None:
    web = {"httpIngress", "gatewayRoute"}

    assert {frozenset(set(VALUES[key]) - web) for key in SERVICES} == {frozenset(VALUES["sender"])}


def test_the_defaults_fit_the_schema() -> None:
    assert complaints(VALUES) == []


@pytest.mark.parametrize("path", [*examples(), CHART / "values-dev.yaml"], ids=lambda p: p.stem)
def test_the_examples_fit_the_schema(path: Path) -> None:
    assert complaints(laid_over(VALUES, read(path))) == []


@pytest.mark.parametrize(
    "path",
    [
        "kafka.security.ca.key",
        "kafka.security.sasl.passwordKey",
        "kafka.security.oauth.clientSecretKey",
        "kafka.security.clientCertificate.certKey",
        "kafka.security.clientCertificate.keyKey",
        "s3.secretKeys.accessKeyId",
        "s3.secretKeys.secretAccessKey",
        "queryApi.secretKeys.token",
    ],
)
def test_a_key_of_a_secret_that_is_needed_cannot_be_left_empty(path: str) -> None:
    change: object = ""
    for key in reversed(path.split(".")):
        change = {key: change}
    assert isinstance(change, dict)

    assert set(complaints(laid_over(VALUES, change))) == {f"$.{path}"}


@pytest.mark.parametrize(
    ("above", "name", "taken", "refused"),
    [
        ("global", "imageTag", "1.2.3", "v1/2"),
        ("image", "repository", "registry:5000/team/sender", "team/sender:latest"),
        ("image", "repository", "sender", "sender@sha256:0f5d1c9f"),
    ],
)
def test_a_name_of_an_image_has_its_version_in_one_place(
    above: str, name: str, taken: str, refused: str
) -> None:
    def told(value: str) -> Json:
        block = {above: {name: value}}
        return block if above == "global" else {"sender": block}

    assert complaints(laid_over(VALUES, told(taken))) == []
    assert complaints(laid_over(VALUES, told(refused))) != []


@pytest.mark.parametrize(
    "block", [("global", "commonLabels"), ("global", "podLabels"), ("sender", "podLabels")]
)
def test_labels_by_which_pods_are_found_cannot_be_given_anew(block: tuple[str, str]) -> None:
    above, name = block
    taken = {above: {name: {"team": "talk", "app.kubernetes.io/created-by": "us"}}}
    refused = {above: {name: {"app.kubernetes.io/component": "x"}}}

    assert complaints(laid_over(VALUES, taken)) == []
    [complaint] = complaints(laid_over(VALUES, refused))
    assert complaint.startswith(f"$.{above}.{name}")


def test_a_namespace_that_looks_like_a_number_stays_a_name_in_every_template() -> None:
    templates = sorted((CHART / "templates").rglob("*.*"))
    lines = [line for file in templates for line in file.read_text(encoding="utf-8").splitlines()]
    namespaces = [line for line in lines if re.match(r"\s+namespace: ", line)]

    assert namespaces
    assert [line for line in namespaces if not line.endswith("| quote }}")] == []


def test_no_volume_of_somebody_elses_takes_the_name_of_one_of_ours() -> None:
    text = (CHART / "templates" / "_volumes.tpl").read_text(encoding="utf-8")
    ours = set(re.findall(r"^- name: ([a-z0-9-]+)$", text, re.MULTILINE))
    ours |= set(re.findall(r'ca.volume" \(dict "name" "([a-z0-9-]+)"', text))

    assert ours == set(SCHEMA["$defs"]["volume"]["properties"]["name"]["not"]["enum"])


FREE_NAMES = {"labels", "matchLabels"}


def blocks(values: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for key, value in values.items():
        if isinstance(value, dict) and value and key not in FREE_NAMES:
            yield from blocks(value, (*path, key))


def test_a_key_that_nobody_reads_is_refused_in_every_block() -> None:
    values, paths = deepcopy(VALUES), list(blocks(VALUES))
    for path in paths:
        block = values
        for key in path:
            block = block[key]
        block["nobodyReadsThis"] = "x"
    errors = Draft202012Validator(SCHEMA).iter_errors(values)

    refused = {tuple(e.absolute_path) for e in errors if e.validator == "additionalProperties"}
    assert [path for path in paths if path not in refused] == []


def schemas(node: object) -> Iterator[Json]:
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield node
        for value in node.values():
            yield from schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas(value)


def test_every_object_of_the_schema_says_what_else_it_takes() -> None:
    assert [one for one in schemas(SCHEMA) if "additionalProperties" not in one] == []


def test_only_pieces_of_other_apis_are_open() -> None:
    open_ones = [one for one in schemas(SCHEMA) if one["additionalProperties"] is True]

    assert open_ones == [SCHEMA["$defs"]["fragment"]]


def undocumented() -> Iterator[str]:
    documented: list[tuple[int, bool]] = []
    described = False
    for line in (CHART / "values.yaml").read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("#"):
            described = described or line.lstrip().startswith("# --")
            continue
        if found := re.match(r"( *)([\w-]+):(.*)", line):
            depth = len(found[1])
            documented = [above for above in documented if above[0] < depth]
            fine = described or any(above[1] for above in documented)
            documented.append((depth, fine))
            if found[3].strip() and not fine:
                yield line.strip()
        described = False


def test_every_value_is_documented() -> None:
    assert list(undocumented()) == []


def test_no_value_holds_a_secret() -> None:
    keys = re.findall(r"^ *(\w*(?:[pP]assword|[tT]oken|[sS]ecret)): (.+)$", _text(), re.MULTILINE)

    # What stands there is the name of a Secret, or of a key in one.
    assert [key for key, value in keys if not re.fullmatch(r'""|[a-z-]+', value)] == []


def _text() -> str:
    return (CHART / "values.yaml").read_text(encoding="utf-8")


def test_the_chart_is_of_the_version_that_it_installs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert read(CHART / "Chart.yaml")["appVersion"] == project["version"]


def test_the_copies_in_the_chart_are_fresh() -> None:
    script = ROOT / "tools" / "write_chart_files.py"
    checked = subprocess.run(  # noqa: S603 our own script
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )

    assert checked.stderr == ""


def sentences() -> list[str]:
    files = sorted((CHART / "templates").glob("_refusals*.tpl"))
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    lines = re.sub(r"\{\{/\*.*?\*/\}\}", "", text, flags=re.DOTALL).splitlines()
    return [line for line in lines if re.search(r"\w", re.sub(r"\{\{.*?\}\}", "", line))]


def test_every_refusal_has_a_test() -> None:
    suites = "".join(
        (CHART / "tests" / name).read_text(encoding="utf-8")
        for name in ("refusals_test.yaml", "refusals_pods_test.yaml", "changes_test.yaml")
    )

    assert [one for one in sentences() if not any(part in suites for part in pieces(one))] == []


def pieces(sentence: str) -> list[str]:
    texts = [text.strip() for text in re.split(r"\{\{.*?\}\}", sentence)]
    return [text[:14] for text in texts if len(text) >= 10]
