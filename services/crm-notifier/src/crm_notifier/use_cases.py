"""Tell the CRM of one event, and say what came of it."""

from datetime import datetime
from typing import Literal

from domain.commands import RecordCrm
from domain.events import ContactErased, ContactOptedIn, ContactOptedOut
from domain.ports.crm import CrmRefused, CrmService, Notable
from domain.values import EventId, SessionId


async def tell(crm: CrmService, event: Notable, *, event_id: EventId, at: datetime) -> RecordCrm:
    """Return what is to be put on record. Raises CrmUnavailable: nothing came of it yet."""
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
        crm=crm.name,
        outcome=outcome,
        reason=reason,
    )


def session_of(event: Notable) -> SessionId | None:
    """Return the session that the event belongs to; what concerns the person has none."""
    match event:
        case ContactOptedOut() | ContactOptedIn() | ContactErased():
            return None
        case _:
            return event.session_id
