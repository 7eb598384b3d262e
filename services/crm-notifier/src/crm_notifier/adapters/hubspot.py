"""HubSpot: contacts by our own id, WhatsApp communications, notes of files, a ticket a session."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias, assert_never

from crm_notifier.adapters import hubspot_records as records
from crm_notifier.adapters.hubspot_answers import NotThere
from crm_notifier.adapters.hubspot_api import HubSpotApi
from crm_notifier.adapters.hubspot_departed import Departed
from crm_notifier.adapters.hubspot_files import HubSpotFiles
from crm_notifier.adapters.hubspot_objects import (
    ACTIVITIES,
    Activity,
    Found,
    HubSpotObjects,
    Upsert,
)
from crm_notifier.mapping import CrmMap
from domain.events import (
    AnswerRecorded,
    ContactAbsorbed,
    ContactErased,
    ContactIdentified,
    ContactMerged,
    ContactNameReleased,
    ContactOptedIn,
    ContactOptedOut,
    FileStored,
    MessageReceived,
    ReplyRequested,
    SessionCompleted,
    SessionHandedOff,
    SessionInitiated,
)
from domain.messages.kinds import UNCOUNTED
from domain.ports.crm import EVERYTHING, CrmRefused, Notable
from domain.values import ContactId, EventId

Erasing: TypeAlias = Literal["delete", "mark"]
Keys: TypeAlias = Literal["unique", "plain"]


class HubSpotCrm:
    """Keys every object by an id of ours, so that what is told again changes nothing.

    Contacts are known by `contact_id`, tickets by session, communications and notes by event.
    `erasing`: delete the contact and what we wrote about it, or mark it for others to do so.
    `keys` of communications and notes: whether HubSpot keeps them unique, or we have to look.
    """

    name = "hubspot"
    supports = EVERYTHING

    def __init__(
        self,
        api: HubSpotApi,
        crm_map: CrmMap,
        *,
        files: HubSpotFiles | None = None,
        file_links: str | None = None,
        erasing: Erasing = "delete",
        keys: Keys = "unique",
    ) -> None:
        self._objects = HubSpotObjects(api, records.SEEN, unique=keys == "unique")
        self._departed = Departed(self._objects)
        self._files = files or HubSpotFiles(api)
        self._map = crm_map
        self._file_links = file_links
        self._erasing = erasing

    async def tell(self, event: Notable, *, event_id: EventId, at: datetime) -> None:
        """Bring HubSpot to where the event says. Raises CrmUnavailable or CrmRefused."""
        trace = str(event_id)
        match event:
            case ContactIdentified():
                known = await self._objects.look(str(event.contact_id))
                await self._contact(event.contact_id, records.identified(event, known), trace)
            case ContactAbsorbed():
                known = await self._objects.look(str(event.contact_id))
                await self._contact(event.contact_id, records.absorbed(event, known), trace)
            case ContactNameReleased():
                await self._release(event, trace)
            case ContactMerged():
                await self._merge(event, trace, at)
            case ContactOptedOut() | ContactOptedIn():
                out = "true" if isinstance(event, ContactOptedOut) else "false"
                await self._contact(event.contact_id, {records.OPTED_OUT: out}, trace)
            case ContactErased():
                await self._erase(event, trace, at)
            case SessionInitiated():
                await self._contact(event.contact_id, {}, trace)
            case AnswerRecorded():
                if fields := records.answered(event, self._map):
                    await self._contact(event.contact_id, fields, trace)
            case SessionHandedOff():
                fields = records.answered(event, self._map)
                contact = await self._contact(event.contact_id, fields, trace)
                ticket = records.hand_off_ticket(event, self._map)
                await self._activity("tickets", contact, ticket, str(event.session_id), trace)
            case SessionCompleted():
                await self._complete(event, trace, at)
            case FileStored():
                await self._file(event, trace, at)
            case MessageReceived() | ReplyRequested():
                if event.kind in UNCOUNTED:
                    return
                contact = await self._contact(event.contact_id, {}, trace)
                words = records.said(event, at)
                await self._activity("communications", contact, words, trace, trace)
            case _:
                assert_never(event)

    async def _complete(self, event: SessionCompleted, trace: str, at: datetime) -> None:
        fields = records.answered(event, self._map)
        contact = await self._contact(event.contact_id, fields, trace)
        digest = records.digest(event, self._map, at)
        await self._activity("communications", contact, digest, trace, trace)
        ticket = records.outcome_ticket(event, self._map)
        if ticket is not None:
            await self._activity("tickets", contact, ticket, str(event.session_id), trace)

    async def _file(self, event: FileStored, trace: str, at: datetime) -> None:
        """Have the file there before the note that holds it; a note that is refused takes it along.

        So no file is left that nothing leads to when its person is to be forgotten.
        """
        contact = await self._person(event.contact_id, trace)
        if contact is None:
            return
        if self._files.wanted and await self._objects.is_told("notes", trace, contact.id):
            return
        file = await self._files.keep(event, trace)
        note = records.stored(event, at, self._file_links, file)
        try:
            await self._activity("notes", contact, note, trace, trace)
        except CrmRefused:
            if file is not None:
                await self._files.remove(file, trace)
            raise

    async def _release(self, event: ContactNameReleased, trace: str) -> None:
        known = await self._objects.look(str(event.contact_id))
        if known is not None:
            await self._contact(event.contact_id, records.released(event, known), trace)

    async def _merge(self, event: ContactMerged, trace: str, at: datetime) -> None:
        """Merge the younger into whoever the older is by now; or erase them with the older.

        The two contacts are told of side by side: the older may be merged or erased before this
        is told, and meanwhile, too, which whoever comes second sees.
        """
        await self._departed.merge(event.contact_id, event.into, at, trace)
        gone, heir = [event.contact_id], await self._departed.heir(event.into)
        while not heir.erased:
            for contact in gone:
                await self._join(contact, heir.contact, trace)
            meanwhile = await self._departed.heir(heir.contact)
            if meanwhile == heir:
                return
            gone, heir = [*gone, heir.contact], meanwhile
        for contact in (*gone, heir.contact):
            await self._forget(contact)

    async def _join(self, younger: ContactId, older: ContactId, trace: str) -> None:
        """Make one of two; told again, there is no younger any more."""
        known = await self._objects.look(str(younger))
        if known is None:
            return
        into = await self._contact(older, {}, trace)
        try:
            if known.id != into.id:
                await self._objects.merge(known.id, into.id)
        except NotThere:
            return  # one of them went meanwhile: why, is kept

    async def _erase(self, event: ContactErased, trace: str, at: datetime) -> None:
        if self._erasing == "mark":
            if await self._objects.look(str(event.contact_id)) is not None:
                await self._contact(event.contact_id, {records.ERASURE: "true"}, trace)
            return
        await self._departed.erase(event.contact_id, at, trace)
        await self._forget(event.contact_id)

    async def _forget(self, contact: ContactId) -> None:
        """Delete files before their notes, and the contact last: what we wrote is found by them."""
        known = await self._objects.look(str(contact))
        if known is None:
            return
        for file, key in await self._objects.attached(known.id):
            await self._files.remove(file, key)
        for kind in ACTIVITIES:
            ids = await self._objects.activities(known.id, kind)
            await self._objects.remove(kind, [*ids], records.blank(kind, self._map))
        try:
            await self._objects.forget(known.id)
        except NotThere:
            return  # somebody else was as quick

    async def _person(self, contact: ContactId, trace: str) -> Found | None:
        """Return the contact of somebody who may have been merged; None if they were erased."""
        known = await self._objects.look(str(contact))
        if known is not None:
            return known
        heir = await self._departed.heir(contact)
        return None if heir.erased else await self._contact(heir.contact, {}, trace)

    async def _contact(
        self, contact: ContactId, properties: Mapping[str, str], trace: str
    ) -> Found:
        return await self._objects.write("contacts", Upsert(str(contact), properties, trace))

    async def _activity(
        self,
        kind: Activity,
        contact: Found,
        properties: Mapping[str, str],
        key: str,
        trace: str,
    ) -> None:
        await self._objects.attach(kind, Upsert(key, properties, trace), contact.id)
