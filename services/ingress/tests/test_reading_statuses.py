"""How far our messages got is told with the reply they belong to."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.codec import decode_command
from domain.commands import RecordDeliveryStatus
from domain.values import command_id, message_id
from ingress.use_cases.reading import Reading

Read = Callable[[bytes], Reading]
Make = Callable[..., Any]

NUMBER = "106540352242922"
REPLY = "5f1d7f6e-3a52-5f0e-9c43-7d3f0f6f0a11"


@pytest.fixture
def recorded(reading: Read, webhook: Make) -> Callable[..., tuple[RecordDeliveryStatus, str]]:
    def record(**status: Any) -> tuple[RecordDeliveryStatus, str]:
        told = {"id": "wamid.OURS", "status": "read", "timestamp": "1795435100", **status}
        (entry,) = reading(webhook(statuses=[told])).commands
        command = decode_command(entry.type, entry.data)
        assert isinstance(command, RecordDeliveryStatus)
        assert entry.id == str(command_id(command.TYPE, NUMBER, "wamid.OURS", command.status))
        return command, entry.key

    return record


def test_a_status_says_which_reply_got_how_far(recorded: Make) -> None:
    command, key = recorded(recipient_id="15551234567", biz_opaque_callback_data=REPLY)

    assert command.reply_id == UUID(REPLY)
    assert command.status == "read"
    assert command.at == datetime(2026, 11, 23, 11, 58, 20, tzinfo=UTC)
    assert command.personal.recipient == "15551234567"
    assert key == f"{NUMBER}/15551234567"


@pytest.mark.parametrize("echoed", ["campaign-7", "", 12, None, {}, REPLY[:-1]])
def test_what_others_put_beside_a_status_is_no_reply_of_ours(
    recorded: Make, echoed: object
) -> None:
    command, _ = recorded(recipient_id="15551234567", biz_opaque_callback_data=echoed)

    assert command.reply_id is None


@pytest.mark.parametrize("status", ["sent", "delivered", "read", "played", "failed", "deleted"])
def test_each_status_of_a_message_is_a_command_of_its_own(recorded: Make, status: str) -> None:
    command, _ = recorded(recipient_id="15551234567", status=status)

    assert command.status == status


@pytest.mark.parametrize("code", [131047, "131047"])
def test_a_failure_carries_the_code_that_whatsapp_gave(recorded: Make, code: object) -> None:
    errors = [{"code": code, "title": "Re-engagement message"}]

    command, _ = recorded(recipient_id="15551234567", status="failed", errors=errors)

    assert command.code == 131047


def test_a_status_of_somebody_known_by_user_id_alone_keeps_it(recorded: Make) -> None:
    command, key = recorded(recipient_user_id="US.1349")

    assert command.personal.recipient is None
    assert command.personal.user_id == "US.1349"
    assert key == f"{NUMBER}/US.1349"


def test_a_status_that_names_nobody_still_counts_for_its_reply(recorded: Make) -> None:
    command, key = recorded(biz_opaque_callback_data=REPLY)

    assert command.reply_id == UUID(REPLY)
    assert key == f"{NUMBER}/{message_id('wamid.OURS')}"
