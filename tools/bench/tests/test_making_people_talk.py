import ast
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import bench
from bench.claim import (
    COMMANDS_A_PERSON,
    EVENTS_A_PERSON,
    Place,
    continued,
    partition_of,
    workload,
)
from bench.facts import by_person, facts
from bench.stored import template
from bench.walking import SAID, pace
from devstack.site import find_root
from domain.ports.event_store import PastEvent
from domain.values import ContactId, SessionId, command_id
from session_core.use_cases.people import STRANGER, after

BEGIN = datetime(2026, 11, 23, 12, tzinfo=UTC)
FLOWS = find_root(Path(__file__).parent) / "flows"


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert workload(3, begin=BEGIN) == workload(3, begin=BEGIN)
    assert workload(3, begin=BEGIN) != workload(3, begin=BEGIN, seed=5)


def test_people_are_in_the_middle_of_their_conversations_at_the_same_time() -> None:
    records = workload(50, begin=BEGIN)

    keys = [record.key for record in records]
    changes = sum(one != other for one, other in pairwise(keys))
    assert changes > len(records) / 2
    assert records == sorted(records, key=lambda record: record.at)


async def test_every_person_comes_to_the_end_of_the_claim_flow() -> None:
    records = workload(20, begin=BEGIN)

    happened = await facts(records, FLOWS)

    types = Counter(fact.event.TYPE for fact in happened)
    assert len(records) == 20 * COMMANDS_A_PERSON
    assert len(happened) == 20 * EVENTS_A_PERSON
    assert types["session.completed.v1"] == types["file.stored.v1"] == 20
    assert types["reply.read.v1"] == types["reply.requested.v1"] == 200
    assert types["crm.notified.v1"] == 60


async def test_only_the_statuses_that_came_too_late_decide_nothing() -> None:
    records = workload(1, begin=BEGIN)

    happened = await facts(records, FLOWS)

    causes = {str(fact.origin.command_id) for fact in happened}
    idle = [dict(one.headers) for one in records if _id(one.headers) not in causes]
    assert {headers["ce_type"] for headers in idle} == {b"delivery-status.record.v1"}
    assert len(idle) == 10


async def test_all_that_concerns_a_person_is_in_the_partition_of_their_number() -> None:
    records = workload(30, begin=BEGIN, first=7)

    assert {record.partition for record in records} == {partition_of(n) for n in range(7, 37)}


async def test_a_stored_person_is_somebody_whose_next_answer_is_awaited() -> None:
    made = await template(FLOWS)

    person = after(STRANGER, (PastEvent.of(0, event) for event in made.events)).person

    assert person.open_session is not None
    assert person.open_session.step == "policy"
    assert len(made.events) > 10


async def test_stored_people_have_ids_of_their_own() -> None:
    made = await template(FLOWS)

    places = [made.place(number) for number in range(100)]

    assert len({place.contact for place in places} | {place.session for place in places}) == 200


def test_who_goes_on_talking_does_so_in_the_stored_session() -> None:
    place = Place(
        ContactId(command_id("a", "contact")),
        SessionId(command_id("a", "session")),
    )

    records = continued({5: place}, range(3, 5), begin=BEGIN)

    subjects = {dict(record.headers).get("ce_subject") for record in records}
    assert subjects == {None, str(place.session).encode()}
    assert len(records) == 10


def test_people_together_speak_at_the_rate_that_is_asked_for() -> None:
    plan = sorted(step for steps in pace(50, 60) for step in steps)

    within = [at for at, _, _ in plan if 20 <= at < 50]
    assert len(plan) == 3000
    assert len(within) == pytest.approx(50 * 30, rel=0.05)
    assert max(turn for _, _, turn in plan) == len(SAID) - 1


async def test_events_are_grouped_by_the_person_they_happened_to() -> None:
    happened = await facts(workload(3, begin=BEGIN), FLOWS)

    grouped = by_person(happened)

    assert [len(events) for events in grouped.values()] == [EVENTS_A_PERSON] * 3
    assert max(fact.origin.at for fact in happened) > BEGIN + timedelta(seconds=30)


def _id(headers: list[tuple[str, bytes]]) -> str:
    return dict(headers)["ce_id"].decode()


async def test_the_documented_peer_takes_everything_that_happens_to_a_person() -> None:
    taken = _members_that_the_peer_takes()

    for fact in await facts(workload(2, begin=BEGIN), FLOWS):
        members = fact.event.model_dump(exclude_none=True, exclude={"contact_id"})
        assert members.keys() <= taken[type(fact.event).__name__], fact.event.TYPE


def _members_that_the_peer_takes() -> dict[str, set[str]]:
    """Read the peer's methods as text: its library is installed only where it is measured."""
    source = Path(bench.__path__[0], "documented_peer.py").read_text()
    methods = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    taken = {
        "".join(word.title() for word in method.name.split("_")): {
            argument.arg for argument in method.args.args
        }
        for method in methods
    }
    first = next(method for method in methods if method.name == "__init__")
    return taken | {"ContactIdentified": {argument.arg for argument in first.args.args}}
