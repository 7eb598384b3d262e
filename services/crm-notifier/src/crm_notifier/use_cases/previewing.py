"""What a CRM would hold of an event by a map, without a CRM."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from crm_notifier import mapping
from crm_notifier.mapping import HANDED_OFF, CrmMap
from domain.events import AnswerRecorded, SessionCompleted, SessionHandedOff
from domain.ports.crm import Notable


class Preview(NamedTuple):
    """Fields of the contact, the ticket or case that is opened or changed, and what stays out."""

    contact: Mapping[str, str]
    case: Mapping[str, str]
    left_out: Sequence[str]


def preview(crm_map: CrmMap, event: Notable) -> Preview | None:
    """Return what the map says of an event; None of one that it says nothing of."""
    match event:
        case AnswerRecorded():
            return _answered(crm_map, event)
        case SessionHandedOff():
            return _handed_off(crm_map, event)
        case SessionCompleted():
            return _completed(crm_map, event)
        case _:
            return None


def _answered(crm_map: CrmMap, event: AnswerRecorded) -> Preview:
    answers = {event.step: event.personal.value}
    contact = mapping.contact_fields(crm_map, event.flow, answers)
    return Preview(contact, {}, () if contact else (f"answer {event.step}",))


def _handed_off(crm_map: CrmMap, event: SessionHandedOff) -> Preview:
    answers = event.personal.answers or {}
    case = _given(
        subject=mapping.subject(crm_map, event.flow, answers=answers, team=event.team),
        pipeline=mapping.pipeline(crm_map, event.flow),
        stage=mapping.stage(crm_map, event.flow, HANDED_OFF),
        owner=mapping.owner(crm_map, event.flow, event.team),
    )
    contact = mapping.contact_fields(crm_map, event.flow, answers)
    return Preview(contact, case, _unmapped_answers(crm_map, event.flow, answers))


def _completed(crm_map: CrmMap, event: SessionCompleted) -> Preview:
    answers, data = event.personal.answers, event.personal.data
    subject = mapping.subject(
        crm_map, event.flow, answers=answers, data=data, outcome=event.outcome
    )
    case = _given(
        subject=subject,
        pipeline=mapping.pipeline(crm_map, event.flow),
        stage=mapping.stage(crm_map, event.flow, event.outcome),
    )
    return Preview(
        mapping.contact_fields(crm_map, event.flow, answers),
        {**case, **mapping.case_fields(crm_map, event.flow, data)},
        (
            *_unmapped_answers(crm_map, event.flow, answers),
            *(f"data {key}" for key in data or {} if key not in _data_of(crm_map, event.flow)),
        ),
    )


def _given(**fields: str | None) -> Mapping[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _unmapped_answers(crm_map: CrmMap, flow: str, answers: Iterable[str]) -> Sequence[str]:
    mapped = crm_map.flows[flow].answers if flow in crm_map.flows else {}
    return [f"answer {name}" for name in answers if name not in mapped]


def _data_of(crm_map: CrmMap, flow: str) -> Mapping[str, str]:
    return crm_map.flows[flow].data if flow in crm_map.flows else {}
