"""HubSpot's calls as far as we make them, written from its public guides: requests and answers.

Its own OpenAPI files may not be used here (their licence), and say less of some things.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

VERSION = "2026-03"
_ID = {"type": "string", "pattern": "^[0-9]+$"}
_KEY = {"type": "string", "minLength": 1, "maxLength": 255}
_PROPERTIES = {
    "type": "object",
    "additionalProperties": {"type": "string", "maxLength": 65_536},
    "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"},
}
_TEXT = {"type": "string"}


def _object(required: Mapping[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
        "additionalProperties": False,
    }


def _rows(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "maxItems": 100, "items": row}


_UPSERT = _object(
    {
        "inputs": _rows(
            _object(
                {"id": _KEY, "idProperty": _KEY, "properties": _PROPERTIES},
                objectWriteTraceId=_KEY,
            )
        )
    }
)
_READ = _object(
    {
        "inputs": _rows(_object({"id": _KEY})),
        "properties": {"type": "array", "items": _KEY},
        "propertiesWithHistory": {"type": "array", "items": _KEY},
    },
    idProperty=_KEY,
)
_SEARCH = _object(
    {
        "filterGroups": {
            "type": "array",
            "items": _object(
                {"filters": _rows(_object({"propertyName": _KEY, "operator": {}, "value": _KEY}))}
            ),
        },
        "properties": {"type": "array", "items": _KEY},
        "sorts": {"type": "array"},
        "limit": {"type": "integer", "minimum": 1, "maximum": 200},
        "after": {"type": "string", "pattern": "^[0-9]+$"},
    }
)
_UPDATE = _object({"inputs": _rows(_object({"id": _ID, "properties": _PROPERTIES}))})
_ARCHIVE = _object({"inputs": _rows(_object({"id": _ID}))})
_LINK = _object(
    {"inputs": _rows(_object({"from": _object({"id": _ID}), "to": _object({"id": _ID})}))}
)
_MERGE = _object({"objectIdToMerge": _ID, "primaryObjectId": _ID})
_GDPR = _object({"objectId": _ID})

_CREATE = _object(
    {
        "properties": _PROPERTIES,
        "associations": {
            "type": "array",
            "items": _object(
                {
                    "to": _object({"id": _ID}),
                    "types": {
                        "type": "array",
                        "items": _object(
                            {
                                "associationCategory": {"const": "HUBSPOT_DEFINED"},
                                "associationTypeId": {"enum": [16, 81, 202]},
                            }
                        ),
                    },
                }
            ),
        },
    }
)

_UPLOAD = _object(
    {
        "folderPath": {"type": "string", "pattern": "^/[^/].*"},
        "fileName": {"type": "string", "pattern": r"^[\w-]+(\.[a-z0-9]+)?$", "maxLength": 255},
        "options": _object({"access": {"const": "PRIVATE"}, "overwrite": {"type": "boolean"}}),
        "file": _object(
            {"type": {"type": "string", "pattern": "^[a-z]+/"}, "size": {"minimum": 0}}
        ),
    }
)

_WRITTEN = {
    "type": "object",
    "required": ["id", "properties", "createdAt", "updatedAt", "archived"],
    "properties": {
        "id": _ID,
        "new": {"type": "boolean"},
        "archived": {"type": "boolean"},
        "objectWriteTraceId": _TEXT,
        "properties": {
            "type": "object",
            "additionalProperties": {"type": ["string", "null"]},
        },
    },
}
_REFUSAL = {
    "type": "object",
    "required": ["status", "category", "message"],
    "properties": {"status": {"const": "error"}, "category": _TEXT, "message": _TEXT},
}


def _batch(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["status", "results", "startedAt", "completedAt"],
        "properties": {
            "status": {"enum": ["COMPLETE", "PENDING", "PROCESSING", "CANCELED"]},
            "results": {"type": "array", "items": result},
            "numErrors": {"type": "integer", "minimum": 1},
            "errors": {"type": "array", "items": _REFUSAL},
        },
    }


_LINKED = {
    "type": "object",
    "required": ["from", "to", "associationSpec"],
    "properties": {"from": _object({"id": _ID}), "to": _object({"id": _ID})},
}
_LISTED = {
    "type": "object",
    "required": ["results"],
    "properties": {
        "results": {
            "type": "array",
            "items": {"type": "object", "required": ["toObjectId", "associationTypes"]},
        },
    },
}
_FILE = {
    "type": "object",
    "required": ["id", "createdAt", "updatedAt", "archived", "name", "path", "access"],
    "properties": {"id": _ID, "name": _TEXT, "path": _TEXT, "access": {"const": "PRIVATE"}},
}
_STAT = {"type": "object", "required": ["file"], "properties": {"file": _FILE}}
_HITS = {
    "type": "object",
    "required": ["total", "results"],
    "properties": {"total": {"minimum": 0}, "results": {"type": "array", "items": _WRITTEN}},
}
NOTHING: dict[str, Any] = {"type": "null"}
_ANY_KIND = "(?P<kind>contacts|tickets|communications|notes)"
_ACTIVITY = "(?P<kind>tickets|communications|notes)"


class Operation(NamedTuple):
    """One call: what it is named in the fake, where it is, what goes in and comes out."""

    name: str
    method: str
    path: str
    request: Mapping[str, Any]
    answer: Mapping[str, Any]


OPERATIONS = (
    Operation(
        "upsert", "POST", f"/crm/objects/V/{_ANY_KIND}/batch/upsert", _UPSERT, _batch(_WRITTEN)
    ),
    Operation("search", "POST", f"/crm/objects/V/{_ACTIVITY}/search", _SEARCH, _HITS),
    Operation("create", "POST", f"/crm/objects/V/{_ACTIVITY}", _CREATE, _WRITTEN),
    Operation("read", "POST", f"/crm/objects/V/{_ANY_KIND}/batch/read", _READ, _batch(_WRITTEN)),
    Operation(
        "update", "POST", f"/crm/objects/V/{_ACTIVITY}/batch/update", _UPDATE, _batch(_WRITTEN)
    ),
    Operation("archive", "POST", f"/crm/objects/V/{_ACTIVITY}/batch/archive", _ARCHIVE, NOTHING),
    Operation("merge", "POST", "/crm/objects/V/(?P<kind>contacts)/merge", _MERGE, _WRITTEN),
    Operation("forget", "POST", "/crm/objects/V/(?P<kind>contacts)/gdpr-delete", _GDPR, NOTHING),
    Operation(
        "list",
        "GET",
        f"/crm/objects/V/contacts/(?P<contact>[0-9]+)/associations/{_ACTIVITY}",
        NOTHING,
        _LISTED,
    ),
    Operation(
        "link",
        "POST",
        f"/crm/associations/V/{_ACTIVITY}/contacts/batch/associate/default",
        _LINK,
        _batch(_LINKED),
    ),
    Operation("upload", "POST", "/files/V/(?P<kind>files)", _UPLOAD, _FILE),
    Operation("stat", "GET", "/files/V/(?P<kind>files)/stat/(?P<path>[^/]+)", NOTHING, _STAT),
    Operation("file", "GET", "/files/V/(?P<kind>files)/(?P<file>[0-9]+)", NOTHING, _FILE),
    Operation(
        "purge",
        "DELETE",
        "/files/V/(?P<kind>files)/(?P<file>[0-9]+)/gdpr-delete",
        NOTHING,
        NOTHING,
    ),
)


def operation(method: str, path: str) -> tuple[Operation, Mapping[str, str]] | None:
    """Return which call this is, and what its address names."""
    for one in OPERATIONS:
        found = re.fullmatch(one.path.replace("/V/", f"/{VERSION}/"), path)
        if found and one.method == method:
            return one, found.groupdict()
    return None


def problems(schema: Mapping[str, Any], content: object) -> list[str]:
    """Say where content is not as its schema wants it."""
    errors = Draft202012Validator(schema).iter_errors(content)
    return [f"{error.json_path}: {error.message}" for error in errors]
