"""People are recognised by phone number, by user id, or by both."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.codec import decode_command
from domain.commands import ReceiveMessage
from ingress.use_cases.reading import Reading

Read = Callable[[bytes], Reading]
Make = Callable[..., Any]

NUMBER = "106540352242922"
PHONE = "15551234567"
USER = "US.13491208655302741918"
OTHER = "IT.99"
ANA = {"profile": {"name": "Ana"}, "wa_id": PHONE, "user_id": USER}


@pytest.mark.parametrize(
    ("named", "contacts", "person"),
    [
        ({"from": PHONE}, None, (PHONE, None, None)),
        ({"from": PHONE}, [ANA], (PHONE, USER, "Ana")),
        ({"from_user_id": USER}, [ANA], (PHONE, USER, "Ana")),
        ({"from_user_id": USER}, None, (None, USER, None)),
        ({"from": "", "from_user_id": USER}, [], (None, USER, None)),
        ({"from": None, "from_user_id": USER}, "odd", (None, USER, None)),
        ({"from": USER}, None, (None, USER, None)),
        ({"from": USER, "from_user_id": USER}, [ANA], (PHONE, USER, "Ana")),
        ({"from": 15551234567}, None, (PHONE, None, None)),
        ({}, [ANA], (PHONE, USER, "Ana")),
        ({"from": PHONE}, [{"wa_id": "4400", "user_id": OTHER}], (PHONE, None, None)),
        ({"from": PHONE}, [{"wa_id": "4400"}, ANA], (PHONE, USER, "Ana")),
        ({"from": PHONE}, [{"wa_id": PHONE}], (PHONE, None, None)),
        ({"from_user_id": USER}, [{"wa_id": USER}], (None, USER, None)),
        (
            {
                "system": {
                    "type": "user_changed_user_id",
                    "user_id": OTHER,
                    "previous_user_id": USER,
                }
            },
            None,
            (None, USER, None),
        ),
    ],
)
def test_the_sender_is_known_under_every_id_named(
    reading: Read,
    webhook: Make,
    named: dict[str, Any],
    contacts: object,
    person: tuple[str | None, str | None, str | None],
) -> None:
    message = {"id": "wamid.A", "type": "text", "text": {"body": "hi"}, **named}
    value = {"messages": [message]} | ({} if contacts is None else {"contacts": contacts})

    found = reading(webhook(**value))

    (entry,) = found.commands
    command = decode_command(entry.type, entry.data)
    assert isinstance(command, ReceiveMessage)
    sender = command.personal
    assert (sender.from_, sender.user_id, sender.name) == person
    assert entry.key == f"{NUMBER}/{sender.from_ or sender.user_id}"


@pytest.mark.parametrize("contacts", [None, [], [ANA, {"wa_id": "4400"}]])
def test_a_message_from_nobody_is_parked_not_guessed(
    reading: Read, webhook: Make, contacts: object
) -> None:
    message = {"id": "wamid.A", "type": "text", "text": {"body": "hi"}}

    found = reading(webhook(messages=[message], contacts=contacts))

    assert not found.commands
    assert [problem.path for problem in found.parked] == [
        "$.entry[0].changes[0].value.messages[0].from"
    ]
