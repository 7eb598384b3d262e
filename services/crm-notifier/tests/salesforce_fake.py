"""A Salesforce of our own, on loopback: strict about what it takes, and bad where it is told to.

It knows the token endpoint and `/composite`, and within that rows by external id, two queries and
the removal of many. What the vendor's pages say was written down in `salesforce_schemas`.
"""

import json
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from jsonschema import Draft202012Validator

from salesforce_schemas import (
    COMPOSITE_ANSWER,
    COMPOSITE_REQUEST,
    ERRORS,
    KEYS,
    OBJECTS,
    PREFIXES,
    REQUIRED,
)

CLIENT, SECRET, USER = "3MVG9client", "s3cr3t", "agent@example.com"
AUDIENCE = "https://login.salesforce.com"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"

_REQUEST, _ANSWER, _ERRORS = map(
    Draft202012Validator, (COMPOSITE_REQUEST, COMPOSITE_ANSWER, ERRORS)
)
_FIELDS = {
    name: Draft202012Validator({"properties": fields, "additionalProperties": False})
    for name, fields in OBJECTS.items()
}
_REFERENCE = re.compile(r"@\{(\w+)\.(\w+)\}")
_ROW = re.compile(r"/services/data/v67\.0/sobjects/(\w+)/(\w+)/([^/?]+)")
_SOQL = re.compile(r"SELECT Id FROM (\w+) WHERE (\w+) = '(\w+)' AND (\w+) != null LIMIT (\d+)")
_MERGED = re.compile(
    r"SELECT WhatsApp_Contact_Id__c FROM Contact"
    r" WHERE WhatsApp_Merged_Into__c = '([0-9a-f-]{36})' LIMIT 200"
)
_CODES = {
    "additionalProperties": "INVALID_FIELD",
    "maxLength": "STRING_TOO_LONG",
    "type": "JSON_PARSER_ERROR",
}


@dataclass(frozen=True)
class Plan:
    """What the next call is answered; `does` says whether its work is done all the same."""

    status: int = 200
    code: str | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    does: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Row:
    """What the next write of a record is answered, which is not done then."""

    code: str
    status: int = 400
    fields: tuple[str, ...] = ()
    of: str = "Contact"


