from typing import Any
from uuid import UUID

import pytest

from domain.events import ReplySent, SentMessage
from domain.messages import Pricing
from domain.values import ContactId, ReplyId, SessionId
from flow.comparing import went_instead

SOME = UUID(int=1)


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ({"fallback": True}, True),
        ({"pricing": Pricing(category="utility")}, True),
        ({"pricing": Pricing(category="service")}, False),
        ({}, False),
    ],
)
def test_a_template_for_a_closed_window_is_known_by_senders_word_or_by_its_price(
    told: dict[str, Any], *, instead: bool
) -> None:
    sent = ReplySent(
        contact_id=ContactId(SOME),
        session_id=SessionId(SOME),
        reply_id=ReplyId(SOME),
        personal=SentMessage(wamid="wamid.1"),
        **told,
    )

    assert went_instead(sent) is instead
