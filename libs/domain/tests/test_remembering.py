from datetime import datetime, timedelta
from typing import get_args
from uuid import uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import commands, events
from domain.messages import (
    InboundChoice,
    InboundMedia,
    InboundReaction,
    InboundSystem,
    InboundUnknown,
    InboundWelcomeRequest,
)
from domain.session import (
    NOBODY,
    addressed,
    evolve,
    fold,
    new_aliases,
    person,
    remembering,
    stream_of,
)
from domain.session.aliases import Aliases
from domain.session.testing import ANA, NOON, NUMBER, Given, Spoken
from domain.values import NAMESPACE

MESSAGES = st.one_of(
    st.sampled_from(["hi", "Rex", "R", "dog", "horse", "agent", "done", "hours", ""]),
    st.just(InboundMedia(type="image", media_id="1", mime_type="image/jpeg")),
    st.just(InboundChoice(type="button_reply", id="kind:cat", title="Cat")),
    st.just(InboundChoice(type="list_reply", id="photo:done", title="Done")),
    st.just(InboundReaction(target_wamid="wamid.1", emoji="👍")),
    st.just(InboundSystem(change="user_changed_number", wa_id="15550009999", user_id="US.9")),
    st.just(InboundWelcomeRequest()),
    st.just(InboundUnknown(original_type="reaction", raw={})),
)


@pytest.fixture(scope="module")
def newcomer() -> Spoken:
    flow = """
name: pet
title: A pet
triggers: {default: true}
steps:
  - {id: name, ask: Name, text: {min: 2}, retries: 1, otherwise: lost}
  - {id: kind, ask: Kind, choice: {options: [{id: dog, title: Dog}, {id: cat, title: Cat}]}}
  - {id: photo, ask: Photo, files: {kinds: [image], max: 2}}
  - {id: end, complete: {outcome: known}}
  - {id: lost, hand_off: {}, next: kind}
"""
    return Given({"pet.yaml": flow}).nobody()


@settings(max_examples=60, deadline=None)
@given(conversation=st.lists(MESSAGES, max_size=12))
def test_any_message_repeated_decides_nothing(
    newcomer: Spoken, conversation: list[str | InboundMedia | InboundChoice | InboundUnknown]
) -> None:
    spoken = newcomer
    for turn, message in enumerate(conversation):
        spoken = spoken.hears(message, wamid=f"wamid.{turn}")
        again = spoken.hears(message, wamid=f"wamid.{turn}")

        assert spoken.happened
        assert again.happened == ()


@settings(max_examples=60, deadline=None)
@given(conversation=st.lists(MESSAGES, max_size=12))
def test_what_is_known_can_be_rebuilt_from_what_happened(
    newcomer: Spoken, conversation: list[str | InboundMedia | InboundChoice | InboundUnknown]
) -> None:
    spoken = newcomer
    for message in conversation:
        spoken = spoken.hears(message)

    assert fold(spoken.log) == spoken.person


@settings(max_examples=60, deadline=None)
@given(conversation=st.lists(MESSAGES, max_size=8), data=st.data())
def test_remembering_never_fails_in_whatever_order_things_happened(
    newcomer: Spoken,
    conversation: list[str | InboundMedia | InboundChoice | InboundUnknown],
    data: st.DataObject,
) -> None:
    spoken = newcomer
    for message in conversation:
        spoken = spoken.hears(message)

    person = NOBODY
    for event, occasion in data.draw(st.permutations(spoken.log)):
        person = evolve(person, event, occasion)


def test_a_repeat_is_refused_for_seven_days_even_after_the_session_ended(
    nobody: Spoken,
) -> None:
    spoken = nobody.hears("hours", wamid="wamid.first")
    later = Spoken(spoken.flows, spoken.person, spoken.now + timedelta(days=6))

    assert later.hears("hours", wamid="wamid.first").happened == ()


