"""Contacts that are in HubSpot no more: as whom they go on, or that they are to stay forgotten.

HubSpot itself keeps neither: of a merged contact our id is gone, of an erased one everything.
Events of theirs may come later all the same, and those of others who were merged into them.
"""

import re
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from crm_notifier.adapters import hubspot_records as records
from crm_notifier.adapters.hubspot_objects import HubSpotObjects, Upsert
from domain.values import ContactId

_GOES_ON = re.compile(r"contact ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_MOST_HOPS = 20


class Heir(NamedTuple):
    """Whose contact is another's now; `erased` if nothing of them may be there."""

    contact: ContactId
    erased: bool = False


class Departed:
    """Kept as notes that belong to nobody, under the contact's id; they say nothing else of it."""

    def __init__(self, objects: HubSpotObjects) -> None:
        self._objects = objects

    async def merge(self, younger: ContactId, into: ContactId, at: datetime, trace: str) -> None:
        """Keep as whom the contact goes on."""
        await self._keep(younger, f"Goes on as WhatsApp contact {into}", at, trace)

    async def erase(self, contact: ContactId, at: datetime, trace: str) -> None:
        """Keep that the contact was erased."""
        await self._keep(contact, "Erased on request", at, trace)

    async def heir(self, contact: ContactId) -> Heir:
        """Return as whom a contact goes on: as itself, unless something else is kept."""
        for _ in range(_MOST_HOPS):
            found = await self._objects.find("notes", _key(contact), records.NOTE)
            if found is None:
                break
            goes_on = _GOES_ON.search(found.has(records.NOTE))
            if goes_on is None:
                return Heir(contact, erased=True)
            contact = ContactId(UUID(goes_on[1]))
        return Heir(contact)

    async def _keep(self, contact: ContactId, words: str, at: datetime, trace: str) -> None:
        await self._objects.keep("notes", Upsert(_key(contact), records.note(words, at), trace))


def _key(contact: ContactId) -> str:
    """Return what no note of an event is kept under."""
    return f"contact-{contact}"
