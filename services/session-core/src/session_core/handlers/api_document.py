"""Describes the query API to those who call it, as OpenAPI."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from session_core.handlers.api_problems import Problem

_REFERENCE = "#/components/schemas/{model}"
_OF_FASTAPI = ("HTTPValidationError", "ValidationError")
_WRONG = {
    "description": "What is wrong: 401, 404, 409, 413, 422, or 503 with Retry-After.",
    "content": {
        "application/problem+json": {"schema": {"$ref": _REFERENCE.format(model="Problem")}}
    },
}


def document(api: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the application behind its guard."""
    described = get_openapi(
        title="session-core query API",
        version="1",
        summary="Look sessions and people up, and send operators' commands.",
        routes=api.routes,
    )
    described["security"] = [{"token": []}]
    components = described["components"]
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schemas = {
        name: schema for name, schema in components["schemas"].items() if name not in _OF_FASTAPI
    }
    components["schemas"] = schemas | _problem()
    for operations in described["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _WRONG
    return described


def _problem() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template=_REFERENCE)
    return {**schema.pop("$defs"), "Problem": schema}