class No(Exception):
    def __init__(self, status: int, code: str, *fields: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = [{"message": f"{code}: Ana Lima", "errorCode": code, "fields": [*fields]}]


class FakeSalesforce:
    """Holds records by their ids; `calls` counts what the vendor counts towards the day's limit."""

    def __init__(self, public_key: RSAPublicKey | None = None) -> None:
        self.records: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in OBJECTS}
        self.told: list[tuple[str, str]] = []
        """Whose contact was written, and the event that it was told of."""
        self.sizes: list[int] = []
        self.plans: list[Plan] = []
        self.rows: list[Row] = []
        self.denials: list[tuple[int, str]] = []
        self.tokens: set[str] = set()
        self.calls = self.granted = 0
        self.day = 100_000
        self.has_task_key = True
        self.instance: str | None = None
        self._public_key = public_key
        self._numbers = count(1)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.path == "/services/oauth2/token":
            return self._grant(request, parse_qs(body.decode()))
        assert (request.method, request.path) == ("POST", "/services/data/v67.0/composite")
        plan = self.plans.pop(0) if self.plans else Plan(does=True)
        return self._answer(request, plan, body)

    def held(self) -> list[object]:
        """Return every record, with its kind."""
        return [
            (name, sorted(record.items(), key=str))
            for name, records in self.records.items()
            for record in records.values()
        ]

    def only(self, name: str) -> dict[str, Any]:
        """Return the one record of its kind."""
        (record,) = self.records[name].values()
        return record

    # The way in

    def _grant(self, request: web.Request, form: Mapping[str, list[str]]) -> web.Response:
        if self.denials:
            status, error = self.denials.pop(0)
            return _json({"error": error, "error_description": "no: Ana Lima"}, status)
        if form["grant_type"] == [JWT_BEARER]:
            let_in = self._is_signed(form["assertion"][0])
        else:
            assert form["grant_type"] == ["client_credentials"]
            let_in = (form["client_id"], form["client_secret"]) == ([CLIENT], [SECRET])
        if not let_in:
            return _json({"error": "invalid_grant", "error_description": "no"}, 400)
        self.granted += 1
        token = f"00D!{self.granted}"
        self.tokens.add(token)
        return _json(
            {
                "access_token": token,
                "instance_url": self.instance or f"http://{request.host}",
                "id": f"{AUDIENCE}/id/00D/005",
                "token_type": "Bearer",
                "issued_at": "1764150000000",
                "signature": "c2ln",
            }
        )

    def _is_signed(self, assertion: str) -> bool:
        signed, _, signature = assertion.rpartition(".")
        assert self._public_key
        self._public_key.verify(_decoded(signature), signed.encode(), PKCS1v15(), SHA256())
        head, claims = (json.loads(_decoded(part)) for part in signed.split("."))
        who = (claims["iss"], claims["sub"], claims["aud"])
        soon = time.time() < claims["exp"] <= time.time() + 181
        return head["alg"] == "RS256" and who == (CLIENT, USER, AUDIENCE) and soon

    # A call

    def _answer(self, request: web.Request, plan: Plan, body: bytes) -> web.StreamResponse:
        token = request.headers["authorization"].removeprefix("Bearer ")
        headers = {"Sforce-Limit-Info": f"api-usage={self.calls}/{self.day}", **plan.headers}
        if token not in self.tokens:
            return _error(401, "INVALID_SESSION_ID", headers)
        if plan.code or plan.status != 200:
            if plan.body is not None or plan.code is None:
                return web.Response(status=plan.status, body=plan.body or b"", headers=headers)
            return _error(plan.status, plan.code, headers)
        if self.calls >= self.day:
            return _error(403, "REQUEST_LIMIT_EXCEEDED", headers)
        self.calls += 1
        headers["Sforce-Limit-Info"] = f"api-usage={self.calls}/{self.day}"
        asked = json.loads(body)
        if not _REQUEST.is_valid(asked):
            return _error(400, "JSON_PARSER_ERROR", headers)
        answer = self._composite(asked["compositeRequest"]) if plan.does else {}
        if plan.cut and request.transport is not None:
            request.transport.abort()
        if plan.body is not None:
            return web.Response(body=plan.body, headers=headers)
        return _json(answer, headers=headers)

    def _composite(self, requests: list[dict[str, Any]]) -> dict[str, Any]:
        assert len({one["referenceId"] for one in requests}) == len(requests)
        self.sizes.append(len(requests))
        known: dict[str, Any] = {}
        answers = []
        for one in requests:
            try:
                status, body = self._do(one, known)
                known[one["referenceId"]] = body
            except No as no:
                status, body = no.status, no.body
                _ERRORS.validate(body)
            answers.append(
                {
                    "body": body,
                    "httpHeaders": {},
                    "httpStatusCode": status,
                    "referenceId": one["referenceId"],
                }
            )
        answer = {"compositeResponse": answers}
        _ANSWER.validate(answer)
        return answer

    def _do(self, request: dict[str, Any], known: Mapping[str, Any]) -> tuple[int, Any]:
        url = urlsplit(_resolved(request["url"], known))
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/services/data/v67.0/query":
            return 200, self._query(query["q"])
        if url.path == "/services/data/v67.0/composite/sobjects":
            return 200, self._remove_all(query["ids"].split(","))
        row = _ROW.fullmatch(url.path)
        if not row:
            raise No(404, "NOT_FOUND")
        name, key, value = row[1], row[2], unquote(row[3])
        if KEYS.get(name) != key or (name == "Task" and not self.has_task_key):
            raise No(404, "NOT_FOUND")
        match request["method"]:
            case "PATCH":
                fields = {
                    field: _resolved(given, known) if isinstance(given, str) else given
                    for field, given in request["body"].items()
                }
                return self._upsert(name, key, value, fields, query)
            case "GET":
                found = self._one(name, key, value)
                return 200, {one: found.get(one) for one in query["fields"].split(",")}
            case _:
                self._remove(name, self._one(name, key, value)["Id"])
                return 204, None

    # Records

    def _one(self, name: str, key: str, value: str) -> dict[str, Any]:
        found = [one for one in self.records[name].values() if one[key] == value]
        if not found:
            raise No(404, "NOT_FOUND")
        return found[0]

    def _upsert(
        self, name: str, key: str, value: str, fields: dict[str, Any], query: Mapping[str, str]
    ) -> tuple[int, Any]:
        due = next((row for row in self.rows if row.of == name), None)
        if due:
            self.rows.remove(due)
            raise No(due.status, due.code, *due.fields)
        _require_valid(name, key, fields)
        found = [one for one in self.records[name].values() if one[key] == value]
        if len(found) > 1:
            matches = [f"/services/data/v67.0/sobjects/{name}/{one['Id']}" for one in found]
            return 300, matches
        if not found and query.get("updateOnly") == "true":
            raise No(404, "NOT_FOUND")
        self._require_there(fields)
        record = found[0] if found else {}
        lacking = [one for one in REQUIRED[name] if not record.get(one) and not fields.get(one)]
        if lacking:
            raise No(400, "REQUIRED_FIELD_MISSING", *lacking)
        if not found:
            record["Id"] = f"{PREFIXES[name]}{next(self._numbers):015d}"
            record[key] = value
            self.records[name][record["Id"]] = record
        record.update(fields)
        if name == "Contact":
            self.told.append((value, record["WhatsApp_Event_Id__c"]))
        created = not found
        body = {"id": record["Id"], "success": True, "errors": [], "created": created}
        return (201 if created else 200), body

    def _require_there(self, fields: Mapping[str, Any]) -> None:
        for name in ("ContactId", "WhoId", "WhatId"):
            if name in fields and not any(fields[name] in one for one in self.records.values()):
                raise No(400, "INVALID_CROSS_REFERENCE_KEY", name)

    def _query(self, soql: str) -> dict[str, Any]:
        if merged := _MERGED.fullmatch(soql):
            younger = [
                {"attributes": {"type": "Contact"}, KEYS["Contact"]: one[KEYS["Contact"]]}
                for one in self.records["Contact"].values()
                if one.get("WhatsApp_Merged_Into__c") == merged[1]
            ]
            return {"totalSize": len(younger), "done": True, "records": younger}
        asked = _SOQL.fullmatch(soql)
        if not asked:
            raise No(400, "MALFORMED_QUERY")
        name, owner, person, ours, most = asked.groups()
        if name == "Task" and not self.has_task_key:
            raise No(400, "INVALID_FIELD")
        found = [
            {"attributes": {"type": name}, "Id": one["Id"]}
            for one in self.records[name].values()
            if one.get(owner) == person and one.get(ours) is not None
        ][: int(most)]
        return {"totalSize": len(found), "done": True, "records": found}

    def _remove_all(self, ids: list[str]) -> list[dict[str, Any]]:
        assert len(ids) <= 200
        for one in ids:
            (name,) = [name for name, prefix in PREFIXES.items() if one.startswith(prefix)]
            self._remove(name, one)
        return [{"id": one, "success": True, "errors": []} for one in ids]

    def _remove(self, name: str, record_id: str) -> None:
        cases = self.records["Case"].values()
        if name == "Contact" and any(one.get("ContactId") == record_id for one in cases):
            raise No(400, "DELETE_FAILED")
        del self.records[name][record_id]


def _require_valid(name: str, key: str, fields: dict[str, Any]) -> None:
    """Refuse unknown fields, wrong values, and the key, which stands in the address alone."""
    if key in fields:
        raise No(400, "INVALID_FIELD", key)
    for error in _FIELDS[name].iter_errors(fields):
        raise No(400, _CODES.get(str(error.validator), "FIELD_INTEGRITY_EXCEPTION"))


def _resolved(text: str, known: Mapping[str, Any]) -> str:
    def value(reference: re.Match[str]) -> str:
        answered = known.get(reference[1])
        if answered is None or reference[2] not in answered:
            raise No(400, "PROCESSING_HALTED")
        return str(answered[reference[2]])

    return _REFERENCE.sub(value, text)


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _error(status: int, code: str, headers: Mapping[str, str]) -> web.Response:
    body = No(status, code).body
    _ERRORS.validate(body)
    return _json(body, status, headers)


def _json(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.json_response(body, status=status, headers=headers)
