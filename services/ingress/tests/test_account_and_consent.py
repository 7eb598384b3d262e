"""Consent becomes a command; news about the account go where operators look."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from domain.codec import decode_command
from domain.commands import RecordConsent
from ingress.use_cases.fields import ACCOUNT_FIELDS, CONVERSATION_FIELDS
from ingress.use_cases.reading import Reading

Read = Callable[[bytes], Reading]
Make = Callable[..., Any]


@pytest.mark.parametrize("value", ["stop", "resume", "signup"])
def test_stopping_resuming_and_signing_up_for_marketing_is_a_command(
    reading: Read, webhook: Make, value: str
) -> None:
    preference = {
        "wa_id": "15551234567",
        "detail": "User requested it",
        "category": "marketing_messages",
        "value": value,
        "timestamp": 1795435100,
    }

    found = reading(webhook(field="user_preferences", user_preferences=[preference]))

    (entry,) = found.commands
    command = decode_command(entry.type, entry.data)
    assert isinstance(command, RecordConsent)
    assert command.value == value
    assert command.personal.from_ == "15551234567"
    assert entry.key.endswith("/15551234567")


def test_stopping_again_later_is_another_command(reading: Read, webhook: Make) -> None:
    def stop(at: int) -> dict[str, object]:
        return {"user_id": "US.1349", "value": "stop", "timestamp": at}

    preferences = [stop(1795435100), stop(1795435999)]

    found = reading(webhook(field="user_preferences", user_preferences=preferences))

    assert len({entry.id for entry in found.commands}) == 2


@pytest.mark.parametrize("odd", [{"value": "later"}, {"value": []}, {"category": "utility"}])
def test_a_preference_that_is_not_understood_is_parked(
    reading: Read, webhook: Make, odd: dict[str, object]
) -> None:
    preference = {"wa_id": "15551234567", "value": "stop", **odd}

    found = reading(webhook(field="user_preferences", user_preferences=[preference]))

    assert [problem.reason for problem in found.parked] == ["unknown-preference"]


@pytest.mark.parametrize("field", sorted(ACCOUNT_FIELDS - CONVERSATION_FIELDS))
def test_news_about_the_account_are_passed_on_as_they_came(
    reading: Read, webhook: Make, field: str
) -> None:
    change = {"field": field, "value": {"event": "APPROVED", "odd": [1, {"é": None}]}}

    found = reading(webhook(change))

    (entry,) = found.account_updates
    data = json.loads(entry.data)
    data.pop("update", None)
    assert data == change
    assert (entry.type, entry.key) == ("account.updated.v1", "102290129340398")
    assert entry.topic.name == "account-updates"
    assert not found.commands
    assert not found.parked


def test_trouble_of_the_account_is_told_without_the_messages_beside_it(
    reading: Read, webhook: Make, text: Make
) -> None:
    errors = [{"code": 131000, "title": "Something went wrong"}]

    found = reading(webhook(messages=[text(body="private")], errors=errors))

    (news,) = found.account_updates
    assert json.loads(news.data)["value"]["errors"] == errors
    assert b"private" not in news.data
    assert len(found.commands) == 1


def test_trouble_is_told_whichever_number_it_names_and_its_messages_are_parked(
    reading: Read, webhook: Make, text: Make
) -> None:
    errors = [{"code": 131000, "title": "Something went wrong"}]

    found = reading(webhook(number="999", messages=[text()], errors=errors))

    assert [json.loads(news.data)["value"]["errors"] for news in found.account_updates] == [errors]
    assert [problem.reason for problem in found.parked] == ["unconfigured-number"]
    assert not found.commands


def test_an_echo_of_a_number_that_is_not_ours_silences_nobody(reading: Read, webhook: Make) -> None:
    echo = {"id": "wamid.E", "to": "15551234567", "type": "text", "text": {"body": "hi"}}

    found = reading(webhook(number="999", field="smb_message_echoes", message_echoes=[echo]))

    assert len(found.account_updates) == 1
    assert [problem.reason for problem in found.parked] == ["unconfigured-number"]
    assert not found.commands


@pytest.mark.parametrize(
    ("broken", "path"), [({"to": "15551234567"}, ".id"), ({"id": "wamid.E"}, ".to"), ("odd", "")]
)
def test_an_echo_that_names_nobody_is_parked_and_its_neighbours_go_on(
    reading: Read, webhook: Make, broken: object, path: str
) -> None:
    echoes = [{"id": "wamid.A", "to": "15551234567"}, broken, {"id": "wamid.B", "to": "4400"}]

    found = reading(webhook(field="smb_message_echoes", message_echoes=echoes))

    assert [problem.path for problem in found.parked] == [
        f"$.entry[0].changes[0].value.message_echoes[1]{path}"
    ]
    assert len(found.commands) == 2


def test_repeated_echoes_are_the_same_command(reading: Read, webhook: Make) -> None:
    echo = {"id": "wamid.E", "to": "15551234567", "type": "text", "text": {"body": "hi"}}
    twice = webhook(field="smb_message_echoes", message_echoes=[echo, {**echo, "type": "edit"}])

    assert len({entry.id for entry in reading(twice).commands}) == 1


def test_news_that_fill_their_record_are_passed_on_as_they_came_alone(
    reading: Read, webhook: Make
) -> None:
    echo = {"id": "wamid.E", "to": "15551234567", "type": "text", "text": {"body": "x" * 2_900_000}}

    (news,) = reading(webhook(field="smb_message_echoes", message_echoes=[echo])).account_updates

    assert "update" not in json.loads(news.data)
    assert json.loads(news.data)["value"]["message_echoes"] == [echo]
