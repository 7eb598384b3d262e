"""HubSpot on loopback: strict in what it takes, bounded in what it allows, and bad on demand."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from hubspot_account import ALLOWED, KEYS, KNOWN, NEEDED, NUMBERS
from hubspot_file_manager import WHEN, FileManager, Lying, form_of
from hubspot_schemas import operation, problems

TOKEN = "pat-eu1-made-up"


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, category: str, **more: Any) -> None:
        super().__init__(category)
        self.status = status
        message = "Property values were not valid, Ana Lima"  # vendors quote what they were sent
        self.body = {"status": "error", "category": category, "message": message} | more


def invalid(code: str, name: str) -> Refused:
    mistake = {"isValid": False, "message": "Ana Lima is no such", "error": code, "name": name}
    told = f"Property values were not valid: {json.dumps([mistake])}"
    return Refused(400, "VALIDATION_ERROR", message=told, correlationId="c0ffee")


@dataclass(frozen=True)
class Fault:
    """What becomes of one call, of `operation` if named; `does` says if it is carried out."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    operation: str | None = None
    does: bool = False
    cut: bool = False


def fault(status: int, category: str, **more: Any) -> Fault:
    """Make a fault that answers as HubSpot says no."""
    headers = more.pop("headers", {})
    body = {"status": "error", "category": category, "message": "no", "correlationId": "c0"}
    return Fault(status, json.dumps(body | more).encode(), headers)


@dataclass
class Kept:
    """An object, and whether it lies in the bin."""

    id: str
    properties: dict[str, str]
    archived: bool = False


