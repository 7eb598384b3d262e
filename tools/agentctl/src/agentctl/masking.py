"""Hides what is personal: all that stands under the one key `personal`, and what may be."""

from collections.abc import Mapping
from typing import Any

MASK = "•••"
_PERSONAL = "personal"
_AS_IT_CAME = {"account.updated.v1": "value"}
"""What Meta sent, in whatever shape: personal whatever stands in it."""
_CODES = frozenset({"type", "kind"})
"""Say of which kind a message is, and nothing of a person."""


def masked(kind: str, data: Any) -> Any:
    """Return the data of a message of this type with what is personal hidden."""
    whole = _AS_IT_CAME.get(kind)
    if whole is not None and isinstance(data, dict) and whole in data:
        data = {**data, whole: MASK}
    return _walked(data)


def _walked(data: Any) -> Any:
    match data:
        case dict():
            return {
                key: _hidden(value) if key == _PERSONAL else _walked(value)
                for key, value in data.items()
            }
        case list():
            return [_walked(value) for value in data]
        case _:
            return data


def _hidden(told: Any) -> Any:
    match told:
        case Mapping():
            return {
                key: value if key in _CODES and isinstance(value, str) else _hidden(value)
                for key, value in told.items()
            }
        case list():
            return [_hidden(value) for value in told]
        case None | bool():
            return told
        case _:
            return MASK
