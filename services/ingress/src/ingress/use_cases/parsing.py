"""Parses a body as JSON, forgiving only what WhatsApp really sends."""

import json
from typing import Any, NoReturn

from pydantic_core import from_json


class NotJson(ValueError):
    """The bytes are no JSON. Says nothing of what they are."""


def parse(body: bytes) -> Any:
    """Return the JSON value; half a surrogate pair becomes "?". Raises NotJson."""
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError:
        return _mended(body)


def _mended(body: bytes) -> Any:
    """Texts cut between the halves of an emoji are escaped JSON, but no Unicode."""
    try:
        loose = json.loads(body, parse_constant=_refuse)
        whole = json.dumps(loose, ensure_ascii=False).encode(errors="replace")
        return from_json(whole, allow_inf_nan=False)
    except (ValueError, RecursionError):
        raise NotJson("the body is not JSON") from None


def _refuse(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")
