"""What HubSpot's objects are to hold of our events. Pure: no call, no clock."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from crm_notifier import mapping
from crm_notifier.adapters.hubspot_objects import ATTACHED, Activity, Found
from crm_notifier.adapters.phone_numbers import e164
from crm_notifier.mapping import HANDED_OFF, CrmMap
from domain.events import (
    AnswerRecorded,
    ContactAbsorbed,
    ContactIdentified,
    ContactNameReleased,
    FileStored,
    MessageReceived,
    ReplyRequested,
    SessionCompleted,
    SessionHandedOff,
)

Properties = dict[str, str]

WA_ID, USER_ID, PROFILE_NAME = "whatsapp_wa_id", "whatsapp_user_id", "whatsapp_profile_name"
NOTE = "hs_note_body"
OPTED_OUT, ERASURE = "whatsapp_opted_out", "whatsapp_erasure_requested"
PHONE, WHATSAPP_PHONE = "phone", "hs_whatsapp_phone_number"
SEEN = (WA_ID, USER_ID, PHONE, WHATSAPP_PHONE, "firstname", "lastname")
"""What has to be known of a contact before what belongs to others too is written."""

LONGEST_TEXT = 10_000
"""Letters of a text in an activity; HubSpot takes 65,536 of HTML, in which one can become five."""
DEFAULT_PIPELINE, DEFAULT_STAGE = "0", "1"
"""Of tickets, in every account that did not remove them: "Support pipeline", "New"."""

_BLANK: Mapping[Activity, Properties] = {
    "tickets": {"subject": "Erased", "content": ""},
    "communications": {"hs_communication_body": ""},
    "notes": {NOTE: ""},
}


def blank(kind: Activity, crm_map: CrmMap) -> Properties:
    """Return what is left of our activities when a person is to be forgotten."""
    mapped = {name for flow in crm_map.flows.values() for name in flow.data.values()}
    filled = dict.fromkeys(sorted(mapped), "") if kind == "tickets" else {}
    return filled | _BLANK[kind]


def identified(event: ContactIdentified, known: Found | None) -> Properties:
    """Return by which number, id and name the person is known.

    Number and name that people in HubSpot have put there stay.
    """
    person = event.personal
    ids = _ids(person.from_, person.user_id)
    named = {PROFILE_NAME: person.name} if person.name else {}
    is_named = known is not None and (known.has("firstname") or known.has("lastname"))
    first = {} if is_named or not person.name else {"firstname": person.name}
    return ids | named | first | _phone(ids, known)


def absorbed(event: ContactAbsorbed, known: Found | None) -> Properties:
    """Return the names of the younger contact, as far as this one has none of the kind."""
    kinds = dict(reversed([name.partition(":")[::2] for name in event.personal.names]))
    ids = _ids(kinds.get("wa"), kinds.get("bsuid"))
    new = {name: value for name, value in ids.items() if known is None or not known.has(name)}
    return new | _phone(new, known)


def released(event: ContactNameReleased, known: Found) -> Properties:
    """Return the properties that are to lose the released name: those that hold it."""
    ids = _ids(event.personal.from_, event.personal.user_id)
    lost = {name: "" for name, value in ids.items() if known.has(name) == value}
    number = ids.get(WHATSAPP_PHONE)
    if number and known.has(PHONE) == number:
        lost[PHONE] = "" if WHATSAPP_PHONE in lost else known.has(WHATSAPP_PHONE)
    return lost


def answered(
    event: AnswerRecorded | SessionHandedOff | SessionCompleted, crm_map: CrmMap
) -> Properties:
    """Return the properties of the contact that the answers fill.

    Blanks around a date or a number are refused.
    """
    fields = mapping.contact_fields(crm_map, event.flow, _answers(event))
    return {name: value.strip() for name, value in fields.items()}


def digest(event: SessionCompleted, crm_map: CrmMap, at: datetime) -> Properties:
    """Return the session as a communication: how it ended, and the answers that the map names."""
    ended = f"WhatsApp session “{event.flow}” ended: {event.outcome}"
    return _communication("\n".join([ended, *_named(event, crm_map)]), at)


def outcome_ticket(event: SessionCompleted, crm_map: CrmMap) -> Properties | None:
    """Return the ticket of a session that ended, where the map names a stage for its outcome."""
    stage = mapping.stage(crm_map, event.flow, event.outcome)
    if stage is None:
        return None
    words = mapping.subject(
        crm_map,
        event.flow,
        answers=event.personal.answers,
        data=event.personal.data,
        outcome=event.outcome,
    )
    return {
        "subject": words,
        "hs_pipeline": mapping.pipeline(crm_map, event.flow) or DEFAULT_PIPELINE,
        "hs_pipeline_stage": stage,
    } | mapping.case_fields(crm_map, event.flow, event.personal.data)


def hand_off_ticket(event: SessionHandedOff, crm_map: CrmMap) -> Properties:
    """Return the ticket that a human takes the conversation over by."""
    owner = mapping.owner(crm_map, event.flow, event.team)
    lines = [
        f"Team: {event.team}" if event.team else "",
        f"Reason: {event.reason}",
        event.personal.note or "",
        *_named(event, crm_map),
    ]
    return {
        "subject": mapping.subject(crm_map, event.flow, answers=_answers(event), team=event.team),
        "content": "\n".join(filter(None, lines))[:LONGEST_TEXT],
        "hs_pipeline": mapping.pipeline(crm_map, event.flow) or DEFAULT_PIPELINE,
        "hs_pipeline_stage": mapping.stage(crm_map, event.flow, HANDED_OFF) or DEFAULT_STAGE,
    } | ({"hubspot_owner_id": owner} if owner else {})


def stored(
    event: FileStored, at: datetime, links: str | None, file: str | None = None
) -> Properties:
    """Return a note that says where the file lies, and holds it where HubSpot has it as `file`.

    `links` is the address of what shows files.
    """
    lines = [
        f"File received on WhatsApp: {event.mime_type}, {event.size} bytes",
        f"Stored as {event.key} in {event.bucket}",
        f"SHA-256 {event.sha256}",
    ]
    body = _html("\n".join(lines))
    if links:
        address = escape(f"{links.rstrip('/')}/files/{quote(event.key)}")
        body += f'<br><a href="{address}">Open the file</a>'
    return note(body, at) | ({ATTACHED: file} if file else {})


def note(body: str, at: datetime) -> Properties:
    """Return a note of this HTML."""
    return {"hs_timestamp": _instant(at), NOTE: body}


def said(event: MessageReceived | ReplyRequested, at: datetime) -> Properties:
    """Return one message as a communication."""
    whence = "Received" if isinstance(event, MessageReceived) else "Sent"
    message = event.personal.message
    words = (getattr(message, name, None) for name in ("text", "caption", "title", "body", "emoji"))
    text = next((one for one in words if isinstance(one, str) and one), f"[{event.kind}]")
    return _communication(f"{whence}: {text}", at)


def _answers(event: AnswerRecorded | SessionHandedOff | SessionCompleted) -> Mapping[str, str]:
    if isinstance(event, AnswerRecorded):
        return {event.step: event.personal.value}
    return event.personal.answers or {}


def _named(event: SessionHandedOff | SessionCompleted, crm_map: CrmMap) -> Iterator[str]:
    """Give a line for each answer that the map names: the others are none of HubSpot's business."""
    flow = crm_map.flows.get(event.flow)
    for step, value in _answers(event).items():
        if flow is not None and step in flow.answers:
            yield f"{step}: {value}"


def _ids(wa_id: str | None, user_id: str | None) -> Properties:
    named = {WA_ID: wa_id, WHATSAPP_PHONE: e164(wa_id), USER_ID: user_id}
    return {name: value for name, value in named.items() if value}


def _phone(ids: Mapping[str, str], known: Found | None) -> Properties:
    """Fill the number that HubSpot's people dial, unless they have one already."""
    number = ids.get(WHATSAPP_PHONE)
    return {PHONE: number} if number and (known is None or not known.has(PHONE)) else {}


def _communication(text: str, at: datetime) -> Properties:
    return {
        "hs_communication_channel_type": "WHATS_APP",
        "hs_communication_logged_from": "CRM",
        "hs_communication_body": _html(text),
        "hs_timestamp": _instant(at),
    }


def _html(text: str) -> str:
    """Give text as HubSpot shows it, whatever a person wrote."""
    return escape(text[:LONGEST_TEXT], quote=False).replace("\n", "<br>")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