class FakeHubSpot:
    """Keeps objects by kind, and what belongs to whom.

    `poison` holds keys that no upsert may contain, until one was refused by itself; `unique` are
    the kinds whose key is unique; `allowed` calls go within `window` seconds. `violations` says
    what was asked that nobody may ask of HubSpot. It does `hangs_after` calls and does not answer
    the last one, until it is `released`.
    """

    def __init__(self, *, allowed: int = 100_000, window: float = 10.0) -> None:
        self.objects: dict[str, dict[str, Kept]] = {kind: {} for kind in KEYS}
        self.links: set[tuple[str, str, str]] = set()
        self.manager = FileManager()
        self.calls: list[tuple[str, Any]] = []
        self.refusals: list[int] = []
        self.violations: list[str] = []
        self.faults: deque[Fault] = deque()
        self.poison: set[str] = set()
        self.poisons_next = False
        self.reports_rows = False
        self.unique = {*KEYS}
        self.known = {kind: {*names} for kind, names in KNOWN.items()}
        self.page = 2
        self.hangs_after: int | None = None
        self.hanging, self.released = asyncio.Event(), asyncio.Event()
        self.allowed, self.window = allowed, window
        self._times: deque[float] = deque()
        self._made = 1000
        self._done: Mapping[str, Callable[..., Any]] = {
            "upsert": self._upsert,
            "create": self._create,
            "read": self._read,
            "search": self._search,
            "update": self._update,
            "archive": self._archive,
            "merge": self._merge,
            "forget": self._forget,
            "list": self._list,
            "link": self._link,
            "upload": self._upload,
            "stat": self._stat,
            "file": self._file,
            "purge": self._purge,
        }

    def held(self) -> Sequence[object]:
        """Give all that is kept, in the bin, too."""
        objects = [
            (kind, one.id, sorted(one.properties.items()), one.archived)
            for kind, kept in self.objects.items()
            for one in kept.values()
        ]
        files = [(one.id, one.path, one.content) for one in self.manager.files.values()]
        return [*objects, *sorted(self.links), *files]

    def state(self) -> object:
        """Give all that `restore` needs to go back to now."""
        return deepcopy((self.objects, self.links, self.manager.files, self._made))

    def restore(self, state: Any) -> None:
        """Go back."""
        self.objects, self.links, self.manager.files, self._made = deepcopy(state)

    def of(self, kind: str) -> list[dict[str, str]]:
        """Give the properties of what is kept of people and not in the bin."""
        kept = [one.properties for one in self.objects[kind].values() if not one.archived]
        return [one for one in kept if not one[KEYS[kind]].startswith("contact-")]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        try:
            body, content = await _told(request)
            found = self._admit(request)
            name, kind = found[0].name, found[1]["kind"]
            wrong = problems(found[0].request, body)
            assert not wrong, f"{name}: {wrong}"
            self.calls.append((f"{name} {kind}", body))
            planned = self._planned(name)
            if planned is not None and not planned.does:
                return await _misbehave(request, planned)
            page: dict[str, Any] = {"content": content} if name == "upload" else {}
            page |= {"after": request.query.get("after", "")} if name == "list" else {}
            status, answer = self._done[name](**found[1], **page, body=body)
            assert not problems(found[0].answer, answer), problems(found[0].answer, answer)
        except Refused as refused:
            self.refusals.append(refused.status)
            await self._hang()
            return web.json_response(refused.body, status=refused.status, headers=self._limits())
        except AssertionError as wrong:
            self.violations.append(str(wrong))
            return web.Response(status=500)
        if planned is not None:
            return await _misbehave(request, planned)
        await self._hang()
        if answer is None:
            return web.Response(status=status, headers=self._limits())
        return web.json_response(answer, status=status, headers=self._limits())

    async def _hang(self) -> None:
        if self.hangs_after is None:
            return
        self.hangs_after -= 1
        if self.hangs_after == 0:
            self.hangs_after = None
            self.hanging.set()
            await self.released.wait()

    def _admit(self, request: web.Request) -> Any:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "INVALID_AUTHENTICATION")
        now = time.monotonic()
        while self._times and self._times[0] <= now - self.window:
            self._times.popleft()
        if len(self._times) >= self.allowed:
            policy = {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
            raise Refused(429, "RATE_LIMITS", **policy)
        self._times.append(now)
        found = operation(request.method, request.rel_url.raw_path)
        assert found is not None, f"HubSpot has no {request.method} {request.path}"
        return found

    def _limits(self) -> dict[str, str]:
        return {
            "X-HubSpot-RateLimit-Max": str(self.allowed),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(self.window * 1000)),
            "X-HubSpot-RateLimit-Remaining": str(self.allowed - len(self._times)),
        }

    def _planned(self, name: str) -> Fault | None:
        if self.faults and self.faults[0].operation in {None, name}:
            return self.faults.popleft()
        return None

    def _upsert(self, kind: str, body: Any) -> tuple[int, Any]:
        rows = body["inputs"]
        if kind not in self.unique or any(row["idProperty"] != KEYS[kind] for row in rows):
            told = f"Unable to perform update/upsert by non-unique 0-1 property {KEYS[kind]} in …"
            raise Refused(400, "VALIDATION_ERROR", message=told)
        if len({row["id"] for row in rows}) < len(rows):
            raise Refused(409, "CONFLICT")
        if self.poisons_next:
            self.poison.add(rows[0]["id"])
            self.poisons_next = False
        refused = {row["id"]: self._judge(kind, row) for row in rows}
        bad = [one for one in refused.values() if one is not None]
        if bad and not (self.reports_rows and len(rows) > 1):
            if len(rows) == 1:
                self.poison.discard(rows[0]["id"])
            raise bad[0]
        results = [self._put(kind, row) for row in rows if refused[row["id"]] is None]
        return _batch(results, [one.body for one in bad])

    def _create(self, kind: str, body: Any) -> tuple[int, Any]:
        refused = self._judge(kind, {"id": "", "properties": body["properties"]})
        if refused is not None:
            raise refused
        kept = Kept(self._id(), dict(body["properties"]))
        self.objects[kind][kept.id] = kept
        for one in body["associations"]:
            assert [kind_of["associationTypeId"] for kind_of in one["types"]] == [NUMBERS[kind]]
            self.links.add((kind, kept.id, one["to"]["id"]))
        return 201, _shown(kept, kept.properties)

    def _id(self) -> str:
        self._made += 1
        return str(self._made)

    def _judge(self, kind: str, row: Any) -> Refused | None:
        properties = row["properties"]
        for name, value in properties.items():
            if name not in self.known[kind]:
                return invalid("PROPERTY_DOESNT_EXIST", name)
            if value and value not in ALLOWED.get(name, {value}):
                return invalid("INVALID_OPTION", name)
            if name == "hs_attachment_ids" and {*value.split(";")} - self.manager.files.keys():
                return invalid("INVALID_ATTACHMENT", name)
        missing = NEEDED[kind] - properties.keys()
        if missing and self._by_key(kind, row["id"]) is None:
            return invalid("REQUIRED_FIELD", min(missing))
        return invalid("INVALID_STRING", "firstname") if row["id"] in self.poison else None

    def _put(self, kind: str, row: Any) -> Any:
        known = self._by_key(kind, row["id"])
        kept = known or Kept(self._id(), {KEYS[kind]: row["id"]})
        self.objects[kind][kept.id] = kept
        kept.properties.update(row["properties"])
        return _shown(kept, kept.properties, new=known is None, trace=row["objectWriteTraceId"])

    def _by_key(self, kind: str, key: str) -> Kept | None:
        kept = self.objects[kind].values()
        return next(
            (one for one in kept if one.properties[KEYS[kind]] == key and not one.archived), None
        )

    def _read(self, kind: str, body: Any) -> tuple[int, Any]:
        by_key = body.get("idProperty")
        assert by_key in {None, KEYS[kind]}
        assert by_key is None or kind in self.unique, "only what is unique can be read by"
        wanted = [row["id"] for row in body["inputs"]]
        found = [
            self._by_key(kind, one) if by_key else self.objects[kind].get(one) for one in wanted
        ]
        results = [
            _shown(one, {name: one.properties.get(name) for name in body["properties"]})
            for one in found
            if one is not None
        ]
        lost = [Refused(404, "OBJECT_NOT_FOUND").body] if None in found else []
        return _batch(results, lost)

    def _search(self, kind: str, body: Any) -> tuple[int, Any]:
        ((wanted,),) = [group["filters"] for group in body["filterGroups"]]
        assert wanted["operator"] == "EQ"
        hits = [
            _shown(one, {name: one.properties.get(name) for name in body["properties"]})
            for one in self.objects[kind].values()
            if one.properties.get(wanted["propertyName"]) == wanted["value"] and not one.archived
        ]
        return 200, {"total": len(hits), "results": hits[: body["limit"]]}

    def _update(self, kind: str, body: Any) -> tuple[int, Any]:
        for row in body["inputs"]:
            self.objects[kind][row["id"]].properties.update(row["properties"])
        return _batch([_shown(self.objects[kind][row["id"]], {}) for row in body["inputs"]])

    def _archive(self, kind: str, body: Any) -> tuple[int, Any]:
        gone = {row["id"] for row in body["inputs"]}
        for one in gone:
            self.objects[kind][one].archived = True
        self.links = {link for link in self.links if link[:1] != (kind,) or link[1] not in gone}
        return 204, None

    def _merge(self, kind: str, body: Any) -> tuple[int, Any]:
        younger = self.objects[kind].pop(body["objectIdToMerge"], None)
        older = self.objects[kind].get(body["primaryObjectId"])
        if younger is None or older is None:
            raise Refused(404, "OBJECT_NOT_FOUND")
        older.properties = {**younger.properties, **older.properties}
        self.links = {
            (what, one, older.id if contact == younger.id else contact)
            for what, one, contact in self.links
        }
        return 200, _shown(older, older.properties)

    def _forget(self, kind: str, body: Any) -> tuple[int, Any]:
        if self.objects[kind].pop(body["objectId"], None) is None:
            raise Refused(404, "OBJECT_NOT_FOUND")
        self.links = {link for link in self.links if link[2] != body["objectId"]}
        return 204, None

    def _list(self, kind: str, contact: str, after: str, body: Any) -> tuple[int, Any]:
        assert body is None
        linked = sorted(one for what, one, to in self.links if (what, to) == (kind, contact))
        shown = [one for one in linked if one > after][: self.page]
        more = {"paging": {"next": {"after": shown[-1]}}} if shown[-1:] != linked[-1:] else {}
        results = [{"toObjectId": one, "associationTypes": []} for one in shown]
        return 200, {"results": results} | more

    def _link(self, kind: str, body: Any) -> tuple[int, Any]:
        pairs = [(row["from"]["id"], row["to"]["id"]) for row in body["inputs"]]
        here = [one in self.objects[kind] and to in self.objects["contacts"] for one, to in pairs]
        results = []
        for (one, to), is_here in zip(pairs, here, strict=True):
            if is_here:
                self.links.add((kind, one, to))
                results.append({"from": {"id": one}, "to": {"id": to}, "associationSpec": {}})
        return _batch(results, [Refused(404, "OBJECT_NOT_FOUND").body] * (len(here) - sum(here)))

    def _upload(self, kind: str, body: Any, content: bytes) -> tuple[int, Any]:
        lying = self.manager.put(self._id(), body, content)
        if lying is None:
            raise Refused(400, "VALIDATION_ERROR", message=f"no such {kind}")
        return 201, lying.shown()

    def _stat(self, kind: str, path: str, body: Any) -> tuple[int, Any]:
        return 200, {"file": _lying(self.manager.seen(path), kind, body)}

    def _file(self, kind: str, file: str, body: Any) -> tuple[int, Any]:
        return 200, _lying(self.manager.files.get(file), kind, body)

    def _purge(self, kind: str, file: str, body: Any) -> tuple[int, Any]:
        _lying(self.manager.files.pop(file, None), kind, body)
        return 204, None


