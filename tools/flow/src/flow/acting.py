"""What a turn of a transcript makes happen."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from domain import commands, events
from domain.messages import (
    Button,
    Card,
    CardName,
    CardPhone,
    InboundChoice,
    InboundContacts,
    InboundFlowReply,
    InboundLocation,
    InboundMedia,
    InboundMessage,
    InboundText,
    OutboundButtons,
    OutboundFlow,
    OutboundList,
    Row,
)
from domain.session.state import InteractiveSession
from flow.rehearsal import NoSession, Rehearsal, Said
from flow.transcript import LookupAnswer, Sending, Tap, Turn


class CannotDo(Exception):
    """The person, or whoever else, cannot do that now; says why."""


def act(turn: Turn, rehearsal: Rehearsal) -> None:
    """Do what the turn begins with. Raises CannotDo."""
    if turn.after is not None:
        rehearsal.passes(turn.after)
        return
    try:
        message = said_by_person(turn, rehearsal.said)
        if message is not None:
            rehearsal.hears(message, referral=turn.referral)
        for command in commanded(turn, rehearsal):
            rehearsal.decides(command)
    except NoSession as nobody:
        raise CannotDo(str(nobody)) from None


def said_by_person(turn: Turn, said: Sequence[Said]) -> InboundMessage | None:
    """Return what the person sends in this turn, if it is they who act. Raises CannotDo."""
    if turn.they is not None:
        return InboundText(text=turn.they)
    if turn.tap is not None:
        return _tapped(turn.tap, said)
    if turn.send is not None:
        return _file(turn.send)
    if turn.location is not None:
        return InboundLocation.model_validate(turn.location.model_dump())
    if turn.card is not None:
        phones = (CardPhone(phone=turn.card.phone),) if turn.card.phone else ()
        name = CardName(formatted=turn.card.name)
        return InboundContacts(cards=(Card(name=name, phones=phones),))
    if turn.template_button is not None:
        tapped = turn.template_button
        return InboundChoice(type="template_button", id=tapped.payload, title=tapped.title)
    if isinstance(turn.form, dict):
        return _filled_in(turn.form, said)
    return None


def _tapped(tap: Tap, said: Sequence[Said]) -> InboundChoice:
    for one in reversed(said):
        if tap.of is None or one.step == tap.of:
            for choice in _choices(one):
                if choice.title == tap.title:
                    return choice
    offered = [choice.title for one in said for choice in _choices(one)]
    under = f" under the question {tap.of}" if tap.of else ""
    known = f"there are {', '.join(dict.fromkeys(offered))}" if offered else "there are none"
    raise CannotDo(f"there is no button {tap.title!r}{under} to tap: {known}")


def _choices(said: Said) -> list[InboundChoice]:
    match said.message:
        case OutboundButtons(buttons=buttons):
            return [_choice("button_reply", button) for button in buttons]
        case OutboundList(rows=rows):
            return [_choice("list_reply", row) for row in rows]
        case _:
            return []


def _choice(kind: str, offered: Button | Row) -> InboundChoice:
    description = offered.description if isinstance(offered, Row) else None
    told = {"type": kind, "id": offered.id, "title": offered.title, "description": description}
    return InboundChoice.model_validate(told)


def _file(sending: Sending) -> InboundMedia:
    return InboundMedia(
        type=sending.type,
        media_id="1",
        mime_type=sending.mime_type,
        file_name=sending.file_name,
        caption=sending.caption,
    )


def _filled_in(fields: Mapping[str, Any], said: Sequence[Said]) -> InboundFlowReply:
    forms = [one.message for one in said if isinstance(one.message, OutboundFlow)]
    if not forms:
        raise CannotDo("there is no form to fill in")
    token = forms[-1].token
    filled_in = {**fields, "flow_token": token}
    return InboundFlowReply(name="flow", body="Sent", flow_token=token, response=filled_in)


class Kept(NamedTuple):
    """Where a file would lie in the bucket."""

    bucket: str = "rehearsal"
    sha256: str = "0" * 64


def kept(file: events.FileUploaded, size: int) -> commands.RecordFileStored:
    """Return the word of the file manager that it has the file."""
    where = Kept()
    return commands.RecordFileStored(
        contact_id=file.contact_id,
        session_id=file.session_id,
        file_id=file.file_id,
        bucket=where.bucket,
        key=str(file.file_id),
        size=size,
        mime_type=file.mime_type,
        sha256=where.sha256,
    )


def refused(file: events.FileUploaded, reason: str) -> commands.RecordFileRejected:
    """Return the word of the file manager that it has not."""
    return commands.RecordFileRejected(
        contact_id=file.contact_id,
        session_id=file.session_id,
        file_id=file.file_id,
        reason=reason,
    )


def commanded(turn: Turn, rehearsal: Rehearsal) -> list[commands.Command]:
    """Return what others than the person want in this turn. Raises CannotDo and NoSession."""
    if turn.file is not None:
        if not rehearsal.files:
            raise CannotDo("there is no file of which somebody would have to say what became of it")
        file = rehearsal.files.pop()
        return [kept(file, 1000) if turn.file == "stored" else refused(file, turn.file.rejected)]
    if turn.lookup is not None:
        return [looked_up(turn.lookup, rehearsal)]
    if turn.status is not None:
        return [_status(turn.status, rehearsal)]
    if turn.release:
        session = rehearsal.open_session()
        contact = rehearsal.contact_id
        return [commands.ReleaseSession(contact_id=contact, session_id=session.session_id)]
    return []


def looked_up(answer: LookupAnswer, rehearsal: Rehearsal) -> commands.RecordLookup:
    """Return the other service's answer to what was asked last. Raises CannotDo and NoSession."""
    session = rehearsal.open_session()
    asked = open_lookup(session, [event for event, _ in rehearsal.log])
    if asked is None:
        raise CannotDo("no other service is asked anything now")
    if answer.name not in (None, asked.name):
        raise CannotDo(f"{asked.name} is looked up, not {answer.name}")
    return commands.RecordLookup(
        contact_id=asked.contact_id,
        session_id=asked.session_id,
        lookup_id=asked.lookup_id,
        outcome="found" if answer.found is not None else "failed" if answer.failed else "not-found",
        personal=commands.Found(data=answer.found or {}),
    )


def open_lookup(
    session: InteractiveSession, log: Sequence[events.Event]
) -> events.LookupRequested | None:
    """Return what another service was asked and did not answer yet."""
    for event in reversed(log):
        if isinstance(event, events.LookupRequested) and event.lookup_id == session.lookup:
            return event
    return None


def _status(status: str, rehearsal: Rehearsal) -> commands.RecordDeliveryStatus:
    if not rehearsal.said:
        raise CannotDo("we have said nothing yet")
    subject = commands.StatusSubject(wamid=rehearsal.said[-1].wamid, recipient=rehearsal.who.phone)
    return commands.RecordDeliveryStatus(
        phone_number_id=rehearsal.number, status=status, at=rehearsal.now, personal=subject
    )
