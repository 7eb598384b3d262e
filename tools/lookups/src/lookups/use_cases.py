"""Find the answer to one question; what is not in the table is not there."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias

from lookups.knowledge import Knowledge, Unreadable

Outcome: TypeAlias = Literal["found", "not-found", "failed"]

_NAMED = re.compile(r"\{(?P<name>[a-z][a-z0-9_]*)(?:\+(?P<later>\d{1,3}))?\}")


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
    known = {"today": at.date().isoformat(), **query}
    return Answer("found", {key: _filled(value, known) for key, value in entry.found.items()})


def _fits(when: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    return all(key in query and _plain(query[key]) == _plain(value) for key, value in when.items())


def _plain(value: Any) -> str:
    """Compare as people would: `a-17` is `A-17`, and `17` is 17."""
    return str(value).strip().casefold()


def _filled(value: Any, query: Mapping[str, Any]) -> Any:
    match value:
        case str():
            return _NAMED.sub(lambda found: _named(found, query), value)
        case dict():
            return {key: _filled(one, query) for key, one in value.items()}
        case list():
            return [_filled(one, query) for one in value]
        case _:
            return value


def _named(found: re.Match[str], query: Mapping[str, Any]) -> str:
    """Return what the query has, or so many days later; what neither can be stays as written."""
    name, later = found["name"], found["later"]
    try:
        told = str(query[name])
        return (date.fromisoformat(told) + timedelta(int(later))).isoformat() if later else told
    except (KeyError, ValueError, OverflowError):
        return found[0]
