"""Plays the conversation on a running stack and shows what comes of it."""

import hashlib
import secrets
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx

from demo.bucket import look
from demo.conversation import CLAIM, NAME, Act, photo
from demo.events import Published, Reader, reading
from demo.person import Person
from demo.places import Places
from demo.stage import Stage

PATIENCE_S = 60
TOLD = ("contact.identified", "session.initiated", "file.stored", "session.completed")


class DemoFailed(Exception):
    """Something that was to be seen did not happen; says what."""


async def play(known: Places, stage: Stage) -> str:
    """Let Ana report her damage; return her number. Raises DemoFailed."""
    async with (
        httpx.AsyncClient(base_url=known.simulator, timeout=10, trust_env=False) as http,
        reading(known.kafka, from_start=False) as reader,
    ):
        person = Person(http, f"1555{secrets.randbelow(10**7):07d}")
        timeline = Timeline(reader, stage)
        await person.introduce(NAME)
        stage.title("The conversation, and the events behind it")
        for turn, act in enumerate(CLAIM, 1):
            stage.person(NAME, str(act))
            await _do(act, person)
            stage.agent(await _reply(person))
            await timeline.until(_asked_for(turn))
        await timeline.until(_all_told)
        stage.title("The photo in S3")
        await _show_file(known, stage, timeline.events)
        stage.title("What the CRM was told")
        await _show_crm(http, stage, timeline.events)
    return person.wa_id


class Timeline:
    """The events so far, shown as they come."""

    def __init__(self, reader: Reader, stage: Stage) -> None:
        self._reader = reader
        self._stage = stage
        self.events: list[Published] = []

    async def catch_up(self) -> None:
        """Show what has happened up to now."""
        for event in await self._reader.read(wait_s=0.3):
            self.events.append(event)
            self._stage.event(event)

    async def until(self, enough: Callable[[list[Published]], bool]) -> None:
        """Show what happens until it is enough. Raises DemoFailed."""
        deadline = time.monotonic() + PATIENCE_S
        while not enough(self.events):
            if time.monotonic() > deadline:
                raise DemoFailed(f"the events that had to follow did not come in {PATIENCE_S} s")
            await self.catch_up()


async def _do(act: Act, person: Person) -> None:
    try:
        await act.do(person)
    except LookupError as missing:
        raise DemoFailed(
            f"{missing.args[0]}: Ana plays flows/claim.yaml as it is in git; was it changed?"
        ) from None


async def _reply(person: Person) -> dict[str, Any]:
    try:
        return await person.next_reply(within_s=PATIENCE_S)
    except TimeoutError:
        raise DemoFailed(f"no answer came within {PATIENCE_S} s") from None


def _asked_for(replies: int) -> Callable[[list[Published]], bool]:
    return lambda events: sum(event.type == "reply.requested.v1" for event in events) >= replies


def _all_told(events: list[Published]) -> bool:
    told = {event.data["event_id"] for event in events if event.type == "crm.notified.v1"}
    wanted = [event.id for event in events if event.type.removesuffix(".v1") in TOLD]
    return len(wanted) == len(TOLD) and told.issuperset(wanted)


async def _show_file(known: Places, stage: Stage, events: list[Published]) -> None:
    stored = next(event.data for event in events if event.type == "file.stored.v1")
    found = await look(known.s3, stored["key"])
    same = found.sha256 == hashlib.sha256(photo()).hexdigest() == stored["sha256"]
    stage.file(stored, found, same=same)
    if not same:
        raise DemoFailed("the object in the bucket is not the photo that was sent")


async def _show_crm(http: httpx.AsyncClient, stage: Stage, events: list[Published]) -> None:
    ids = {event.id for event in events}
    calls = (await http.get("/simulator/crm/calls")).raise_for_status().json()
    mine = [
        call for call in calls if call["id"] in ids and call["answered"] == HTTPStatus.NO_CONTENT
    ]
    for call in mine:
        stage.crm_call(call)
    if len(mine) != len(TOLD) or not all(call["verified"] for call in mine):
        raise DemoFailed("the CRM was not told exactly once of each event, by a good signature")
