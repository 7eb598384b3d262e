"""What HubSpot holds after it was told: strict as HubSpot is, on a real connection."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import pytest

from crm_contract import FallibleCrmContract, Held
from crm_notifier.adapters.hubspot import Erasing, HubSpotCrm, Keys
from crm_notifier.mapping import CrmMap, FlowMap
from domain.events import (
    ContactAbsorbed,
    ContactErased,
    ContactIdentified,
    ContactMerged,
    ContactNameReleased,
    ContactOptedIn,
    ContactOptedOut,
    FileStored,
    Identity,
    Names,
    Outcome,
    ReleasedName,
    SessionCompleted,
    SessionHandedOff,
)
from domain.ports.crm import Notable
from domain.values import ContactId
from hubspot_connected import Telling, connected
from hubspot_fake import FakeHubSpot, Fault, fault

MAPPED = CrmMap(
    flows={
        "claim": FlowMap(
            subject="Claim of {answers.policy} ({outcome}{team})",
            answers={"name": "firstname", "policy": "policy_number"},
            data={"amount": "claim_amount"},
            stages={"handed-off": "77", "settled": "78"},
            owners={"claims": "71"},
            pipeline="9",
        )
    }
)


@pytest.fixture
def hubspot() -> FakeHubSpot:
    return FakeHubSpot()


@pytest.fixture
def crm_map() -> CrmMap:
    return MAPPED


@pytest.fixture
def erasing() -> Erasing:
    return "delete"


@pytest.fixture(params=["unique", "plain"])
def keys(request: pytest.FixtureRequest) -> Keys:
    given: Keys = request.param
    return given


@pytest.fixture
async def crm(
    hubspot: FakeHubSpot, crm_map: CrmMap, erasing: Erasing, keys: Keys
) -> AsyncIterator[HubSpotCrm]:
    async with connected(hubspot, crm_map, erasing=erasing, keys=keys) as crm:
        yield crm


class TestHubSpotCrm(FallibleCrmContract):
    @pytest.fixture
    def held(self, hubspot: FakeHubSpot) -> Held:
        return hubspot.held

    @pytest.fixture
    def busy(self, crm: HubSpotCrm, hubspot: FakeHubSpot) -> HubSpotCrm:
        hubspot.faults.append(Fault(503, b"<html>Ana Lima has to wait</html>"))
        return crm

    @pytest.fixture
    def refusing(self, crm: HubSpotCrm, hubspot: FakeHubSpot) -> HubSpotCrm:
        hubspot.poisons_next = True
        return crm

    @pytest.fixture
    def cut(self, crm: HubSpotCrm, hubspot: FakeHubSpot) -> HubSpotCrm:
        hubspot.faults.append(Fault(does=True, cut=True))
        return crm

    @pytest.fixture
    def closed(self, crm: HubSpotCrm, hubspot: FakeHubSpot) -> HubSpotCrm:
        hubspot.faults.append(fault(401, "INVALID_AUTHENTICATION"))
        return crm


@pytest.fixture
def telling(crm: HubSpotCrm, at: datetime) -> Telling:
    return Telling(crm, at)


def identified(contact: ContactId, **ids: str) -> ContactIdentified:
    personal = Identity.model_validate(ids)
    return ContactIdentified(contact_id=contact, phone_number_id="106", personal=personal)


ANA, OTHER = ContactId(UUID(int=1001)), ContactId(UUID(int=1002))
NUMBER = "15550001111"


async def test_a_person_is_a_contact_by_our_id_with_number_and_name_of_whatsapp(
    telling: Telling, hubspot: FakeHubSpot
) -> None:
    await telling(identified(ANA, **{"from": NUMBER, "user_id": "US.1", "name": "Ana"}))

    assert hubspot.of("contacts") == [
        {
            "whatsapp_contact_id": str(ANA),
            "whatsapp_wa_id": NUMBER,
            "whatsapp_user_id": "US.1",
            "whatsapp_profile_name": "Ana",
            "hs_whatsapp_phone_number": f"+{NUMBER}",
            "phone": f"+{NUMBER}",
            "firstname": "Ana",
        }
    ]


async def test_what_people_in_hubspot_wrote_of_a_person_stays(
    telling: Telling, hubspot: FakeHubSpot
) -> None:
    await telling(identified(ANA, **{"from": NUMBER, "name": "Ana"}))
    (contact,) = hubspot.of("contacts")
    contact.update(firstname="Anna", lastname="Lima", phone="+44 20 7946 0000")
    await telling(identified(ANA, **{"from": NUMBER, "user_id": "US.1", "name": "Ana"}))

    assert (contact["firstname"], contact["phone"]) == ("Anna", "+44 20 7946 0000")
    assert contact["whatsapp_user_id"] == "US.1"


async def test_a_released_number_is_emptied_and_a_newer_one_stays(
    telling: Telling, hubspot: FakeHubSpot
) -> None:
    gone = ContactNameReleased(
        contact_id=ANA, phone_number_id="106", personal=ReleasedName(from_=NUMBER)
    )
    newer = "15550003333"
    await telling(identified(ANA, **{"from": NUMBER}), gone)
    (contact,) = hubspot.of("contacts")
    emptied = contact["phone"], contact["whatsapp_wa_id"], contact["hs_whatsapp_phone_number"]
    await telling(identified(ANA, **{"from": NUMBER}), identified(ANA, **{"from": newer}), gone)

    assert emptied == ("", "", "")
    assert (contact["phone"], contact["whatsapp_wa_id"]) == (f"+{newer}", newer)


async def test_two_contacts_who_are_one_person_become_one(
    telling: Telling, hubspot: FakeHubSpot, completed: SessionCompleted
) -> None:
    of_other = completed.model_copy(update={"contact_id": OTHER})
    merged = ContactMerged(contact_id=OTHER, into=ANA)
    await telling(identified(ANA, user_id="US.1"), of_other, merged, merged)

    (contact,) = hubspot.of("contacts")
    assert (contact["whatsapp_contact_id"], contact["policy_number"]) == (str(ANA), "PL-204417")
    assert len(hubspot.links) == 1


async def test_a_person_keeps_their_own_number_beside_that_of_an_absorbed_contact(
    telling: Telling, hubspot: FakeHubSpot
) -> None:
    absorbed = ContactAbsorbed(
        contact_id=ANA,
        absorbed=OTHER,
        phone_number_id="106",
        personal=Names(names=("wa:15550002222", "bsuid:US.2")),
    )
    await telling(identified(ANA, **{"from": NUMBER}), absorbed)

    (contact,) = hubspot.of("contacts")
    assert (contact["whatsapp_wa_id"], contact["whatsapp_user_id"]) == (NUMBER, "US.2")


async def test_answers_go_where_the_map_says_and_nowhere_else(
    telling: Telling, hubspot: FakeHubSpot, completed: SessionCompleted
) -> None:
    answers = {"name": "Ana <b>Lima</b>", "policy": "PL-1", "secret": "told nobody"}
    await telling(completed.model_copy(update={"personal": Outcome(answers=answers)}))

    (contact,), (digest,) = hubspot.of("contacts"), hubspot.of("communications")
    assert (contact["firstname"], contact["policy_number"]) == ("Ana <b>Lima</b>", "PL-1")
    assert digest["hs_communication_body"] == (
        "WhatsApp session “claim” ended: completed"
        "<br>name: Ana &lt;b&gt;Lima&lt;/b&gt;<br>policy: PL-1"
    )
    assert digest["hs_timestamp"] == "2026-11-23T09:30:15.250Z"
    assert "told nobody" not in str(hubspot.held())


async def test_an_outcome_without_a_stage_opens_no_ticket(
    telling: Telling, hubspot: FakeHubSpot, completed: SessionCompleted
) -> None:
    await telling(completed)

    assert hubspot.of("tickets") == []


async def test_a_session_has_one_ticket_which_its_outcome_moves_on(
    telling: Telling,
    hubspot: FakeHubSpot,
    notable: tuple[Notable, ...],
    completed: SessionCompleted,
) -> None:
    (handed_off,) = [event for event in notable if isinstance(event, SessionHandedOff)]
    await telling(handed_off)
    (opened,) = [dict(ticket) for ticket in hubspot.of("tickets")]
    personal = Outcome(answers={"policy": "PL-1"}, data={"amount": 120})
    await telling(completed.model_copy(update={"outcome": "settled", "personal": personal}))

    (ticket,) = hubspot.of("tickets")
    assert opened == {
        "whatsapp_session_id": str(completed.session_id),
        "subject": "Claim of (claims)",
        "content": "Team: claims\nReason: asked\nAna rang twice already",
        "hs_pipeline": "9",
        "hs_pipeline_stage": "77",
        "hubspot_owner_id": "71",
    }
    assert ticket["subject"] == "Claim of PL-1 (settled)"
    assert (ticket["hs_pipeline_stage"], ticket["claim_amount"]) == ("78", "120")


@pytest.mark.parametrize("crm_map", [CrmMap()])
async def test_without_a_map_a_hand_off_opens_a_ticket_in_the_usual_pipeline(
    telling: Telling, hubspot: FakeHubSpot, notable: tuple[Notable, ...]
) -> None:
    await telling(*(event for event in notable if isinstance(event, SessionHandedOff)))

    (ticket,) = hubspot.of("tickets")
    assert (ticket["hs_pipeline"], ticket["hs_pipeline_stage"]) == ("0", "1")


async def test_a_file_is_a_note_that_leads_to_it_and_holds_no_secret(
    telling: Telling, hubspot: FakeHubSpot, notable: tuple[Notable, ...]
) -> None:
    await telling(*(event for event in notable if isinstance(event, FileStored)))

    (note,) = hubspot.of("notes")
    assert '<a href="https://files.test/files/5f/1c">' in note["hs_note_body"]
    assert "image/jpeg, 48213 bytes" in note["hs_note_body"]


async def test_consent_is_a_property_of_the_contact(telling: Telling, hubspot: FakeHubSpot) -> None:
    await telling(ContactOptedOut(contact_id=ANA, source="keyword"))
    (contact,) = hubspot.of("contacts")
    after_the_one = contact["whatsapp_opted_out"]
    await telling(ContactOptedIn(contact_id=ANA, source="keyword"))

    assert (after_the_one, contact["whatsapp_opted_out"]) == ("true", "false")


async def test_who_is_erased_goes_with_all_that_we_wrote_and_nothing_else(
    telling: Telling,
    hubspot: FakeHubSpot,
    notable: tuple[Notable, ...],
    frequent: tuple[Notable, ...],
    completed: SessionCompleted,
) -> None:
    before = [event for event in notable if not isinstance(event, ContactErased | ContactMerged)]
    await telling(*before, *frequent)
    (ana,) = hubspot.objects["contacts"]
    theirs = hubspot.objects["notes"]["7"] = type(hubspot.objects["contacts"][ana])(
        "7", {"hs_note_body": "Called about the weather", "whatsapp_event_id": ""}
    )
    hubspot.links.add(("notes", "7", ana))
    await telling(ContactErased(contact_id=completed.contact_id))

    assert hubspot.of("contacts") == []
    assert [hubspot.of(kind) for kind in ("tickets", "communications")] == [[], []]
    assert hubspot.of("notes") == [theirs.properties]


async def test_what_lies_in_the_bin_of_an_erased_person_says_nothing_that_they_answered(
    telling: Telling, hubspot: FakeHubSpot, notable: tuple[Notable, ...]
) -> None:
    await telling(*(event for event in notable if not isinstance(event, ContactMerged)))

    (ticket,) = [one.properties for one in hubspot.objects["tickets"].values() if one.archived]
    assert ticket["subject"] == "Erased"
    assert not any(ticket[name] for name in MAPPED.flows["claim"].data.values())


@pytest.mark.parametrize("erasing", ["mark"])
async def test_where_others_erase_the_contact_is_marked_for_them(
    telling: Telling, hubspot: FakeHubSpot
) -> None:
    await telling(identified(ANA, **{"from": NUMBER}), ContactErased(contact_id=ANA))

    (contact,) = hubspot.of("contacts")
    assert contact["whatsapp_erasure_requested"] == "true"
