"""HubSpot that is slow, strict, busy, locked, closed, or answers nothing one can use."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import pytest

from crm_contract import of_others
from crm_notifier.adapters.hubspot import HubSpotCrm
from crm_notifier.mapping import CrmMap, FlowMap
from domain.events import ContactErased, ContactOptedIn, ContactOptedOut, SessionCompleted
from domain.ports.crm import CrmPaused, CrmRefused, CrmUnavailable, Notable
from domain.values import ContactId, EventId
from hubspot_connected import connected
from hubspot_fake import FakeHubSpot, Fault, fault

MAPPED = CrmMap(flows={"claim": FlowMap(answers={"name": "firstname"})})
ANA = ContactId(UUID(int=1001))


@pytest.fixture
def hubspot() -> FakeHubSpot:
    return FakeHubSpot()


@pytest.fixture
async def crm(hubspot: FakeHubSpot) -> AsyncIterator[HubSpotCrm]:
    async with connected(hubspot, MAPPED) as crm:
        yield crm


async def tell_of_many(
    crm: HubSpotCrm, completed: SessionCompleted, at: datetime, people: int
) -> Sequence[BaseException | None]:
    return await asyncio.gather(
        *(
            crm.tell(event, event_id=EventId(UUID(int=number)), at=at)
            for number, event in enumerate(of_others(completed, people), 1)
        ),
        return_exceptions=True,
    )


async def test_many_people_are_told_of_in_few_calls(
    crm: HubSpotCrm, hubspot: FakeHubSpot, completed: SessionCompleted, at: datetime
) -> None:
    await tell_of_many(crm, completed, at, 200)

    assert len(hubspot.of("contacts")) == len(hubspot.of("communications")) == 200
    assert len(hubspot.links) == 200
    assert len(hubspot.calls) <= 12


@pytest.mark.parametrize("reports_rows", [False, True], ids=["as a whole", "row by row"])
async def test_one_bad_row_of_a_hundred_is_refused_alone(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    completed: SessionCompleted,
    at: datetime,
    *,
    reports_rows: bool,
) -> None:
    hubspot.reports_rows = reports_rows
    hubspot.poison = {str(UUID(int=57))}
    outcomes = await tell_of_many(crm, completed, at, 100)

    refused = {number: one for number, one in enumerate(outcomes, 1) if one is not None}
    assert refused.keys() == {57}
    assert isinstance(refused[57], CrmRefused)
    assert str(refused[57]) == "validation-error-invalid-string-firstname"
    assert len(hubspot.of("communications")) == 99


async def test_two_events_of_one_person_never_meet_in_one_batch(
    crm: HubSpotCrm, hubspot: FakeHubSpot, at: datetime
) -> None:
    events: list[Notable] = [
        ContactOptedOut(contact_id=ANA, source="keyword"),
        ContactOptedIn(contact_id=ANA, source="keyword"),
    ]
    await asyncio.gather(
        *(
            crm.tell(event, event_id=EventId(UUID(int=number)), at=at)
            for number, event in enumerate(events, 1)
        )
    )

    assert hubspot.refusals == []
    assert [contact["whatsapp_opted_out"] for contact in hubspot.of("contacts")] == ["false"]


@pytest.mark.parametrize(
    ("planned", "reason"),
    [
        (fault(403, "MISSING_SCOPES"), "missing-scopes"),
        (fault(401, "EXPIRED_AUTHENTICATION"), "access-ended"),
        (fault(429, "RATE_LIMITS", errorType="RATE_LIMIT", policyName="DAILY"), "daily-limit"),
        (Fault(410), "version-gone"),
        (Fault(404, b"<html>Not here</html>"), "address-unknown"),
        (Fault(302, headers={"location": "https://elsewhere.test/"}), "redirected"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
async def test_what_only_a_person_can_mend_waits_for_one(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
    planned: Fault,
    reason: str,
) -> None:
    hubspot.faults.append(planned)
    with pytest.raises(CrmPaused, match=f"^{reason}$"):
        await crm.tell(completed, event_id=event_id, at=at)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("contacts", "whatsapp_contact_id"), ("communications", "whatsapp_event_id")],
)
async def test_a_property_that_nobody_made_for_us_parks_nothing(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
    kind: str,
    name: str,
) -> None:
    hubspot.known[kind].remove(name)
    with pytest.raises(CrmPaused, match=f"^no-property-{name.replace('_', '-')}$"):
        await crm.tell(completed, event_id=event_id, at=at)


async def test_a_key_that_hubspot_does_not_keep_unique_parks_nothing(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    hubspot.unique.remove("communications")
    with pytest.raises(CrmPaused, match=r"^not-unique-whatsapp-event-id$"):
        await crm.tell(completed, event_id=event_id, at=at)


async def test_a_property_that_only_the_map_names_is_a_fault_of_this_event(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    hubspot.known["contacts"].remove("firstname")
    with pytest.raises(CrmRefused, match=r"^validation-error-property-doesnt-exist-firstname$"):
        await crm.tell(completed, event_id=event_id, at=at)


@pytest.mark.parametrize(
    ("planned", "reason", "after"),
    [
        (Fault(500), "http-500", None),
        (Fault(502, b"<html>"), "http-502", None),
        (Fault(521), "http-521", None),
        (Fault(423), "locked", None),
        (Fault(477, headers={"retry-after": "600"}), "account-migrating", 600),
        (Fault(503, headers={"retry-after": "7"}), "http-503", 7),
        (Fault(200, b'{"results": [{"id": "1"'), "answer-not-understood", None),
        (Fault(200, b'{"results": [{"no": "id"}]}'), "answer-not-understood", None),
        (Fault(200, b'{"results": []}'), "no-answer", None),
        (Fault(200, b"[]"), "answer-not-understood", None),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
async def test_hubspot_in_trouble_is_told_later(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
    planned: Fault,
    reason: str,
    after: float | None,
) -> None:
    hubspot.faults.append(planned)
    with pytest.raises(CrmUnavailable, match=f"^{reason}$") as failure:
        await crm.tell(completed, event_id=event_id, at=at)

    assert failure.value.after == after


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (
            {"errors": [{"code": "INVALID_OPTION", "context": {"propertyName": ["hs_x"]}}]},
            "validation-error-invalid-option-hs-x",
        ),
        ({"errors": [{"message": "no", "in": "id"}]}, "validation-error"),
        ({"errors": None, "message": "[no JSON"}, "validation-error"),
        ({"message": 'no: [{"error": 7, "name": "15550001111"}]'}, "validation-error"),
        ({"message": ["Ana Lima"]}, "validation-error"),
    ],
)
async def test_a_refusal_is_told_in_codes_however_hubspot_words_it(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
    more: dict[str, object],
    reason: str,
) -> None:
    hubspot.faults.append(fault(400, "VALIDATION_ERROR", **more))
    with pytest.raises(CrmRefused, match=f"^{reason}$"):
        await crm.tell(completed, event_id=event_id, at=at)


async def test_a_call_that_came_too_fast_is_made_again_without_troubling_anybody(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    limit = {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
    hubspot.faults.append(fault(429, "RATE_LIMITS", headers={"retry-after": "0"}, **limit))
    await crm.tell(completed, event_id=event_id, at=at)

    assert len(hubspot.of("communications")) == 1


async def test_a_narrow_limit_makes_telling_slower_and_loses_nothing(
    completed: SessionCompleted, at: datetime
) -> None:
    hubspot = FakeHubSpot(allowed=40, window=1.0)
    async with connected(hubspot, MAPPED, keys="plain") as crm:
        outcomes = await tell_of_many(crm, completed, at, 20)

    assert [one for one in outcomes if one is not None] == []
    assert len(hubspot.of("communications")) == 20


async def test_a_conflict_of_two_writers_is_settled_by_asking_once_more(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    hubspot.faults.append(fault(409, "CONFLICT"))
    await crm.tell(completed, event_id=event_id, at=at)
    hubspot.faults += [fault(409, "CONFLICT"), fault(409, "CONFLICT")]
    with pytest.raises(CrmRefused, match=r"^conflict$"):
        await crm.tell(completed, event_id=event_id, at=at)

    assert len(hubspot.of("communications")) == 1


@pytest.mark.parametrize("operation", ["upsert", "link"])
async def test_interrupted_anywhere_and_told_again_it_holds_everything_once(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
    operation: str,
) -> None:
    hubspot.faults.append(Fault(operation=operation, does=True, cut=True))
    with pytest.raises(CrmUnavailable):
        await crm.tell(completed, event_id=event_id, at=at)
    await crm.tell(completed, event_id=event_id, at=at)

    assert [len(hubspot.of(kind)) for kind in ("contacts", "communications")] == [1, 1]
    assert len(hubspot.links) == 1


@pytest.mark.parametrize("operation", ["list", "read", "update", "archive", "forget"])
async def test_an_erasure_interrupted_anywhere_is_finished_by_asking_again(
    crm: HubSpotCrm,
    hubspot: FakeHubSpot,
    *,
    notable: tuple[Notable, ...],
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
    operation: str,
) -> None:
    before = (event for event in notable if not isinstance(event, ContactErased))
    for number, event in enumerate(before):
        await crm.tell(event, event_id=EventId(UUID(int=number)), at=at)
    erased = ContactErased(contact_id=completed.contact_id)
    hubspot.faults.append(Fault(502, operation=operation, does=True))
    with pytest.raises(CrmUnavailable):
        await crm.tell(erased, event_id=event_id, at=at)
    await crm.tell(erased, event_id=event_id, at=at)

    assert [hubspot.of(kind) for kind in hubspot.objects] == [[], [], [], []]
    assert "Ana" not in str(hubspot.held())
