"""Killed at any moment and started anew, HubSpot holds what it would hold without."""

import asyncio
from contextlib import suppress
from copy import deepcopy
from datetime import datetime
from uuid import UUID

import pytest

from crm_notifier.adapters.hubspot import Keys
from crm_notifier.adapters.hubspot_pace import Pace
from crm_notifier.mapping import CrmMap, FlowMap
from domain.events import ContactErased, ContactIdentified, ContactMerged, FileStored
from domain.ports.crm import Notable
from domain.values import ContactId, EventId
from file_manager_fake import PHOTO, FakeFiles, holding
from hubspot_connected import Connect, serving
from hubspot_fake import FakeHubSpot

MAPPED = CrmMap(flows={"claim": FlowMap(answers={"name": "firstname"}, stages={"completed": "78"})})


def at_once() -> Pace:
    return Pace(sleep=lambda _: asyncio.sleep(0))


async def killed_after(hubspot: FakeHubSpot, connect: Connect, calls: int, tell: "Tell") -> None:
    """Tell until HubSpot has done so many calls, and go without waiting for the last answer."""
    hubspot.hangs_after = calls
    hubspot.hanging.clear()
    telling = asyncio.create_task(tell(connect))
    hanging = asyncio.create_task(hubspot.hanging.wait())
    await asyncio.wait([telling, hanging], return_when=asyncio.FIRST_COMPLETED)
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling
    assert hubspot.hanging.is_set()


class Tell:
    """Tells of one event, by whichever process runs."""

    def __init__(self, event: Notable, event_id: EventId, at: datetime) -> None:
        self._event, self._id, self._at = event, event_id, at

    async def __call__(self, connect: Connect) -> None:
        await connect().tell(self._event, event_id=self._id, at=self._at)


@pytest.mark.parametrize("attaches", [False, True], ids=["links", "files"])
@pytest.mark.parametrize("keys", ["unique", "plain"])
async def test_killed_after_any_call_of_any_event_it_holds_everything_once(
    keys: Keys,
    *,
    attaches: bool,
    notable: tuple[Notable, ...],
    frequent: tuple[Notable, ...],
    at: datetime,
) -> None:
    (merged,) = [event for event in notable if isinstance(event, ContactMerged)]
    (known,) = [event for event in notable if isinstance(event, ContactIdentified)]
    younger = known.model_copy(update={"contact_id": merged.contact_id})
    erased = [event for event in notable if isinstance(event, ContactErased)]
    told = [holding(one) if isinstance(one, FileStored) else one for one in notable]
    (file,) = [one for one in told if isinstance(one, FileStored)]
    late = file.model_copy(update={"contact_id": merged.contact_id})
    third = known.model_copy(update={"contact_id": ContactId(UUID(int=3))})
    last = merged.model_copy(update={"contact_id": third.contact_id})
    alive = [one for one in told if one not in erased]
    story: list[Notable] = [younger, *alive, late, *frequent, third, *erased, late, last]
    hubspot, files = FakeHubSpot(), FakeFiles({"5f/1c": PHOTO}) if attaches else None
    async with serving(hubspot, MAPPED, keys=keys, pace=at_once, files=files) as connect:
        for number, event in enumerate(story):
            tell = Tell(event, EventId(UUID(int=number)), at)
            before = hubspot.state()
            begun = len(hubspot.calls)
            await tell(connect)
            calls, after = len(hubspot.calls) - begun, deepcopy(hubspot.held())
            for killed_at in range(1, calls + 1):
                hubspot.restore(before)
                await killed_after(hubspot, connect, killed_at, tell)
                await tell(connect)

                assert hubspot.held() == after, f"{event.TYPE}, killed after call {killed_at}"
