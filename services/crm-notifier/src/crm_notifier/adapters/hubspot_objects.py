"""What we do to HubSpot's objects, many at a time: write, look up, connect, take away."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Literal, NamedTuple, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crm_notifier.adapters.hubspot_answers import NotThere, Problem, failure_of
from crm_notifier.adapters.hubspot_api import HubSpotApi, Json, Page
from crm_notifier.adapters.hubspot_gathering import MOST, Gathering
from domain.ports.crm import CrmUnavailable

Activity: TypeAlias = Literal["tickets", "communications", "notes"]
Kind: TypeAlias = Literal["contacts", "tickets", "communications", "notes"]
ACTIVITIES: tuple[Activity, ...] = get_args(Activity)

KEYS: Mapping[Kind, str] = {
    "contacts": "whatsapp_contact_id",
    "tickets": "whatsapp_session_id",
    "communications": "whatsapp_event_id",
    "notes": "whatsapp_event_id",
}
"""The property by which each object of ours is known; unique in HubSpot."""

ATTACHED = "hs_attachment_ids"
"""Of a note: HubSpot's ids of files, a semicolon between them."""

_TO_CONTACT: Mapping[Activity, int] = {"tickets": 16, "communications": 81, "notes": 202}
"""HubSpot's numbers for "belongs to this contact"."""

_PAGE = 500
_MULTI_STATUS = 207


class Upsert(NamedTuple):
    """What an object with this key is to hold; `trace` names the event that says so."""

    key: str
    properties: Mapping[str, str]
    trace: str


class Link(NamedTuple):
    """HubSpot's ids of an activity and of the contact that it belongs to."""

    activity: str
    contact: str


