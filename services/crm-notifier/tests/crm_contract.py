"""What crm-notifier relies on, whichever CRM it talks to: every adapter inherits these tests.

An adapter's class gives these fixtures:

`crm`        the adapter, and behind it a CRM that works
`held`       gives all records that the CRM holds by now, comparable: without times of calls
`busy`       the same adapter; the CRM is overloaded for one call, and does nothing
`refusing`   the same adapter; the CRM takes one call for wrong, and does nothing
`cut`        the same adapter; the CRM does what one call asks for, but the answer never arrives
`closed`     the same adapter; the CRM takes nothing from us any more, until a person looks

The last four are only for CRMs that can fail: `FallibleCrmContract`.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import pytest

from domain.events import ContactErased, SessionCompleted
from domain.ports.crm import CrmPaused, CrmRefused, CrmService, CrmUnavailable, Notable
from domain.values import ContactId, EventId

Held = Callable[[], Sequence[object]]

PEOPLE = 12
PERSONAL = ("Ana Lima", "15550001111", "15550002222", "PL-204417", "rang twice")
"""What the events of the fixtures say of a person."""
CODE = r"[a-z0-9-]+"


def numbered(number: int) -> EventId:
    return EventId(UUID(int=number))


def of_others(event: SessionCompleted, people: int = PEOPLE) -> Sequence[SessionCompleted]:
    """Return the same event of so many people."""
    return [
        event.model_copy(update={"contact_id": ContactId(UUID(int=number))})
        for number in range(1, people + 1)
    ]


def missing(held: Sequence[object], people: Iterable[int]) -> Sequence[int]:
    """Return those of the people, as `of_others` numbers them, of whom the CRM holds nothing."""
    shown = str(held)
    return [number for number in people if str(UUID(int=number)) not in shown]


async def tell_all(crm: CrmService, events: Sequence[Notable], at: datetime) -> None:
    """Tell of events in order, of those that the CRM can be told of."""
    for number, event in enumerate(events, 1):
        if type(event) in crm.supports:
            await crm.tell(event, event_id=numbered(number), at=at)


class CrmContract:
    async def test_a_crm_is_told_of_every_kind_of_event_that_it_supports(
        self,
        crm: CrmService,
        notable: tuple[Notable, ...],
        frequent: tuple[Notable, ...],
        at: datetime,
    ) -> None:
        assert SessionCompleted in crm.supports

        await tell_all(crm, (*frequent, *notable), at)

    async def test_it_holds_what_it_was_told_before_anything_else(
        self,
        crm: CrmService,
        held: Held,
        completed: SessionCompleted,
        event_id: EventId,
        at: datetime,
    ) -> None:
        nothing = held()
        await crm.tell(completed, event_id=event_id, at=at)

        assert held() != nothing

    async def test_whatever_is_told_twice_is_held_once(
        self,
        crm: CrmService,
        held: Held,
        notable: tuple[Notable, ...],
        frequent: tuple[Notable, ...],
        at: datetime,
    ) -> None:
        told = [event for event in (*frequent, *notable) if type(event) in crm.supports]
        for number, event in enumerate(told, 1):
            await crm.tell(event, event_id=numbered(number), at=at)
            once = held()
            await crm.tell(event, event_id=numbered(number), at=at)

            assert held() == once, f"{event.TYPE} is held twice"

    async def test_many_people_can_be_told_of_at_once(
        self, crm: CrmService, held: Held, completed: SessionCompleted, at: datetime
    ) -> None:
        async with asyncio.TaskGroup() as telling:
            for number, event in enumerate(of_others(completed), 1):
                telling.create_task(crm.tell(event, event_id=numbered(number), at=at))

        assert missing(held(), range(1, PEOPLE + 1)) == []

    async def test_of_who_was_erased_nothing_personal_is_left(
        self,
        crm: CrmService,
        held: Held,
        *,
        notable: tuple[Notable, ...],
        frequent: tuple[Notable, ...],
        completed: SessionCompleted,
        at: datetime,
    ) -> None:
        if ContactErased not in crm.supports:
            pytest.skip("it cannot be told whom to forget")
        before = [event for event in notable if not isinstance(event, ContactErased)]
        erased = ContactErased(contact_id=completed.contact_id)

        await tell_all(crm, (*before, *frequent, erased), at)

        assert [word for word in PERSONAL if word in str(held())] == []

    async def test_to_erase_whom_it_never_knew_is_no_failure(
        self, crm: CrmService, event_id: EventId, at: datetime
    ) -> None:
        stranger = ContactErased(contact_id=ContactId(UUID(int=404)))
        if ContactErased in crm.supports:
            await crm.tell(stranger, event_id=event_id, at=at)

    def test_the_name_of_a_crm_is_one_plain_word(self, crm: CrmService) -> None:
        assert re.fullmatch(r"[a-z]+", crm.name)


class FallibleCrmContract(CrmContract):
    async def test_a_busy_crm_is_told_by_trying_again(
        self,
        busy: CrmService,
        held: Held,
        completed: SessionCompleted,
        event_id: EventId,
        at: datetime,
    ) -> None:
        nothing = held()
        with pytest.raises(CrmUnavailable) as failure:
            await busy.tell(completed, event_id=event_id, at=at)
        assert not isinstance(failure.value, CrmPaused)
        assert held() == nothing

        await busy.tell(completed, event_id=event_id, at=at)
        assert held() != nothing

    async def test_a_refusal_says_why_without_saying_who(
        self, refusing: CrmService, completed: SessionCompleted, event_id: EventId, at: datetime
    ) -> None:
        with pytest.raises(CrmRefused) as refusal:
            await refusing.tell(completed, event_id=event_id, at=at)

        assert re.fullmatch(CODE, str(refusal.value))

    async def test_what_is_refused_of_one_person_is_told_of_the_others(
        self, refusing: CrmService, held: Held, completed: SessionCompleted, at: datetime
    ) -> None:
        outcomes = await asyncio.gather(
            *(
                refusing.tell(event, event_id=numbered(number), at=at)
                for number, event in enumerate(of_others(completed), 1)
            ),
            return_exceptions=True,
        )

        told = [number for number, outcome in enumerate(outcomes, 1) if outcome is None]
        refused = [outcome for outcome in outcomes if outcome is not None]
        assert [type(outcome) for outcome in refused] == [CrmRefused]
        assert missing(held(), told) == []

    async def test_what_was_done_although_no_answer_came_is_not_done_again(
        self,
        cut: CrmService,
        held: Held,
        completed: SessionCompleted,
        event_id: EventId,
        at: datetime,
    ) -> None:
        before = len(held())
        with suppress(CrmUnavailable):  # unless the adapter finds out by itself
            await cut.tell(completed, event_id=event_id, at=at)
        await cut.tell(completed, event_id=event_id, at=at)
        of_the_one = len(held()) - before
        (of_another,) = of_others(completed, 1)
        await cut.tell(of_another, event_id=numbered(1), at=at)

        assert len(held()) - before == 2 * of_the_one

    async def test_a_crm_that_takes_nothing_from_us_waits_for_a_person(
        self,
        closed: CrmService,
        held: Held,
        completed: SessionCompleted,
        event_id: EventId,
        at: datetime,
    ) -> None:
        nothing = held()
        with pytest.raises(CrmPaused) as failure:
            await closed.tell(completed, event_id=event_id, at=at)

        assert re.fullmatch(CODE, str(failure.value))
        assert held() == nothing
