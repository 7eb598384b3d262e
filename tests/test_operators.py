import re

import pytest

from demo.events import Reader
from demo.person import words_of
from devstack.stack import Stack
from operating import session_core
from watching import Meet, events_until, of, of_person

pytestmark = pytest.mark.system


async def test_a_handed_off_session_is_answered_and_given_back_from_the_terminal(
    whole_stack: Stack, meet: Meet, events: Reader
) -> None:
    person = meet()
    await person.write("hello")
    await person.next_reply()
    await person.write("agent")
    await person.next_reply()
    seen = await events_until(
        events, lambda seen: bool(of(of_person(seen, person), "session.handed-off.v1")), "hand-off"
    )
    session = str(of(of_person(seen, person), "session.handed-off.v1")[0].subject)

    assert session in await session_core(whole_stack, "sessions", "--handed-off")
    await session_core(whole_stack, "command", "reply", "--session", session, "--text", "Kim here.")
    assert words_of(await person.next_reply()) == "Kim here."
    await person.write("thanks")
    told = await session_core(whole_stack, "command", "release", "--session", session, "--wait")
    assert "session.released" in told
    assert words_of(await person.next_reply()) == "What is your full name?"
    assert len(await person.received()) == 4


async def test_an_operator_cancels_a_session_and_the_next_message_begins_another(
    whole_stack: Stack, meet: Meet, events: Reader
) -> None:
    person = meet()
    await person.write("hello")
    await person.next_reply()
    seen = await events_until(
        events, lambda seen: bool(of(of_person(seen, person), "session.initiated.v1")), "a session"
    )
    session = str(of(of_person(seen, person), "session.initiated.v1")[0].subject)
    told = await session_core(
        whole_stack, "command", "cancel", "--session", session, "--reason", "spam", "--wait"
    )
    await person.write("hello again")

    assert "session.cancelled" in told
    assert words_of(await person.next_reply()).startswith("Hello, this is the claims desk.")


async def test_an_operator_begins_a_conversation_and_learns_that_the_window_is_closed(
    whole_stack: Stack, meet: Meet, events: Reader
) -> None:
    person = meet()
    number = whole_stack.endpoints().whatsapp.phone_number_id
    told = await session_core(
        whole_stack,
        *("command", "initiate", "--to", person.wa_id),
        *("--phone-number-id", number, "--flow", "callback", "--wait"),
        fails=None,  # unless the sender is slower than the terminal is patient
    )
    seen = await events_until(
        events, lambda seen: bool(of(seen, "reply.failed.v1")), "the reply's failure"
    )

    assert re.search(r"session\.initiated", told)
    assert "not sent to the person: window-closed" in told or "no outcome yet" in told
    assert [event.data["reason"] for event in of(seen, "reply.failed.v1")] == ["window-closed"]
    assert await person.received() == []
