"""Salesforce busy, closed, racing, cut off or not itself: what waits and what is parked."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from uuid import uuid5

import pytest

from crm_contract import numbered, of_others, tell_all
from crm_notifier.adapters.salesforce import SalesforceCrm
from crm_notifier.adapters.salesforce_composite import LONGEST_WAIT, wait_for_more
from crm_notifier.adapters.salesforce_errors import KINDS, failure
from crm_notifier.adapters.salesforce_requests import Result
from domain.events import ContactErased, SessionCompleted
from domain.ports.crm import CrmPaused, CrmRefused, CrmUnavailable, Notable
from domain.values import EventId
from salesforce_fake import FakeSalesforce, Plan, Row
from salesforce_world import ANA, MAP, telling


@pytest.fixture
def fake() -> FakeSalesforce:
    return FakeSalesforce()


@pytest.fixture
async def crm(fake: FakeSalesforce) -> AsyncIterator[SalesforceCrm]:
    async with telling(fake) as crm:
        yield crm


def judged(status: int, code: str | None) -> Exception | None:
    body = [{"message": "Ana Lima", "errorCode": code}] if code else None
    return failure(Result(status, body))


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if kind == "unavailable"])
def test_what_passes_is_tried_again_whatever_status_it_came_with(code: str) -> None:
    for status in (400, 403, 500, 503):
        judgement = judged(status, code)

        assert type(judgement) is CrmUnavailable


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if kind == "stopped"])
def test_what_concerns_our_access_waits_for_a_person(code: str) -> None:
    assert type(judged(400, code)) is CrmPaused


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if kind == "refused"])
def test_what_is_wrong_with_one_record_is_parked_with_the_vendors_word(code: str) -> None:
    judgement = judged(400, code)

    assert type(judgement) is CrmRefused
    assert str(judgement) == code.lower().replace("_", "-")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, CrmPaused),
        (401, CrmPaused),
        (403, CrmPaused),
        (404, CrmPaused),
        (410, CrmPaused),
        (420, CrmUnavailable),
        (429, CrmUnavailable),
        (500, CrmUnavailable),
        (502, CrmUnavailable),
        (503, CrmUnavailable),
        (504, CrmUnavailable),
        (400, CrmRefused),
        (413, CrmRefused),
    ],
)
def test_where_salesforce_gives_no_code_the_status_has_to_do(
    status: int, kind: type[Exception]
) -> None:
    judgement = judged(status, None)

    assert type(judgement) is kind
    assert str(judgement) == f"http-{status}"


def test_a_code_that_nobody_told_us_of_is_parked_by_its_name() -> None:
    assert str(judged(400, "SOMETHING_NEW")) == "something-new"


async def test_a_key_that_two_records_have_is_for_a_person_to_mend(
    crm: SalesforceCrm,
    fake: FakeSalesforce,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    await crm.tell(completed, event_id=event_id, at=at)
    twin = {**fake.only("Contact"), "Id": "003000000000000099"}
    fake.records["Contact"]["003000000000000099"] = twin
    with pytest.raises(CrmRefused, match=r"^key-not-unique$"):
        await crm.tell(completed, event_id=event_id, at=at)


async def test_a_locked_row_is_tried_again_by_whoever_it_concerns_alone(
    crm: SalesforceCrm, fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    events = of_others(completed, 6)
    for event in events:
        await crm.tell(event, event_id=EventId(event.contact_id), at=at)
    fake.rows.append(Row("UNABLE_TO_LOCK_ROW"))
    outcomes = await asyncio.gather(
        *(crm.tell(event, event_id=EventId(event.contact_id), at=at) for event in events),
        return_exceptions=True,
    )

    assert [str(outcome) for outcome in outcomes if outcome] == ["unable-to-lock-row"]


async def test_a_lost_race_for_a_new_key_is_run_again_and_parked_in_the_end(
    crm: SalesforceCrm,
    fake: FakeSalesforce,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    fake.rows.append(Row("DUPLICATE_VALUE"))
    await crm.tell(completed, event_id=event_id, at=at)
    assert len(fake.records["Task"]) == 1

    fake.rows.extend([Row("DUPLICATE_VALUE")] * 3)
    with pytest.raises(CrmRefused, match=r"^duplicate-value$"):
        await crm.tell(completed, event_id=event_id, at=at)


async def test_a_key_that_nobody_made_waits_for_a_person(
    crm: SalesforceCrm,
    fake: FakeSalesforce,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    fake.has_task_key = False
    with pytest.raises(CrmPaused, match=r"^not-found$"):
        await crm.tell(completed, event_id=event_id, at=at)


async def test_a_day_that_is_used_up_stops_us_and_takes_no_new_token(
    crm: SalesforceCrm,
    fake: FakeSalesforce,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    fake.day = 0
    with pytest.raises(CrmPaused, match=r"^request-limit-exceeded$"):
        await crm.tell(completed, event_id=event_id, at=at)

    assert fake.granted == 1


async def test_a_token_that_ended_is_replaced_by_another_and_nobody_notices(
    crm: SalesforceCrm, fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    for event in of_others(completed, 3):
        fake.tokens.clear()
        await crm.tell(event, event_id=EventId(event.contact_id), at=at)

    assert len(fake.records["Contact"]) == 3
    assert fake.granted <= 6


async def test_a_new_token_that_is_refused_as_well_waits_for_a_person(
    crm: SalesforceCrm,
    fake: FakeSalesforce,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    fake.plans.extend([Plan(401, "INVALID_SESSION_ID"), Plan(401, "INVALID_SESSION_ID")])
    with pytest.raises(CrmPaused, match=r"^invalid-session-id$"):
        await crm.tell(completed, event_id=event_id, at=at)

    assert fake.granted == 2


async def test_the_pause_that_salesforce_asks_for_is_handed_on(
    crm: SalesforceCrm,
    fake: FakeSalesforce,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    fake.plans.append(Plan(503, "SERVER_UNAVAILABLE", headers={"Retry-After": "7"}))
    with pytest.raises(CrmUnavailable) as asked:
        await crm.tell(completed, event_id=event_id, at=at)

    assert asked.value.after == 7


ENDLESS = b'{"referenceId": "1", "httpStatusCode": 1e999, "body": 1}'
DAY_WITHOUT_END = f"api-usage={'9' * 5000}/1"


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (Plan(body=b'{"compositeResponse": [{"bo'), "answer-not-understood"),
        (Plan(body=b"<html>Down for maintenance: Ana Lima</html>"), "answer-not-understood"),
        (Plan(body=b'{"compositeResponse": []}'), "answer-not-understood"),
        (Plan(body=b"[]"), "answer-not-understood"),
        (Plan(body=b"[" * 100_000), "answer-not-understood"),
        (Plan(body=b'{"compositeResponse": [%b]}' % ENDLESS), "answer-not-understood"),
        (Plan(503, body=b"", headers={"Sforce-Limit-Info": DAY_WITHOUT_END}), "http-503"),
        (Plan(503, body=b"<html>Down for maintenance</html>"), "http-503"),
    ],
)
async def test_an_answer_that_is_not_salesforces_is_tried_again(
    plan: Plan,
    reason: str,
    crm: SalesforceCrm,
    fake: FakeSalesforce,
    *,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    fake.plans.append(plan)
    with pytest.raises(CrmUnavailable) as failed:
        await crm.tell(completed, event_id=event_id, at=at)

    assert type(failed.value) is CrmUnavailable
    assert str(failed.value) == reason


async def test_one_event_that_spoils_a_call_spoils_nobody_elses(
    fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    async with telling(fake, crm_map=MAP) as crm:
        await crm.tell(completed, event_id=EventId(ANA), at=at)
        fake.plans.append(Plan(400, "JSON_PARSER_ERROR"))  # to the call as a whole
        await asyncio.gather(
            *(
                crm.tell(event, event_id=EventId(event.contact_id), at=at)
                for event in of_others(completed, 8)
            )
        )

    assert len(fake.records["Contact"]) == 9


async def test_what_is_told_at_the_same_moment_shares_calls_of_the_days_allowance(
    crm: SalesforceCrm, fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    events = of_others(completed, 100)
    await asyncio.gather(
        *(crm.tell(event, event_id=EventId(event.contact_id), at=at) for event in events)
    )

    assert len(fake.records["Task"]) == 100
    assert max(fake.sizes) <= 25
    assert fake.calls <= 20  # 400 records: the people are asked for by key before they are named


async def test_the_nearer_the_end_of_the_day_the_longer_a_call_waits_for_company(
    fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    fake.day, fake.calls = 1000, 899
    async with telling(fake, sleep=sleep) as crm:
        for event in of_others(completed, 2):
            await crm.tell(event, event_id=EventId(event.contact_id), at=at)

    assert waits[0] == 0
    assert waits[-1] == pytest.approx(LONGEST_WAIT / 2, rel=0.1)
    assert [wait_for_more(used) for used in (0.0, 0.8, 1.0, 1.7)] == [0, 0, 5, 5]


async def test_who_is_told_to_stop_takes_nobody_else_along(
    crm: SalesforceCrm, fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    one, other = (
        asyncio.create_task(crm.tell(event, event_id=EventId(event.contact_id), at=at))
        for event in of_others(completed, 2)
    )
    await asyncio.sleep(0)
    one.cancel()
    await other

    assert str(of_others(completed, 2)[1].contact_id) in str(fake.held())


async def test_killed_after_any_call_the_next_process_leads_to_the_same_records(
    notable: tuple[Notable, ...], frequent: tuple[Notable, ...], at: datetime
) -> None:
    lives = [*frequent, *(one for one in notable if not isinstance(one, ContactErased))]
    undisturbed = FakeSalesforce()
    async with telling(undisturbed, crm_map=MAP) as crm:
        await tell_all(crm, lives, at)

    for call in range(undisturbed.calls):
        fake = FakeSalesforce()
        fake.plans.extend([*[Plan(does=True)] * call, Plan(does=True, cut=True)])
        for number, event in enumerate(lives, 1):
            with suppress(CrmUnavailable):
                async with telling(fake, crm_map=MAP) as killed:
                    await killed.tell(event, event_id=numbered(number), at=at)
                continue
            async with telling(fake, crm_map=MAP) as crm:
                await crm.tell(event, event_id=numbered(number), at=at)

        assert fake.held() == undisturbed.held(), f"killed after call {call}"


PLANS = (
    Plan(503, "SERVER_UNAVAILABLE"),
    Plan(429, body=b"slow down"),
    Plan(401, "INVALID_SESSION_ID"),
    Plan(502, body=b"<html>"),
    Plan(400, "JSON_PARSER_ERROR"),
    Plan(does=True, cut=True),
    Plan(does=True, body=b'{"compositeResponse": [{"bo'),
    Plan(cut=True),
)


@pytest.mark.parametrize("seed", range(2))
async def test_through_all_of_this_each_event_is_held_once_and_in_order_of_its_person(
    seed: int, fake: FakeSalesforce, completed: SessionCompleted, at: datetime
) -> None:
    dice = random.Random(seed)  # noqa: S311 to be repeated, not to be secret

    def worsen() -> None:
        if dice.random() < 0.25:
            fake.plans.append(dice.choice(PLANS))
        if dice.random() < 0.1:
            fake.tokens.clear()
        if dice.random() < 0.1:
            fake.rows.append(Row("UNABLE_TO_LOCK_ROW", of=dice.choice(("Contact", "Task"))))

    async def insist(crm: SalesforceCrm, event: SessionCompleted, event_id: EventId) -> None:
        while True:
            worsen()
            try:
                await crm.tell(event, event_id=event_id, at=at)
            except (CrmUnavailable, CrmRefused):  # a call may be refused for its company's sake
                continue
            return

    async def live(crm: SalesforceCrm, event: SessionCompleted) -> None:
        for event_id in ids(event):
            await insist(crm, event, event_id)

    def ids(event: SessionCompleted) -> list[EventId]:
        return [EventId(uuid5(event.contact_id, str(number))) for number in range(10)]

    people = of_others(completed, 20)
    async with telling(fake) as crm, asyncio.TaskGroup() as lives:
        for person in people:
            lives.create_task(live(crm, person))

    assert len(fake.records["Task"]) == 200
    for person in people:
        told = [event for whose, event in fake.told if whose == str(person.contact_id)]
        assert [*dict.fromkeys(told)] == [str(event_id) for event_id in ids(person)]
        assert told == sorted(told, key=[str(event_id) for event_id in ids(person)].index)
