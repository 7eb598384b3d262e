"""Answers are kept as text; expressions know them by the type of their question."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from domain.session.flows.formatting import formats
from domain.session.flows.functions import string
from domain.session.flows.steps import Ask, Step


def typed(step: Step | None, answer: str, zone: str) -> Any:
    """Return an answer as expressions know it: numbers, days that begin in the zone, or text."""
    if not isinstance(step, Ask):
        return answer
    if step.number is not None:
        return _number(answer)
    if step.files is not None:
        return int(answer) if answer.isdecimal() else None
    if step.date is not None:
        return formats("en", zone).timestamp(answer)
    return answer


def is_kept_as_text(step: Step | None) -> bool:
    """Say whether an answer stays text where it is handed on."""
    return not isinstance(step, Ask) or (step.number is None and step.files is None)


def jsonable(value: Any) -> Any:
    """Return the value as JSON has it: moments as ISO 8601, lengths of time as in `90s`."""
    match value:
        case datetime() | timedelta():
            return string(value)
        case Mapping():
            return {name: jsonable(item) for name, item in value.items()}
        case list() | tuple():
            return [jsonable(item) for item in value]
        case _:
            return value


def _number(answer: str) -> int | float | None:
    try:
        return float(answer) if "." in answer else int(answer)
    except ValueError:
        return None
