"""Tell the CRM of one event, and say what came of it."""

from datetime import datetime
from typing import Literal

from domain.commands import RecordCrm
from domain.ports.crm import CrmRefused, CrmService, Notable
from domain.values import EventId, SessionId


async def tell(
    crm: CrmService, event: Notable, *, event_id: EventId, at: datetime, name: str
) -> RecordCrm:
    """Return what came of it, by the `name` of the destination.

    Raises CrmUnavailable: nothing came of it yet.
    """
    outcome: Literal["notified", "rejected"] = "notified"
    reason = None
    try:
        await crm.tell(event, event_id=event_id, at=at)
    except CrmRefused as refusal:
        outcome, reason = "rejected", str(refusal)
    return RecordCrm(
        contact_id=event.contact_id,
        session_id=session_of(event),
        event_id=event_id,
        crm=name,
        outcome=outcome,
        reason=reason,
    )


def session_of(event: Notable) -> SessionId | None:
    """Return the session that the event belongs to; what concerns the person has none."""
    session: SessionId | None = getattr(event, "session_id", None)
    return session
