"""Find the answer to one question; what is not in the table is not there."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, model_validator

Outcome = Literal["found", "not-found", "failed"]

_DAY = re.compile(r"\{today(?:\+(\d{1,3}))?\}")


class Entry(BaseModel):
    """What is answered when the question has these members, whatever else it has."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    when: dict[str, Any] = {}
    found: dict[str, Any] | None = None
    """Words may say `{today}` or `{today+3}`: a day, so that an example does not grow old."""
    not_found: bool = False
    failed: bool = False
    silent: bool = False
    """Answer nothing: the flow goes on when its patience ends."""

    @model_validator(mode="after")
    def _one_answer(self) -> "Entry":
        if (self.found is not None) + self.not_found + self.failed + self.silent != 1:
            raise ValueError("name exactly one of found, not_found, failed and silent")
        return self


class Unreadable(Exception):
    """What the desk goes by cannot be read now."""


class Knowledge(Protocol):
    """What the desk goes by."""

    def entries(self, name: str) -> Sequence[Entry] | None:
        """Return what is known about this, or None: others answer it. Raises Unreadable."""
        ...


class Answer(NamedTuple):
    """What came of it."""

    outcome: Outcome
    data: Mapping[str, Any] = {}


def find(knowledge: Knowledge, name: str, query: Mapping[str, Any], at: datetime) -> Answer | None:
    """Return the answer, or None where this desk says nothing."""
    try:
        entries = knowledge.entries(name)
    except Unreadable:
        return Answer("failed")
    if entries is None:
        return None
    entry = next((entry for entry in entries if _fits(entry.when, query)), None)
    if entry is None or entry.not_found:
        return Answer("not-found")
    if entry.silent:
        return None
    if entry.found is None:
        return Answer("failed")
    return Answer("found", {key: _dated(value, at) for key, value in entry.found.items()})


def _fits(when: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    return all(key in query and _plain(query[key]) == _plain(value) for key, value in when.items())


def _plain(value: Any) -> str:
    """Compare as people would: `a-17` is `A-17`, and `17` is 17."""
    return str(value).strip().casefold()


def _dated(value: Any, at: datetime) -> Any:
    match value:
        case str():
            return _DAY.sub(lambda found: _day(found, at), value)
        case dict():
            return {key: _dated(one, at) for key, one in value.items()}
        case list():
            return [_dated(one, at) for one in value]
        case _:
            return value


def _day(found: re.Match[str], at: datetime) -> str:
    return (at + timedelta(days=int(found[1] or 0))).date().isoformat()
