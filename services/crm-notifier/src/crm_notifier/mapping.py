"""Which answers and data of a flow go to which fields of the CRM: a map, `crm.yaml`.

Each destination has a map of its own, so the names of fields, stages and owners are those of its
CRM. What the map does not name stays out of the CRM's fields.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

HANDED_OFF = "handed-off"
"""The stage of a session in which a human talks stands under this name, beside the outcomes."""
LONGEST_SUBJECT = 255
"""Letters (Salesforce, Case.Subject; HubSpot takes more)."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STRICT = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
_PLACE = re.compile(r"\{(?:(flow|outcome|team)|(answers|data)\.([A-Za-z_][\w.-]*))\}")


class UnusableMap(ValueError):
    """The map cannot be used: `mistakes` say where and why, one line each."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("; ".join(mistakes))
        self.mistakes = mistakes


def _known_places(template: str) -> str:
    left = _PLACE.sub("", template)
    if "{" in left or "}" in left:
        raise ValueError(
            "only {flow}, {outcome}, {team}, {answers.NAME} and {data.KEY} can stand in braces"
        )
    return template


Word = Annotated[str, StringConstraints(min_length=1, max_length=255, strip_whitespace=True)]
Template = Annotated[Word, AfterValidator(_known_places)]


class FlowMap(BaseModel):
    """What the CRM is to hold of one flow."""

    model_config = _STRICT
    subject: Template = "WhatsApp: {flow}"
    """Of what is opened in the CRM (a ticket, case or task).

    `{flow}`, `{outcome}`, `{team}`, `{answers.NAME}` and `{data.KEY}` are filled in.
    """
    answers: dict[Word, Word] = Field(default_factory=dict)
    """Answers, by step of the flow, to fields of the contact."""
    data: dict[Word, Word] = Field(default_factory=dict)
    """What the flow's last step names as `data`, to fields of the ticket or case."""
    stages: dict[Word, Word] = Field(default_factory=dict)
    """Outcomes of the flow, and `handed-off`, to stages or states of the ticket or case."""
    owners: dict[Word, Word] = Field(default_factory=dict)
    """Teams of the flow to owners or queues of the CRM, by their ids."""
    pipeline: Word | None = None
    """In which the ticket is opened, by its id, where the CRM has pipelines."""


class CrmMap(BaseModel):
    """What the CRM is to hold, by flow; of a flow that is not named, no answer and no data."""

    model_config = _STRICT
    flows: dict[Word, FlowMap] = Field(default_factory=dict)


def load(path: Path) -> CrmMap:
    """Read the map from its file. Raises OSError, or UnusableMap where it is none."""
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> CrmMap:
    """Read the map from its YAML. Raises UnusableMap."""
    try:
        return CrmMap.model_validate(yaml.load(text, _Loader) or {})  # noqa: S506 makes only strings, lists and mappings
    except yaml.YAMLError as error:
        raise UnusableMap(_place_of(error) + _problem_of(error)) from None
    except ValidationError as error:
        raise UnusableMap(
            *(
                ": ".join(filter(None, (".".join(map(str, one["loc"])), one["msg"])))
                for one in error.errors(include_url=False, include_input=False)
            )
        ) from None


def schema() -> str:
    """Return the JSON Schema of a map, for editors."""
    described = {"$schema": DIALECT, "title": "crm.yaml", **CrmMap.model_json_schema()}
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"


class _Loader(yaml.BaseLoader):
    """YAML of which every value is a string, as all of a map are: `yes` is an answer, 4 an id."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 as in yaml
        """Refuse a key that stands twice: only the last would count."""
        known: set[Any] = set()
        for key, _ in node.value:
            if key.value in known:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value} stands here twice", key.start_mark
                )
            known.add(key.value)
        return super().construct_mapping(node, deep)


def contact_fields(crm_map: CrmMap, flow: str | None, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of the contact that these answers fill."""
    fields = _of(crm_map, flow).answers
    return {fields[name]: value for name, value in answers.items() if name in fields}


def case_fields(
    crm_map: CrmMap, flow: str | None, data: Mapping[str, Any] | None
) -> dict[str, str]:
    """Return the fields of the ticket or case that these data fill, as text."""
    fields = _of(crm_map, flow).data
    return {
        fields[key]: _as_text(value)
        for key, value in (data or {}).items()
        if key in fields and value is not None
    }


def subject(
    crm_map: CrmMap,
    flow: str | None,
    *,
    answers: Mapping[str, str] | None = None,
    data: Mapping[str, Any] | None = None,
    outcome: str | None = None,
    team: str | None = None,
) -> str:
    """Return the subject of what is opened in the CRM, on one line; it may be personal."""
    words = {"flow": flow, "outcome": outcome, "team": team}
    given = {"answers": answers or {}, "data": data or {}}

    def fill(place: re.Match[str]) -> str:
        plain, source, name = place.groups()
        value = words[plain] if plain else given[source].get(name)
        return "" if value is None else _as_text(value)

    filled = " ".join(_PLACE.sub(fill, _of(crm_map, flow).subject).split())
    return filled[:LONGEST_SUBJECT] or "WhatsApp"


def answers_in(template: str) -> Sequence[str]:
    """Return the names of answers that a subject is made of."""
    return [name for _, source, name in _PLACE.findall(template) if source == "answers"]


def data_in(template: str) -> Sequence[str]:
    """Return the names of data that a subject is made of."""
    return [name for _, source, name in _PLACE.findall(template) if source == "data"]


def stage(crm_map: CrmMap, flow: str | None, outcome: str) -> str | None:
    """Return the stage that an outcome (or HANDED_OFF) means, where the map names one."""
    return _of(crm_map, flow).stages.get(outcome)


def owner(crm_map: CrmMap, flow: str | None, team: str | None) -> str | None:
    """Return the owner or queue of a team, where the map names one."""
    return None if team is None else _of(crm_map, flow).owners.get(team)


def pipeline(crm_map: CrmMap, flow: str | None) -> str | None:
    """Return the pipeline of a flow, where the map names one."""
    return _of(crm_map, flow).pipeline


def _of(crm_map: CrmMap, flow: str | None) -> FlowMap:
    known = None if flow is None else crm_map.flows.get(flow)
    return known or FlowMap()


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _place_of(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f"line {mark.line + 1}: " if mark else ""


def _problem_of(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or "this is not YAML")
