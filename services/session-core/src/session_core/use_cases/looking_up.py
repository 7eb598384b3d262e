"""What is known of a session or a person, now or as it was. Reads alone."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.codec import decode_event
from domain.ports.operators import SessionDirectory, SessionHome, SessionLine
from domain.ports.session_archive import ArchivedEvent, Page, SessionArchive
from domain.session import NOBODY, Occasion, Person, evolve
from domain.session.aliases import aliases, told_apart
from domain.session.contact import Contact
from domain.session.state import InteractiveSession
from domain.values import CommandId, ContactId, SessionId
from session_core.use_cases.masking import NOTHING, Marks, is_marking, marks
from session_core.use_cases.operating import UnknownContact, UnknownSession
from session_core.use_cases.parsing import names_of

_AT_ONCE = 200


class NoSuchVersion(Exception):
    """The session was not there yet, or has not come that far."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A session, and a page of what happened in it."""

    home: SessionHome
    page: Page
    erased_until: int
    """What has a lower number in the shard belongs to somebody who asked to be forgotten."""
    marks: Marks = NOTHING
    """What the flow's author wants hidden, unless it was asked for."""


@dataclass(frozen=True, slots=True)
class PastState:
    """A session as it was after one of its events."""

    contact_id: ContactId
    session: InteractiveSession
    reached: ArchivedEvent
    erased: bool
    marks: Marks = NOTHING
    """What the flow's author wants hidden, unless it was asked for."""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A person and their sessions."""

    contact: Contact
    sessions: Sequence[SessionLine]


class Records:
    """Looks things up in the archive; folds what it finds as session-core itself does."""

    def __init__(self, archive: SessionArchive, directory: SessionDirectory) -> None:
        self._archive = archive
        self._directory = directory

    async def sessions(self, *, handed_off: bool, limit: int) -> Sequence[SessionLine]:
        """Return the newest sessions, or the newest of those that wait for a human."""
        return await self._directory.newest(handed_off=handed_off, limit=limit)

    async def timeline(
        self, session_id: SessionId, *, after: int, limit: int, unmasked: bool = False
    ) -> Timeline:
        """Return a session with some of its events. Raises UnknownSession."""
        home = await self._home(session_id)
        page = await self._archive.stream(session_id, after=after, limit=limit)
        erased_until = await self._archive.erased_until(home.contact_id)
        marked = NOTHING if unmasked else marks(await self._told(session_id, is_marking))
        return Timeline(home, page, erased_until, marked)

    async def conversation(self, session_id: SessionId, *, unmasked: bool = False) -> Timeline:
        """Return a session with all that happened in it. Raises UnknownSession."""
        home = await self._home(session_id)
        told = await self._told(session_id)
        page = Page(told, told[-1].event.version if told else 0)
        erased_until = await self._archive.erased_until(home.contact_id)
        return Timeline(home, page, erased_until, NOTHING if unmasked else marks(told))

    async def state_at_version(
        self, session_id: SessionId, version: int | None, *, unmasked: bool = False
    ) -> PastState:
        """Return the session as it was at this version, or as it is.

        Raises UnknownSession or NoSuchVersion.
        """
        home = await self._home(session_id)
        return await self._state(session_id, home, version, unmasked=unmasked)

    async def state_at(
        self, session_id: SessionId, at: datetime, *, unmasked: bool = False
    ) -> PastState:
        """Return the session as it was stored at this time.

        Raises UnknownSession or NoSuchVersion.
        """
        home = await self._home(session_id)
        version = await self._archive.version_at(session_id, at)
        if not version:
            raise NoSuchVersion("the session had not begun then")
        return await self._state(session_id, home, version, unmasked=unmasked)

    async def contact(self, contact_id: ContactId, *, sessions: int) -> ContactRecord:
        """Return a person with their newest sessions. Raises UnknownContact."""
        person = NOBODY
        async with aclosing(self._events(contact_id)) as events:
            async for event in events:
                person = _evolve(person, event)
        if person.contact.contact_id != contact_id:
            raise UnknownContact(f"there is no contact {contact_id}")
        lines = await self._archive.sessions_of(contact_id, limit=sessions)
        return ContactRecord(person.contact, lines)

    async def search(
        self, phone_number_id: str, *, wa_id: str | None, user_id: str | None, sessions: int
    ) -> ContactRecord | None:
        """Return the person of this name on this business number, or None."""
        for name in names_of(aliases(phone_number_id, wa_id, *told_apart(user_id))):
            contact_id = await self._archive.named(name)
            if contact_id is not None:
                return await self.contact(contact_id, sessions=sessions)
        return None

    async def _home(self, session_id: SessionId) -> SessionHome:
        home = await self._directory.home_of(session_id)
        if home is None:
            raise UnknownSession(f"there is no session {session_id}")
        return home

    async def _state(
        self, session_id: SessionId, home: SessionHome, version: int | None, *, unmasked: bool
    ) -> PastState:
        person, began, reached = NOBODY, 0, None
        told: list[ArchivedEvent] = []
        async with aclosing(self._events(session_id)) as events:
            async for event in events:
                if version is not None and event.event.version > version:
                    break
                person, began, reached = _evolve(person, event), began or event.sequence, event
                if is_marking(event):
                    told.append(event)
        if reached is None or (version is not None and reached.event.version < version):
            raise NoSuchVersion(f"the session has no version {version}")
        erased_until = await self._archive.erased_until(home.contact_id)
        session = person.sessions[session_id]
        marked = NOTHING if unmasked else marks(told)
        return PastState(home.contact_id, session, reached, began < erased_until, marked)

    async def _told(
        self, stream_id: UUID, wanted: Callable[[ArchivedEvent], bool] = lambda _: True
    ) -> list[ArchivedEvent]:
        async with aclosing(self._events(stream_id)) as events:
            return [event async for event in events if wanted(event)]

    async def _events(self, stream_id: UUID) -> AsyncGenerator[ArchivedEvent]:
        """Read a stream page by page, and let others work in between."""
        after: int | None = 0
        while after is not None:
            page = await self._archive.stream(stream_id, after=after, limit=_AT_ONCE)
            for event in page.events:
                yield event
            after = page.next_after
            await asyncio.sleep(0)


def _evolve(person: Person, archived: ArchivedEvent) -> Person:
    """Remember one fact. All under one command's name: which ones were seen is of no interest."""
    event = archived.event
    occasion = Occasion(CommandId(event.stream_id), event.origin.at)
    return evolve(person, decode_event(event.type, event.data), occasion)
