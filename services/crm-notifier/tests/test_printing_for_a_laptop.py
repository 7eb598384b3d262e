"""What a developer sees on the terminal, and what nobody may see there."""

import io
from datetime import datetime

from crm_notifier.adapters.console import ConsoleCrm
from domain.events import SessionCompleted
from domain.ports.crm import Notable
from domain.values import EventId


async def test_one_line_says_what_happened_when_and_to_whom(
    completed: SessionCompleted, event_id: EventId, at: datetime
) -> None:
    terminal = io.StringIO()

    await ConsoleCrm(terminal).tell(completed, event_id=event_id, at=at)

    assert terminal.getvalue() == (
        "CRM 2026-11-23T09:30:15.250+00:00 session.completed.v1"
        f" contact={completed.contact_id} event={event_id}\n"
    )


async def test_nothing_personal_is_printed(
    notable: tuple[Notable, ...], event_id: EventId, at: datetime
) -> None:
    terminal = io.StringIO()
    crm = ConsoleCrm(terminal)
    for event in notable:
        await crm.tell(event, event_id=event_id, at=at)

    assert "Ana" not in terminal.getvalue()
    assert "PL-204417" not in terminal.getvalue()
