"""Who was merged or erased in HubSpot stays so, whatever of them is told later."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import pytest

from crm_notifier.adapters.hubspot import HubSpotCrm, Keys
from crm_notifier.mapping import CrmMap
from domain.events import (
    ContactErased,
    ContactIdentified,
    ContactMerged,
    FileStored,
    Identity,
    MessageReceived,
)
from domain.ports.crm import Notable
from domain.values import ContactId
from hubspot_connected import Telling, connected, serving
from hubspot_fake import FakeHubSpot

OLDEST, OLDER, YOUNGER = (ContactId(UUID(int=number)) for number in (1, 2, 3))


def known(contact: ContactId) -> ContactIdentified:
    personal = Identity.model_validate({"from": f"1555000{contact.int}111", "name": "Ana Lima"})
    return ContactIdentified(contact_id=contact, phone_number_id="106", personal=personal)


@pytest.fixture
def hubspot() -> FakeHubSpot:
    return FakeHubSpot()


@pytest.fixture(params=["unique", "plain"])
def keys(request: pytest.FixtureRequest) -> Keys:
    given: Keys = request.param
    return given


@pytest.fixture
async def crm(hubspot: FakeHubSpot, keys: Keys) -> AsyncIterator[HubSpotCrm]:
    async with connected(hubspot, CrmMap(), keys=keys) as crm:
        yield crm


@pytest.fixture
def telling(crm: HubSpotCrm, at: datetime) -> Telling:
    return Telling(crm, at)


@pytest.fixture
def file(notable: tuple[Notable, ...]) -> FileStored:
    (event,) = [one for one in notable if isinstance(one, FileStored)]
    return event.model_copy(update={"contact_id": YOUNGER})


@pytest.fixture
def message(frequent: tuple[Notable, ...]) -> MessageReceived:
    (event,) = [one for one in frequent if isinstance(one, MessageReceived)]
    return event.model_copy(update={"contact_id": YOUNGER})


INTO_OLDER = ContactMerged(contact_id=YOUNGER, into=OLDER)
INTO_OLDEST = ContactMerged(contact_id=OLDER, into=OLDEST)


def people(hubspot: FakeHubSpot) -> list[str]:
    return [one["whatsapp_contact_id"] for one in hubspot.of("contacts")]


async def test_a_file_of_whom_was_merged_is_at_the_contact_as_whom_they_go_on(
    telling: Telling, hubspot: FakeHubSpot, file: FileStored
) -> None:
    await telling(known(OLDER), known(YOUNGER), INTO_OLDER, file)

    (contact,) = hubspot.objects["contacts"]
    assert people(hubspot) == [str(OLDER)]
    assert [(kind, to) for kind, _, to in hubspot.links] == [("notes", contact)]


async def test_however_often_they_were_merged(
    telling: Telling, hubspot: FakeHubSpot, file: FileStored
) -> None:
    everybody = (known(OLDEST), known(OLDER), known(YOUNGER))
    await telling(*everybody, INTO_OLDER, INTO_OLDEST, file)

    assert people(hubspot) == [str(OLDEST)]


async def test_who_is_merged_into_somebody_merged_before_joins_whom_that_one_joined(
    telling: Telling, hubspot: FakeHubSpot, file: FileStored
) -> None:
    everybody = (known(OLDEST), known(OLDER), known(YOUNGER))
    await telling(*everybody, INTO_OLDEST, INTO_OLDER, file)

    assert people(hubspot) == [str(OLDEST)]


async def test_a_file_of_whom_was_erased_makes_nobody_of_them(
    telling: Telling, hubspot: FakeHubSpot, file: FileStored
) -> None:
    await telling(known(OLDER), known(YOUNGER), INTO_OLDER, ContactErased(contact_id=OLDER))
    await telling(file, file.model_copy(update={"contact_id": OLDER}))

    assert people(hubspot) == []
    assert hubspot.of("notes") == []


async def test_who_turns_out_to_be_somebody_erased_is_erased(
    telling: Telling, hubspot: FakeHubSpot, file: FileStored, message: MessageReceived
) -> None:
    await telling(known(OLDER), ContactErased(contact_id=OLDER))
    await telling(known(YOUNGER), file, message, INTO_OLDER)

    assert people(hubspot) == []
    assert [hubspot.of(kind) for kind in ("notes", "communications")] == [[], []]
    assert hubspot.links == set()


@pytest.mark.parametrize("calls", range(1, 7))
async def test_who_is_erased_while_another_process_merges_somebody_into_them_leaves_nobody(
    hubspot: FakeHubSpot, keys: Keys, calls: int, at: datetime
) -> None:
    async with serving(hubspot, CrmMap(), keys=keys) as connect:
        one, another = Telling(connect(), at), Telling(connect(), at)
        await one(known(OLDER), known(YOUNGER))
        hubspot.hangs_after = calls
        merging = asyncio.create_task(one(INTO_OLDER))
        await hubspot.hanging.wait()
        await another(ContactErased(contact_id=OLDER))
        hubspot.released.set()
        await merging

    assert people(hubspot) == []


async def test_what_is_kept_of_whom_is_gone_is_our_id_and_belongs_to_nobody(
    telling: Telling, hubspot: FakeHubSpot
) -> None:
    await telling(known(OLDER), known(YOUNGER), INTO_OLDER, ContactErased(contact_id=OLDER))

    kept = {
        one.properties["whatsapp_event_id"]: one.properties["hs_note_body"]
        for one in hubspot.objects["notes"].values()
    }
    assert kept == {
        f"contact-{YOUNGER}": f"Goes on as WhatsApp contact {OLDER}",
        f"contact-{OLDER}": "Erased on request",
    }
    assert hubspot.links == set()
