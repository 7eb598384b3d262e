"""Tell Tryton, which does again whatever it is told again: it is asked what it has before.

Only for tests: it shows that the port's promises hold on a server that we did not write.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crm_notifier.adapters.http_client import HttpClient
from domain.events import (
    ContactErased,
    ContactIdentified,
    ContactOptedOut,
    SessionCompleted,
    SessionHandedOff,
    SessionInitiated,
)
from domain.ports.crm import CrmPaused, CrmRefused, CrmUnavailable, Notable
from domain.values import ContactId, EventId
from streaming.traced import SpanKind, Traced

CALL = Traced("call Tryton", SpanKind.CLIENT, "One call of Tryton")

PARTY, NOTE = "party.party", "party.contact_mechanism"
Domain = Sequence[Sequence[str]]


class TrytonCrm:
    """People are parties with our id as their code, events are notes that have theirs."""

    name = "tryton"
    supports = frozenset(
        {
            ContactErased,
            ContactIdentified,
            ContactOptedOut,
            SessionCompleted,
            SessionHandedOff,
            SessionInitiated,
        }
    )

    def __init__(self, http: HttpClient, url: str, key: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"authorization": f"bearer {key}", "content-type": "application/json"}

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Write the person and the event, each unless it is there."""
        known = _party_of(event.contact_id)
        if isinstance(event, ContactErased):
            await self._forget(known)
            return
        name = event.personal.name if isinstance(event, ContactIdentified) else None
        party = await self._once(PARTY, known, {"name": name, "code": str(event.contact_id)})
        note = {
            "party": party,
            "type": "other",
            "name": event.TYPE,
            "value": str(event_id),
            "comment": at.isoformat(),
        }
        await self._once(NOTE, [["value", "=", str(event_id)]], note)

    async def _once(self, model: str, known: Domain, values: Mapping[str, Any]) -> int:
        """Return the id of what is known, or else of what is made."""
        found = await self._ids(model, known)
        return found[0] if found else int((await self._call("POST", model, values))["id"])

    async def _forget(self, known: Domain) -> None:
        for party in await self._ids(PARTY, known):
            await self._call("DELETE", f"{PARTY}/{party}")

    async def _ids(self, model: str, domain: Domain) -> list[int]:
        asked = urlsafe_b64encode(json.dumps(domain).encode()).decode()
        return [one["id"] for one in await self._call("GET", f"{model}?d={asked}&f=id")]

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = await self._http.call(
            CALL,
            method,
            f"{self._url}/{path}",
            body=None if body is None else json.dumps(body).encode(),
            headers=self._headers,
        )
        match answer.status:
            case 401 | 403:
                raise CrmPaused(f"http-{answer.status}")
            case 408 | 429:
                raise CrmUnavailable(f"http-{answer.status}")
            case status if status >= 500:
                raise CrmUnavailable(f"http-{status}")
            case status if status >= 400:
                raise CrmRefused(f"http-{status}")
        return json.loads(answer.body) if answer.body else None


def _party_of(person: ContactId) -> Domain:
    return [["code", "=", str(person)]]