def _lying(found: Lying | None, kind: str, body: Any) -> Any:
    assert (kind, body) == ("files", None)
    if found is None:
        raise Refused(404, "OBJECT_NOT_FOUND")
    return found.shown()


async def _told(request: web.Request) -> tuple[Any, bytes]:
    """Return what was told as JSON or as a form, and the bytes that came with a form."""
    if request.content_type == "multipart/form-data":
        return await form_of(request)
    content = await request.read()
    return (json.loads(content) if content else None), b""


async def _misbehave(request: web.Request, planned: Fault) -> web.StreamResponse:
    if planned.cut and request.transport is not None:
        request.transport.abort()
    return web.Response(status=planned.status, body=planned.body, headers=planned.headers)


def _shown(
    one: Kept, properties: Mapping[str, Any], *, new: bool | None = None, trace: str = ""
) -> Any:
    shown = {
        "id": one.id,
        "properties": dict(properties),
        "createdAt": WHEN,
        "updatedAt": WHEN,
        "archived": one.archived,
    }
    if new is not None:
        shown |= {"new": new, "objectWriteTraceId": trace}
    return shown


def _batch(results: Sequence[Any], errors: Sequence[Any] = ()) -> tuple[int, Any]:
    answer = {
        "status": "COMPLETE",
        "results": list(results),
        "startedAt": WHEN,
        "completedAt": WHEN,
    }
    if errors:
        return 207, answer | {"numErrors": len(errors), "errors": list(errors)}
    return 200, answer
