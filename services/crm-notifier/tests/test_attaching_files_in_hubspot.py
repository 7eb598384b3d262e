"""People's files in HubSpot: which of them it holds, who sees them, and when they go."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import pytest

from crm_notifier.adapters.hubspot import HubSpotCrm, Keys
from crm_notifier.mapping import CrmMap
from domain.events import ContactErased, ContactIdentified, ContactMerged, FileStored, Identity
from domain.ports.crm import CrmPaused, CrmRefused, CrmUnavailable, Notable
from domain.values import ContactId, EventId
from file_manager_fake import PHOTO, FakeFiles, holding
from hubspot_connected import connected
from hubspot_fake import FakeHubSpot, Fault, fault

KEY = "106/2026/11/5f1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c33/image.jpg"
TOLD = EventId(UUID(int=7))
OLDER = ContactId(UUID(int=1))


@pytest.fixture
def hubspot() -> FakeHubSpot:
    return FakeHubSpot()


@pytest.fixture
def files() -> FakeFiles:
    return FakeFiles({KEY: PHOTO})


@pytest.fixture(params=["unique", "plain"])
def keys(request: pytest.FixtureRequest) -> Keys:
    given: Keys = request.param
    return given


@pytest.fixture
async def crm(hubspot: FakeHubSpot, files: FakeFiles, keys: Keys) -> AsyncIterator[HubSpotCrm]:
    async with connected(hubspot, CrmMap(), keys=keys, files=files) as crm:
        yield crm


@pytest.fixture
def photo(notable: tuple[Notable, ...]) -> FileStored:
    (event,) = [one for one in notable if isinstance(one, FileStored)]
    return holding(event.model_copy(update={"key": KEY}))


def lying(hubspot: FakeHubSpot) -> list[tuple[str, bytes]]:
    return [(one.path, one.content) for one in hubspot.manager.files.values()]


def attached(hubspot: FakeHubSpot) -> list[str | None]:
    return [note.get("hs_attachment_ids") for note in hubspot.of("notes")]


async def test_a_file_lies_in_hubspot_privately_and_its_note_holds_it(
    crm: HubSpotCrm, hubspot: FakeHubSpot, photo: FileStored, at: datetime
) -> None:
    await crm.tell(photo, event_id=TOLD, at=at)

    assert lying(hubspot) == [(f"/whatsapp-agent/{TOLD}.jpg", PHOTO)]
    assert attached(hubspot) == [*hubspot.manager.files]
    assert f'href="https://files.test/files/{KEY}"' in hubspot.of("notes")[0]["hs_note_body"]


async def test_told_again_the_file_is_neither_fetched_nor_held_twice(
    crm: HubSpotCrm, hubspot: FakeHubSpot, files: FakeFiles, photo: FileStored, at: datetime
) -> None:
    await crm.tell(photo, event_id=TOLD, at=at)
    held, asked = hubspot.held(), len(files.asked)
    await crm.tell(photo, event_id=TOLD, at=at)

    assert hubspot.held() == held
    assert len(files.asked) == asked


async def test_where_hubspot_does_not_see_yet_what_lies_there_one_file_is_left_which_is_attached(
    crm: HubSpotCrm, hubspot: FakeHubSpot, photo: FileStored, at: datetime
) -> None:
    hubspot.manager.lags = 2
    await crm.tell(photo, event_id=TOLD, at=at)
    await crm.tell(photo, event_id=TOLD, at=at)

    assert lying(hubspot) == [(f"/whatsapp-agent/{TOLD}.jpg", PHOTO)]
    assert attached(hubspot) == [*hubspot.manager.files]


@pytest.mark.parametrize(
    "planned",
    [
        Fault(does=True, cut=True, operation="upload"),
        Fault(503, operation="upload"),
        Fault(500, operation="upload", does=True),
    ],
)
async def test_an_upload_of_which_nobody_knows_what_became_ends_in_one_file(
    crm: HubSpotCrm, hubspot: FakeHubSpot, photo: FileStored, planned: Fault, at: datetime
) -> None:
    hubspot.faults.append(planned)
    with pytest.raises(CrmUnavailable):
        await crm.tell(photo, event_id=TOLD, at=at)
    await crm.tell(photo, event_id=TOLD, at=at)

    assert len(lying(hubspot)) == 1
    assert attached(hubspot) == [*hubspot.manager.files]


async def test_an_upload_that_came_too_fast_is_made_again_from_its_begin(
    crm: HubSpotCrm, hubspot: FakeHubSpot, photo: FileStored, at: datetime
) -> None:
    busy = fault(429, "RATE_LIMITS", errorType="RATE_LIMIT", headers={"Retry-After": "0"})
    hubspot.faults.append(Fault(busy.status, busy.body, busy.headers, operation="upload"))
    await crm.tell(photo, event_id=TOLD, at=at)

    assert [content for _, content in lying(hubspot)] == [PHOTO]


def too_large(files: FakeFiles, photo: FileStored) -> FileStored:
    files.kept[KEY] = bytes(20 * 1024 * 1024 + 1)
    return holding(photo, files.kept[KEY])


def of_a_kind_that_is_refused(files: FakeFiles, photo: FileStored) -> FileStored:
    files.kept["5f/1c.opus"] = PHOTO
    return photo.model_copy(update={"key": "5f/1c.opus", "mime_type": "audio/opus"})


def deleted_meanwhile(files: FakeFiles, photo: FileStored) -> FileStored:
    del files.kept[KEY]
    return photo


def another(files: FakeFiles, photo: FileStored) -> FileStored:
    files.kept[KEY] = PHOTO[::-1]
    return photo


def shorter(files: FakeFiles, photo: FileStored) -> FileStored:
    files.kept[KEY] = PHOTO[:-1]
    return photo


def longer(files: FakeFiles, photo: FileStored) -> FileStored:
    files.kept[KEY] = PHOTO * 2
    return photo


Given: TypeAlias = Callable[[FakeFiles, FileStored], FileStored]


@pytest.mark.parametrize(
    "given", [too_large, of_a_kind_that_is_refused, deleted_meanwhile, another, shorter, longer]
)
async def test_of_a_file_that_hubspot_cannot_have_it_is_told_where_it_lies(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    files: FakeFiles,
    *,
    photo: FileStored,
    given: Given,
    at: datetime,
) -> None:
    await crm.tell(given(files, photo), event_id=TOLD, at=at)

    assert lying(hubspot) == []
    assert attached(hubspot) == [None]
    assert "Open the file" in hubspot.of("notes")[0]["hs_note_body"]


async def test_while_file_manager_is_busy_the_file_waits(
    crm: HubSpotCrm, hubspot: FakeHubSpot, files: FakeFiles, photo: FileStored, at: datetime
) -> None:
    files.statuses.append(503)
    with pytest.raises(CrmUnavailable, match=r"^files-http-503$"):
        await crm.tell(photo, event_id=TOLD, at=at)
    assert hubspot.of("notes") == []
    await crm.tell(photo, event_id=TOLD, at=at)

    assert attached(hubspot) == [*hubspot.manager.files]


async def test_where_file_manager_does_not_let_us_in_a_person_has_to_look(
    crm: HubSpotCrm, files: FakeFiles, photo: FileStored, at: datetime
) -> None:
    files.statuses.append(401)
    with pytest.raises(CrmPaused, match=r"^files-access-denied$"):
        await crm.tell(photo, event_id=TOLD, at=at)


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("http://storage.example.com/x", "files-link-not-https"),
        ("http://169.254.169.254/latest", "files-link-not-https"),
        ("https://10.0.0.7/x", "private-address"),
        ("https://[fd00:ec2::254]/x", "private-address"),
        ("//169.254.169.254/latest", "files-link-not-https"),
        ("ftp://127.0.0.1/x", "files-link-not-https"),
    ],
)
async def test_no_link_leads_into_a_network_that_nobody_named(
    crm: HubSpotCrm, files: FakeFiles, photo: FileStored, *, link: str, reason: str, at: datetime
) -> None:
    files.links.append(link)
    with pytest.raises(CrmPaused, match=f"^{reason}$"):
        await crm.tell(photo, event_id=TOLD, at=at)


async def test_a_note_that_is_refused_leaves_no_file_behind(
    crm: HubSpotCrm, hubspot: FakeHubSpot, photo: FileStored, keys: Keys, at: datetime
) -> None:
    wrong = fault(400, "VALIDATION_ERROR")
    writing = "upsert" if keys == "unique" else "create"
    await crm.tell(photo, event_id=EventId(UUID(int=8)), at=at)  # so that the contact is there
    hubspot.faults.append(Fault(wrong.status, wrong.body, operation=writing))
    with pytest.raises(CrmRefused):
        await crm.tell(photo, event_id=TOLD, at=at)

    assert [path for path, _ in lying(hubspot)] == [f"/whatsapp-agent/{UUID(int=8)}.jpg"]


async def test_who_is_erased_goes_with_their_files_and_those_of_whom_they_absorbed(
    crm: HubSpotCrm, hubspot: FakeHubSpot, photo: FileStored, at: datetime
) -> None:
    known = ContactIdentified(
        contact_id=OLDER, phone_number_id="106", personal=Identity(name="Ana")
    )
    story: list[Notable] = [
        *(known, photo, photo.model_copy(update={"contact_id": OLDER})),
        *(ContactMerged(contact_id=photo.contact_id, into=OLDER), ContactErased(contact_id=OLDER)),
    ]
    for number, event in enumerate(story, 1):
        await crm.tell(event, event_id=EventId(UUID(int=number)), at=at)
        if event is story[2]:
            assert len(lying(hubspot)) == 2

    assert lying(hubspot) == []


async def test_what_a_colleague_attached_to_our_note_stays(
    crm: HubSpotCrm, hubspot: FakeHubSpot, photo: FileStored, at: datetime
) -> None:
    await crm.tell(photo, event_id=TOLD, at=at)
    theirs = {"folderPath": "/library", "fileName": "terms.pdf", "options": {"overwrite": False}}
    hubspot.manager.put("9", theirs, b"%PDF-1.7")
    (note,) = hubspot.of("notes")
    note["hs_attachment_ids"] += ";9;404"
    await crm.tell(ContactErased(contact_id=photo.contact_id), event_id=EventId(UUID(int=8)), at=at)

    assert lying(hubspot) == [("/library/terms.pdf", b"%PDF-1.7")]


async def test_a_key_that_never_reached_files_is_enough_to_erase_by(
    hubspot: FakeHubSpot, photo: FileStored, keys: Keys, at: datetime
) -> None:
    async with connected(hubspot, CrmMap(), keys=keys) as crm:
        await crm.tell(photo, event_id=TOLD, at=at)
        (note,) = hubspot.of("notes")
        note["hs_attachment_ids"] = "9"
        denied = fault(403, "MISSING_SCOPES")
        hubspot.faults.append(Fault(denied.status, denied.body, operation="file"))
        erased = ContactErased(contact_id=photo.contact_id)
        await crm.tell(erased, event_id=EventId(UUID(int=8)), at=at)

    assert hubspot.of("contacts") == []
    assert not hubspot.faults