class Found(BaseModel):
    """An object as HubSpot has it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: str
    properties: Mapping[str, str | None] = Field(default_factory=dict)
    trace: str | None = Field(default=None, alias="objectWriteTraceId")

    def has(self, name: str) -> str:
        """Return the property, empty where nothing is in it."""
        return self.properties.get(name) or ""


class Looked(NamedTuple):
    """What a look at HubSpot found."""

    found: Found | None


class HubSpotObjects:
    """Calls for different people that come at the same moment become one.

    `seen` are the properties that a look at a contact is to show. Without `unique` keys of
    communications and notes, what a contact has is read before more is written about it.
    """

    def __init__(self, api: HubSpotApi, seen: Sequence[str] = (), *, unique: bool = True) -> None:
        self._api = api
        self._unique = unique
        self._seen = (KEYS["contacts"], *seen)
        self._written = {
            kind: Gathering[Upsert, Found](
                partial(self._write, kind), turn=api.turn, key=lambda row: row.key
            )
            for kind in KEYS
        }
        self._linked = {
            kind: Gathering[Link, Link](
                partial(self._link, kind), turn=api.turn, key=lambda link: link
            )
            for kind in ACTIVITIES
        }
        self._looked = Gathering[str, Looked](self._look, turn=api.turn, key=lambda key: key)

    async def write(self, kind: Kind, row: Upsert) -> Found:
        """Make the object with this key, or change it, and return it."""
        return await self._written[kind].add(row)

    async def attach(self, kind: Activity, row: Upsert, contact: str) -> None:
        """Write an activity of a contact, given by HubSpot's id; once, however often it is told."""
        if self._unique or kind == "tickets":
            written = await self.write(kind, row)
            await self._linked[kind].add(Link(written.id, contact))
        elif row.key not in (await self.activities(contact, kind)).values():
            await self._create(kind, row, contact)

    async def look(self, key: str) -> Found | None:
        """Return the contact with this key, if there is one."""
        return (await self._looked.add(key)).found

    async def find(self, kind: Activity, key: str, *shown: str) -> Found | None:
        """Return the activity with this key, whoever it belongs to; where keys are plain, soon."""
        wanted = [KEYS[kind], *shown]
        try:
            if self._unique:
                answer = await self._call("batch/read", kind, _by_key(kind, [key], wanted))
            else:
                answer = await self._call("search", kind, _search(kind, key, wanted))
        except NotThere:
            return None
        if any(one.get("category") != "OBJECT_NOT_FOUND" for one in answer.errors):
            _blame(answer)
        return next((one for one in _found(answer) if one.has(KEYS[kind]) == key), None)

    async def keep(self, kind: Activity, row: Upsert) -> None:
        """Write an activity that belongs to nobody."""
        if self._unique:
            await self.write(kind, row)
        elif await self.find(kind, row.key) is None:
            await self._create(kind, row)

    async def activities(self, contact: str, kind: Activity) -> Mapping[str, str]:
        """Return the activities of a contact that we wrote: HubSpot's ids, and our keys."""
        return {one.id: one.has(KEYS[kind]) for one in await self._ours(contact, kind)}

    async def attached(self, contact: str) -> Sequence[tuple[str, str]]:
        """Return HubSpot's ids of the files at our notes of a contact, each with the note's key."""
        notes = await self._ours(contact, "notes", ATTACHED)
        return [
            (file, note.has(KEYS["notes"]))
            for note in notes
            for file in filter(None, note.has(ATTACHED).split(";"))
        ]

    async def is_told(self, kind: Activity, key: str, contact: str) -> bool:
        """Say whether an activity is there that is not to be written again."""
        return not self._unique and key in (await self.activities(contact, kind)).values()

    async def remove(self, kind: Activity, ids: Sequence[str], blank: Mapping[str, str]) -> None:
        """Overwrite what the activities say, then put them into the bin."""
        for some in _batches(ids):
            await self._call(
                "batch/update", kind, {"inputs": [{"id": one, "properties": blank} for one in some]}
            )
            await self._call("batch/archive", kind, {"inputs": [{"id": one} for one in some]})

    async def merge(self, younger: str, older: str) -> None:
        """Make one contact of two. HubSpot cannot undo it."""
        await self._call(
            "merge", "contacts", {"objectIdToMerge": younger, "primaryObjectId": older}
        )

    async def forget(self, contact: str) -> None:
        """Delete a contact for good."""
        await self._call("gdpr-delete", "contacts", {"objectId": contact})

    async def _call(self, what: str, kind: Kind, body: Json) -> Page:
        await self._api.turn()
        return await self._api.post(f"/crm/objects/{{version}}/{kind}/{what}", body)

    async def _ours(self, contact: str, kind: Activity, *shown: str) -> list[Found]:
        ours: list[Found] = []
        for some in _batches(await self._linked_to(contact, kind)):
            body = {
                "inputs": [{"id": one} for one in some],
                "properties": [KEYS[kind], *shown],
                "propertiesWithHistory": [],
            }
            answer = await self._call("batch/read", kind, body)
            ours += [one for one in _found(answer) if one.has(KEYS[kind])]
        return ours

    async def _create(self, kind: Activity, row: Upsert, *contacts: str) -> None:
        """Make an activity that belongs to its contact at once, so that it is found by them."""
        types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TO_CONTACT[kind]}]
        body = {
            "properties": {**row.properties, KEYS[kind]: row.key},
            "associations": [{"to": {"id": one}, "types": types} for one in contacts],
        }
        await self._api.turn()
        await self._api.post(f"/crm/objects/{{version}}/{kind}", body)

    async def _linked_to(self, contact: str, kind: Activity) -> list[str]:
        path = f"/crm/objects/{{version}}/contacts/{{contact}}/associations/{kind}"
        ids: list[str] = []
        query = {"limit": str(_PAGE)}
        while True:
            await self._api.turn()
            answer = await self._api.get(path, query=query, contact=contact)
            ids += [str(one["toObjectId"]) for one in answer.results if "toObjectId" in one]
            if answer.after is None:
                return ids
            query["after"] = answer.after

    async def _write(self, kind: Kind, rows: Sequence[Upsert]) -> Sequence[Found | None]:
        inputs = [
            {
                "idProperty": KEYS[kind],
                "id": row.key,
                "properties": {**row.properties, KEYS[kind]: row.key},
                "objectWriteTraceId": row.trace,
            }
            for row in rows
        ]
        path = f"/crm/objects/{{version}}/{kind}/batch/upsert"
        answer = await self._api.post(path, {"inputs": inputs})
        found = _found(answer)
        if len(rows) == 1 and not found:
            _blame(answer)
        by_key = {one.has(KEYS[kind]): one for one in found}
        by_trace = {one.trace: one for one in found if one.trace}
        return [by_key.get(row.key) or by_trace.get(row.trace) for row in rows]

    async def _look(self, keys: Sequence[str]) -> Sequence[Looked | None]:
        body = _by_key("contacts", keys, self._seen)
        try:
            answer = await self._api.post("/crm/objects/{version}/contacts/batch/read", body)
        except NotThere:
            return [Looked(None) if len(keys) == 1 else None for _ in keys]
        by_key = {one.has(KEYS["contacts"]): one for one in _found(answer)}
        if any(one.get("category") != "OBJECT_NOT_FOUND" for one in answer.errors):
            if len(keys) == 1:
                _blame(answer)
            return [Looked(by_key[key]) if key in by_key else None for key in keys]
        return [Looked(by_key.get(key)) for key in keys]

    async def _link(self, kind: Activity, links: Sequence[Link]) -> Sequence[Link | None]:
        inputs = [{"from": {"id": link.activity}, "to": {"id": link.contact}} for link in links]
        path = f"/crm/associations/{{version}}/{kind}/contacts/batch/associate/default"
        answer = await self._api.post(path, {"inputs": inputs})
        if not answer.errors:
            return links
        if len(links) == 1:
            _blame(answer)
        made = {frozenset((_id(one, "from"), _id(one, "to"))) for one in answer.results}
        return [link if frozenset(link) in made else None for link in links]


def _by_key(kind: Kind, keys: Sequence[str], shown: Sequence[str]) -> Json:
    return {
        "idProperty": KEYS[kind],
        "inputs": [{"id": key} for key in keys],
        "properties": list(shown),
        "propertiesWithHistory": [],
    }


def _search(kind: Kind, key: str, shown: Sequence[str]) -> Json:
    same = {"propertyName": KEYS[kind], "operator": "EQ", "value": key}
    return {
        "filterGroups": [{"filters": [same]}],
        "properties": list(shown),
        "sorts": [],
        "limit": 1,
        "after": "0",
    }


def _found(answer: Page) -> list[Found]:
    try:
        return [Found.model_validate(one) for one in answer.results]
    except ValidationError:
        raise CrmUnavailable("answer-not-understood") from None


def _blame(answer: Page) -> None:
    """Raise what the answer says against the only row of a batch, if it says anything."""
    if answer.errors:
        problem = Problem.model_validate(answer.errors[0])
        raise failure_of(_MULTI_STATUS, problem, {}, datetime.now(UTC))


def _id(result: Json, end: str) -> str:
    """Return the id at one end of an association."""
    return str((result.get(end) or {}).get("id"))


def _batches(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[begin : begin + MOST] for begin in range(0, len(ids), MOST)]
