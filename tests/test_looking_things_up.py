"""A flow asks another service over Kafka, and goes on with what it answered."""

import pytest

from demo.events import Reader
from demo.person import words_of
from watching import Meet, events_until, of, of_person

pytestmark = pytest.mark.system


async def test_a_person_learns_where_their_order_is_from_the_desk_of_the_stack(
    meet: Meet, events: Reader
) -> None:
    person = meet()
    await person.write("order")
    assert "number of your order" in words_of(await person.next_reply())
    await person.write("a-17")

    assert "is on its way with SEUR" in words_of(await person.next_reply())
    seen = await events_until(
        events,
        lambda seen: bool(of(of_person(seen, person), "lookup.answered.v1")),
        "the answer of the desk",
    )
    (asked,) = of(of_person(seen, person), "lookup.requested.v1")
    (told,) = of(of_person(seen, person), "lookup.answered.v1")
    assert (asked.data["name"], asked.data["personal"]["query"]) == (
        "order-status",
        {"order": "A-17"},
    )
    assert (told.data["lookup_id"], told.data["outcome"]) == (asked.data["lookup_id"], "found")


async def test_an_order_that_the_desk_does_not_know_is_asked_for_again(meet: Meet) -> None:
    person = meet()
    await person.write("where is my order")
    await person.next_reply()
    await person.write("Z-1")

    assert "I do not know an order Z-1." in words_of(await person.next_reply())
