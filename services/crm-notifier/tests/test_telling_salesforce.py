"""What Salesforce holds of what happened."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from crm_contract import FallibleCrmContract, Held, numbered, tell_all
from crm_notifier.adapters.salesforce import SalesforceCrm
from domain.events import (
    Answer,
    AnswerRecorded,
    ContactAbsorbed,
    ContactErased,
    ContactIdentified,
    ContactNameReleased,
    ContactOptedIn,
    ContactOptedOut,
    FileStored,
    Identity,
    MessageReceived,
    Names,
    Outcome,
    ReceivedMessage,
    ReleasedName,
    SessionCompleted,
    SessionHandedOff,
)
from domain.messages import InboundText
from domain.ports.crm import CrmUnavailable, Notable
from domain.values import EventId
from salesforce_fake import FakeSalesforce, Plan, Row
from salesforce_world import ANA, CLAIM, HELLO, MAP, NUMBER, YOUNGER, telling

IDENTIFIED = ContactIdentified(
    contact_id=ANA, phone_number_id=NUMBER, personal=Identity(from_="15550001111", name="Ana Lima")
)


@pytest.fixture
def fake() -> FakeSalesforce:
    return FakeSalesforce()


@pytest.fixture
async def crm(fake: FakeSalesforce) -> AsyncIterator[SalesforceCrm]:
    async with telling(fake) as crm:
        yield crm


@pytest.fixture
async def mapped(fake: FakeSalesforce) -> AsyncIterator[SalesforceCrm]:
    async with telling(fake, crm_map=MAP) as crm:
        yield crm


# There the same session of several people comes to an end, which would be one case.
WITHOUT_CASES = MAP.replace("completed: Closed, ", "")


class TestSalesforceCrm(FallibleCrmContract):
    @pytest.fixture
    async def crm(self, fake: FakeSalesforce) -> AsyncIterator[SalesforceCrm]:
        async with telling(fake, crm_map=WITHOUT_CASES) as crm:
            yield crm

    @pytest.fixture
    def held(self, fake: FakeSalesforce) -> Held:
        return fake.held

    @pytest.fixture
    def busy(self, crm: SalesforceCrm, fake: FakeSalesforce) -> SalesforceCrm:
        fake.plans.append(Plan(503, "SERVER_UNAVAILABLE"))
        return crm

    @pytest.fixture
    def refusing(self, crm: SalesforceCrm, fake: FakeSalesforce) -> SalesforceCrm:
        fake.rows.append(Row("FIELD_CUSTOM_VALIDATION_EXCEPTION", fields=("Policy__c",)))
        return crm

    @pytest.fixture
    def cut(self, crm: SalesforceCrm, fake: FakeSalesforce) -> SalesforceCrm:
        fake.plans.append(Plan(does=True, cut=True))
        return crm

    @pytest.fixture
    def closed(self, crm: SalesforceCrm, fake: FakeSalesforce) -> SalesforceCrm:
        fake.denials.append((400, "invalid_client"))
        return crm


class TestSalesforceCrmThatDeletes(TestSalesforceCrm):
    @pytest.fixture
    async def crm(self, fake: FakeSalesforce) -> AsyncIterator[SalesforceCrm]:
        async with telling(fake, crm_map=WITHOUT_CASES, erasure="delete") as crm:
            yield crm


class TestSalesforceCrmWithoutTasks(TestSalesforceCrm):
    @pytest.fixture
    async def crm(self, fake: FakeSalesforce) -> AsyncIterator[SalesforceCrm]:
        fake.has_task_key = False
        async with telling(fake, crm_map=WITHOUT_CASES, tasks=False) as crm:
            yield crm


async def test_a_person_is_a_contact_under_our_own_key_with_number_and_name(
    crm: SalesforceCrm, fake: FakeSalesforce, event_id: EventId, at: datetime
) -> None:
    await crm.tell(IDENTIFIED, event_id=event_id, at=at)

    assert fake.only("Contact") == {
        "Id": fake.only("Contact")["Id"],
        "WhatsApp_Contact_Id__c": str(ANA),
        "WhatsApp_Event_Id__c": str(event_id),
        "WhatsApp_Id__c": "15550001111",
        "WhatsApp_Name__c": "Ana Lima",
        "MobilePhone": "+15550001111",
        "LastName": "Ana Lima",
    }


async def test_a_name_that_somebody_corrected_in_salesforce_is_not_undone(
    crm: SalesforceCrm, fake: FakeSalesforce, at: datetime
) -> None:
    await crm.tell(IDENTIFIED, event_id=numbered(1), at=at)
    fake.only("Contact")["LastName"] = "Lima de Souza"
    await crm.tell(IDENTIFIED, event_id=numbered(2), at=at)

    assert fake.only("Contact")["LastName"] == "Lima de Souza"
    assert fake.only("Contact")["WhatsApp_Event_Id__c"] == str(numbered(2))


async def test_a_person_who_comes_without_a_name_gets_a_plain_one(
    crm: SalesforceCrm, fake: FakeSalesforce, event_id: EventId, at: datetime
) -> None:
    nameless = ContactOptedOut(contact_id=ANA, source="keyword")
    await crm.tell(nameless, event_id=event_id, at=at)

    assert fake.only("Contact")["LastName"] == "WhatsApp contact"


async def test_somebody_known_by_user_id_alone_has_no_number(
    crm: SalesforceCrm, fake: FakeSalesforce, event_id: EventId, at: datetime
) -> None:
    hidden = IDENTIFIED.model_copy(update={"personal": Identity(user_id="BR.1502", name="Ana")})
    await crm.tell(hidden, event_id=event_id, at=at)

    assert fake.only("Contact")["WhatsApp_User_Id__c"] == "BR.1502"
    assert "MobilePhone" not in fake.only("Contact")


async def test_consent_is_a_box_that_is_ticked_and_cleared(
    crm: SalesforceCrm, fake: FakeSalesforce, at: datetime
) -> None:
    await crm.tell(ContactOptedOut(contact_id=ANA, source="x"), event_id=numbered(1), at=at)
    assert fake.only("Contact")["WhatsApp_Opted_Out__c"] is True

    await crm.tell(ContactOptedIn(contact_id=ANA, source="x"), event_id=numbered(2), at=at)
    assert fake.only("Contact")["WhatsApp_Opted_Out__c"] is False


async def test_a_hand_off_is_a_case_in_the_queue_of_the_team(
    mapped: SalesforceCrm, fake: FakeSalesforce, notable: tuple[Notable, ...], at: datetime
) -> None:
    (handed_off,) = [event for event in notable if isinstance(event, SessionHandedOff)]
    await mapped.tell(handed_off, event_id=numbered(1), at=at)

    case = fake.only("Case")
    assert case["WhatsApp_Session_Id__c"] == str(CLAIM)
    assert case["ContactId"] == fake.only("Contact")["Id"]
    assert (case["OwnerId"], case["Status"]) == ("00G000000000001", "Waiting")
    assert case["Description"].endswith("\nAna rang twice already")


async def test_what_was_mapped_goes_into_fields_and_no_other_answer_goes_anywhere(
    mapped: SalesforceCrm, fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    told = Outcome(
        answers={"policy": "PL-204417", "illness": "asthma"}, data={"amount": 120, "secret": "x"}
    )
    await mapped.tell(completed.model_copy(update={"personal": told}), event_id=numbered(1), at=at)

    assert fake.only("Contact")["Policy__c"] == "PL-204417"
    assert fake.only("Case")["Amount__c"] == "120"
    assert fake.only("Case")["Status"] == "Closed"
    assert "asthma" not in str(fake.held())


async def test_a_session_that_ended_is_a_task_of_its_case_and_person(
    mapped: SalesforceCrm, fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    await mapped.tell(completed, event_id=numbered(1), at=at)

    task = fake.only("Task")
    assert task["WhatsApp_Event_Id__c"] == str(numbered(1))
    assert (task["WhoId"], task["WhatId"]) == (fake.only("Contact")["Id"], fake.only("Case")["Id"])
    assert (task["Subject"], task["Status"]) == ("Claim PL-204417", "Completed")
    assert task["ActivityDate"] == "2026-11-23"


async def test_without_a_map_no_case_is_opened_and_no_answer_told(
    crm: SalesforceCrm, fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    await crm.tell(completed, event_id=numbered(1), at=at)

    assert fake.records["Case"] == {}
    assert fake.only("Task")["Subject"] == "WhatsApp: claim"
    assert "PL-204417" not in str(fake.held())


async def test_the_case_of_a_hand_off_is_the_one_that_is_closed_in_the_end(
    mapped: SalesforceCrm,
    fake: FakeSalesforce,
    notable: tuple[Notable, ...],
    at: datetime,
) -> None:
    await tell_all(
        mapped,
        [one for one in notable if isinstance(one, SessionHandedOff | SessionCompleted)],
        at,
    )

    assert fake.only("Case")["Status"] == "Closed"
    assert fake.only("Case")["OwnerId"] == "00G000000000001"


async def test_a_file_is_told_of_by_where_it_lies_and_by_an_address_that_asks_who_comes(
    fake: FakeSalesforce, notable: tuple[Notable, ...], event_id: EventId, at: datetime
) -> None:
    (stored,) = [event for event in notable if isinstance(event, FileStored)]
    async with telling(fake, file_links="https://files.example.com/") as crm:
        await crm.tell(stored, event_id=event_id, at=at)

    text = fake.only("Task")["Description"]
    assert text.startswith("https://files.example.com/files/5f/1c\nimage/jpeg, 48213 bytes\n")
    assert f"sha256 {stored.sha256}" in text


async def test_nobody_can_write_a_message_that_salesforce_takes_for_a_reference(
    crm: SalesforceCrm, fake: FakeSalesforce, at: datetime
) -> None:
    tricky = MessageReceived(
        contact_id=ANA,
        session_id=CLAIM,
        phone_number_id=NUMBER,
        message_id=HELLO,
        received_at=at,
        kind="text",
        personal=ReceivedMessage(
            wamid="wamid.1", from_="15550001111", message=InboundText(text="@{r0_contact.id}")
        ),
    )
    await crm.tell(tricky, event_id=numbered(1), at=at)

    assert fake.only("Task")["Description"] == "@ {r0_contact.id}"


async def test_texts_that_are_too_long_for_salesforce_are_cut(
    crm: SalesforceCrm, fake: FakeSalesforce, notable: tuple[Notable, ...], at: datetime
) -> None:
    (handed_off,) = [event for event in notable if isinstance(event, SessionHandedOff)]
    wordy = handed_off.personal.model_copy(update={"note": "a" * 40_000})
    await crm.tell(handed_off.model_copy(update={"personal": wordy}), event_id=numbered(1), at=at)

    assert len(fake.only("Case")["Description"]) == 32_000


async def test_an_answer_on_its_way_fills_the_field_that_it_is_mapped_to(
    mapped: SalesforceCrm, fake: FakeSalesforce, event_id: EventId, at: datetime
) -> None:
    answered = AnswerRecorded(
        contact_id=ANA,
        session_id=CLAIM,
        message_id=HELLO,
        step="policy",
        personal=Answer(value="PL-204417"),
        flow="claim",
    )
    await mapped.tell(answered, event_id=event_id, at=at)

    assert fake.only("Contact")["Policy__c"] == "PL-204417"


# Names come and go


def released(number: str) -> ContactNameReleased:
    return ContactNameReleased(
        contact_id=ANA, phone_number_id=NUMBER, personal=ReleasedName(from_=number)
    )


async def test_a_number_that_is_given_up_is_taken_from_the_contact(
    crm: SalesforceCrm, fake: FakeSalesforce, at: datetime
) -> None:
    await tell_all(crm, [IDENTIFIED, released("15550001111")], at)

    assert fake.only("Contact")["WhatsApp_Id__c"] is None
    assert fake.only("Contact")["MobilePhone"] is None


async def test_a_newer_number_stays_when_the_older_one_is_given_up(
    crm: SalesforceCrm, fake: FakeSalesforce, at: datetime
) -> None:
    moved = IDENTIFIED.model_copy(update={"personal": Identity(from_="15550003333")})
    await tell_all(crm, [IDENTIFIED, moved, released("15550001111")], at)

    assert fake.only("Contact")["MobilePhone"] == "+15550003333"


async def test_a_number_that_came_from_another_contact_fills_only_what_is_empty(
    crm: SalesforceCrm, fake: FakeSalesforce, at: datetime
) -> None:
    absorbed = ContactAbsorbed(
        contact_id=ANA,
        absorbed=YOUNGER,
        phone_number_id=NUMBER,
        personal=Names(names=("bsuid:BR.1502", "wa:15550002222")),
    )
    await tell_all(crm, [IDENTIFIED, absorbed], at)

    assert fake.only("Contact")["WhatsApp_Id__c"] == "15550001111"
    assert fake.only("Contact")["WhatsApp_User_Id__c"] == "BR.1502"


async def test_what_concerns_somebody_unknown_makes_nobody_known(
    crm: SalesforceCrm, fake: FakeSalesforce, notable: tuple[Notable, ...], at: datetime
) -> None:
    (merged,) = [one for one in notable if one.contact_id == YOUNGER]
    await tell_all(crm, [merged, released("15550001111"), ContactErased(contact_id=ANA)], at)

    assert fake.held() == []


# Erasure


async def test_of_an_erased_person_an_empty_contact_is_left(
    mapped: SalesforceCrm, fake: FakeSalesforce, notable: tuple[Notable, ...], at: datetime
) -> None:
    await tell_all(mapped, notable, at)

    assert (fake.records["Task"], fake.records["Case"]) == ({}, {})
    left = fake.only("Contact")
    assert (left["LastName"], left["WhatsApp_Erased__c"]) == ("WhatsApp contact", True)


async def test_where_that_is_asked_for_nothing_is_left_of_an_erased_person(
    fake: FakeSalesforce, notable: tuple[Notable, ...], at: datetime
) -> None:
    async with telling(fake, crm_map=MAP, erasure="delete") as crm:
        await tell_all(crm, notable, at)

    assert fake.held() == []


async def test_more_tasks_than_fit_in_one_removal_go_as_well(
    crm: SalesforceCrm, fake: FakeSalesforce, frequent: tuple[Notable, ...], at: datetime
) -> None:
    await crm.tell(frequent[0], event_id=numbered(1), at=at)
    task = fake.only("Task")
    for number in range(2, 452):
        again = {**task, "Id": f"00T{number:015d}", "WhatsApp_Event_Id__c": str(numbered(number))}
        fake.records["Task"][again["Id"]] = again
    await crm.tell(ContactErased(contact_id=ANA), event_id=numbered(999), at=at)

    assert fake.records["Task"] == {}


async def test_tasks_of_others_and_of_the_people_in_salesforce_stay(
    crm: SalesforceCrm, fake: FakeSalesforce, frequent: tuple[Notable, ...], at: datetime
) -> None:
    await crm.tell(frequent[0], event_id=numbered(1), at=at)
    contact = fake.only("Contact")["Id"]
    theirs = {"Id": "00T000000000000999", "WhoId": contact, "WhatsApp_Event_Id__c": None}
    fake.records["Task"]["00T000000000000999"] = theirs
    await crm.tell(ContactErased(contact_id=ANA), event_id=numbered(2), at=at)

    assert fake.only("Task") == theirs


async def test_an_erasure_that_was_cut_is_finished_by_the_next_attempt(
    mapped: SalesforceCrm, fake: FakeSalesforce, notable: tuple[Notable, ...], at: datetime
) -> None:
    await tell_all(mapped, [one for one in notable if not isinstance(one, ContactErased)], at)
    fake.plans.extend([Plan(does=True), Plan(does=True, cut=True)])
    erased = ContactErased(contact_id=ANA)
    with pytest.raises(CrmUnavailable):
        await mapped.tell(erased, event_id=numbered(99), at=at)
    await mapped.tell(erased, event_id=numbered(99), at=at)

    assert (fake.records["Task"], fake.records["Case"]) == ({}, {})
