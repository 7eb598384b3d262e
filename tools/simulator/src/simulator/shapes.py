"""Reading one parameter of a body, or refusing it with the error that Meta gives."""

from collections.abc import Collection, Mapping
from typing import Any

from simulator.graph_errors import BAD_VALUE, INVALID_PARAMETER, MISSING_PARAMETER, GraphError


def mapping(body: Mapping[str, Any], key: str, path: str = "") -> Mapping[str, Any]:
    """Return the object under `key`. `path` is the parameter's name in the error."""
    content = _required(body, key, path)
    if not isinstance(content, dict):
        raise GraphError(INVALID_PARAMETER, f"Param {path or key} must be an object")
    return content


def text(body: Mapping[str, Any], key: str, path: str = "") -> str:
    """Return the words under `key`, at least one character."""
    content = _required(body, key, path)
    if not isinstance(content, str):
        raise GraphError(INVALID_PARAMETER, f"Param {path or key} must be a string")
    if not content:
        raise GraphError(MISSING_PARAMETER, f"Param {path or key} is required")
    return content


def length(
    body: Mapping[str, Any],
    key: str,
    path: str = "",
    *,
    most: int,
    least: int = 1,
    code: int = BAD_VALUE,
) -> str:
    """Return the words under `key`, `least` to `most` characters."""
    content = text(body, key, path) if least else _required(body, key, path)
    if not isinstance(content, str):
        raise GraphError(INVALID_PARAMETER, f"Param {path or key} must be a string")
    if len(content) > most:
        raise GraphError(code, f"Param {path or key} must be at most {most} characters long")
    return content


def items(
    body: Mapping[str, Any],
    key: str,
    path: str = "",
    *,
    most: int | None = None,
    least: int = 1,
    optional: bool = False,
) -> list[Mapping[str, Any]]:
    """Return the list of objects under `key`, `least` to `most` of them."""
    if optional and key not in body:
        return []
    content = _required(body, key, path)
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise GraphError(INVALID_PARAMETER, f"Param {path or key} must be a list of objects")
    if len(content) < least:
        raise GraphError(BAD_VALUE, f"Param {path or key} must have at least {least} items")
    if most is not None and len(content) > most:
        raise GraphError(BAD_VALUE, f"Param {path or key} must have at most {most} items")
    return content


def choice(body: Mapping[str, Any], key: str, choices: Collection[str], path: str = "") -> str:
    """Return the word under `key`, one of `choices`."""
    content = text(body, key, path)
    if content not in choices:
        raise GraphError(BAD_VALUE, f"Param {path or key} must be one of {sorted(choices)}")
    return content


def number(
    body: Mapping[str, Any],
    key: str,
    path: str = "",
    *,
    least: int | None = None,
    most: int | None = None,
) -> int:
    """Return the whole number under `key`, which may be written as a string, within bounds."""
    content = _required(body, key, path)
    try:
        found = int(str(content))
    except ValueError:
        raise GraphError(INVALID_PARAMETER, f"Param {path or key} must be a number") from None
    if (least is not None and found < least) or (most is not None and found > most):
        raise GraphError(BAD_VALUE, f"Param {path or key} must be {least} to {most}")
    return found


def unique(values: Collection[str], path: str) -> None:
    """Raise GraphError when a value comes twice."""
    if len(set(values)) != len(values):
        raise GraphError(BAD_VALUE, f"Param {path} must be unique")


def _required(body: Mapping[str, Any], key: str, path: str) -> Any:
    if body.get(key) is None:
        raise GraphError(MISSING_PARAMETER, f"Param {path or key} is required")
    return body[key]
