"""What is asked of Salesforce within a composite call, and what comes back (REST API)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias
from urllib.parse import quote, urlencode

Method: TypeAlias = Literal["GET", "PATCH", "DELETE"]


class Reference(NamedTuple):
    """The id of the record that an earlier request of the same call is about."""

    to: str


Field: TypeAlias = str | bool | Reference | None
Fields: TypeAlias = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Request:
    """One of the requests of a call; `name` is by what later ones refer to it.

    The path stands behind `/services/data/VERSION`; `{contact}` in it is the id of the record of
    the request with that name.
    """

    name: str
    method: Method
    path: str
    fields: Fields | None = None
    may_miss: bool = False
    """There may be no such record: then nothing has to be done."""

    def within(self, place: str, version: str) -> dict[str, Any]:
        """Return it as Salesforce wants it, its names made unique to its `place` in the call."""
        fields = self.fields or {}
        body = {name: _value(value, place) for name, value in fields.items()}
        return {
            "method": self.method,
            "url": f"/services/data/{version}{self._path(place)}",
            "referenceId": place + self.name,
            **({"body": body} if self.fields is not None else {}),
        }

    def _path(self, place: str) -> str:
        return self.path.replace("{contact}", _id(place, "contact"))


class Result(NamedTuple):
    """What became of one request; the body is JSON."""

    status: int
    body: Any


def upsert(
    name: str, record: str, key: str, value: object, fields: Fields, *, only_known: bool = False
) -> Request:
    """Write the record whose `key` has this value; `only_known`: never make one."""
    path = _row(record, key, value) + ("?updateOnly=true" if only_known else "")
    return Request(name, "PATCH", path, fields, may_miss=only_known)


def read(name: str, record: str, key: str, value: object, *fields: str) -> Request:
    """Read these fields of the record whose `key` has this value."""
    wanted = urlencode({"fields": ",".join(fields)}, safe=",")
    return Request(name, "GET", f"{_row(record, key, value)}?{wanted}", may_miss=True)


def remove(name: str, record: str, key: str, value: object) -> Request:
    """Remove the record whose `key` has this value."""
    return Request(name, "DELETE", _row(record, key, value), may_miss=True)


def remove_all(name: str, ids: list[str]) -> Request:
    """Remove up to 200 records by Salesforce's own ids, of whichever kind."""
    query = urlencode({"ids": ",".join(ids), "allOrNone": "false"}, safe=",")
    return Request(name, "DELETE", f"/composite/sobjects?{query}")


def query(name: str, soql: str) -> Request:
    """Ask for records in SOQL; what it holds beside our own words must be checked before."""
    return Request(name, "GET", "/query?q=" + quote(soql, safe="{}"))


def _row(record: str, key: str, value: object) -> str:
    return f"/sobjects/{record}/{key}/{quote(str(value), safe='')}"


def _value(value: Field, place: str) -> Any:
    if isinstance(value, Reference):
        return _id(place, value.to)
    return _plain(value) if isinstance(value, str) else value


def _id(place: str, name: str) -> str:
    return f"@{{{place}{name}.id}}"


def _plain(text: str) -> str:
    """Keep what people write from being read as a reference to another request's answer."""
    return text.replace("@{", "@ {")