def test_the_service_window_closes_a_day_after_the_last_message(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    request = spoken.happened[-1]

    assert isinstance(request, events.ReplyRequested)
    assert request.window_expires_at == spoken.now + timedelta(hours=24)
    assert spoken.person.contact.window_expires_at == request.window_expires_at


def consent(value: str, at: datetime | None = None, **more: str) -> commands.RecordConsent:
    return commands.RecordConsent.model_validate(
        {
            "phone_number_id": NUMBER,
            "value": value,
            "source": "user_preferences",
            "at": at,
            **more,
            "personal": {"from": ANA},
        }
    )


def test_consent_is_remembered_until_it_changes(nobody: Spoken) -> None:
    stopped = nobody.hears("hi").asked(consent("stop"))

    assert stopped.types == ["contact.opted-out.v1"]
    assert stopped.asked(consent("stop")).happened == ()
    assert stopped.asked(consent("resume")).types == ["contact.opted-in.v1"]


def test_a_choice_that_comes_late_or_again_does_not_undo_a_later_one(nobody: Spoken) -> None:
    first, second, third = (NOON + timedelta(minutes=minutes) for minutes in (1, 2, 3))
    spoken = nobody.hears("hi").asked(consent("resume", first))
    stopped = spoken.asked(consent("stop", second))
    resumed = stopped.asked(consent("resume", third))

    assert spoken.happened == ()
    assert stopped.asked(consent("resume", first)).happened == ()
    assert stopped.asked(consent("resume", second)).happened == ()
    assert resumed.types == ["contact.opted-in.v1"]
    assert resumed.asked(consent("stop", second)).happened == ()


def test_who_stops_messages_before_they_ever_wrote_is_known_to_have_done_so(
    nobody: Spoken,
) -> None:
    stopped = nobody.asked(consent("stop"))

    assert stopped.types == ["contact.identified.v1", "contact.opted-out.v1"]
    assert stopped.hears("hi").person.contact.opted_out
    assert nobody.asked(consent("resume")).happened == ()


def test_signing_up_is_a_consent_of_its_own(nobody: Spoken) -> None:
    signed_up = nobody.asked(consent("signup", signup_id="s-1"))
    opted_in = signed_up.happened[-1]

    assert isinstance(opted_in, events.ContactOptedIn)
    assert opted_in.signup_id == "s-1"
    assert nobody.hears("hi").asked(consent("signup")).types == ["contact.opted-in.v1"]
    assert not nobody.asked(consent("stop")).asked(consent("signup")).person.contact.opted_out


def test_a_merged_or_erased_contact_ends_its_open_session(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    who = spoken.person.contact_id
    older = uuid5(NAMESPACE, "older")
    merged = spoken.asked(commands.MergeContact.model_validate({"contact_id": who, "into": older}))
    erased = spoken.asked(commands.EraseContact.model_validate({"contact_id": who}))

    assert merged.types == ["session.cancelled.v1", "contact.merged.v1"]
    assert merged.hears("hello").happened == ()
    assert erased.types == ["session.cancelled.v1", "contact.erased.v1"]


def test_a_second_id_of_a_person_is_recorded_once(nobody: Spoken) -> None:
    first = nobody.hears("hi")
    command = first.message("Rex")
    personal = command.personal.model_copy(update={"user_id": "US.1"})
    known = first.asked(command.model_copy(update={"personal": personal}), id_of=("a",))

    assert known.types[0] == "contact.identified.v1"
    assert new_aliases(known.happened[0]) == Aliases(NUMBER, (f"wa:{ANA}", "bsuid:US.1"))
    assert known.hears("dog").types[0] == "message.received.v1"


def test_a_command_names_whom_it_is_for(nobody: Spoken) -> None:
    spoken = nobody.hears("hi")
    contact = spoken.person.contact_id

    assert addressed(spoken.message("x")) == Aliases(NUMBER, (f"wa:{ANA}",))
    assert addressed(commands.EraseContact.model_validate({"contact_id": contact})) == contact


def test_events_belong_to_the_session_or_else_to_the_contact(nobody: Spoken) -> None:
    identified, initiated, *_ = nobody.hears("hi").happened
    reaction = InboundUnknown(original_type="reaction", raw={})
    unbound = nobody.hears(reaction).happened[-1]

    assert isinstance(initiated, events.SessionInitiated)
    assert stream_of(identified) == identified.contact_id
    assert stream_of(initiated) == initiated.session_id
    assert stream_of(unbound) == unbound.contact_id
    assert nobody.hears("hi").now > NOON


@pytest.mark.parametrize("event", events.EVENTS.values(), ids=lambda event: str(event.TYPE))
def test_every_event_that_can_happen_is_remembered_somehow(event: type[events.Event]) -> None:
    told_by_session = event in get_args(events.SessionEvent)

    assert event in person.STEPS
    assert (event in remembering.STEPS) == told_by_session
