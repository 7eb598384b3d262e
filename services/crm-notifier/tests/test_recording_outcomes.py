"""What crm-notifier does with an event, and which command says how it went."""

import json
import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest

from crm_notifier.adapters.memory import MemoryCrm
from crm_notifier.handlers import MOST_REASONS, TOLD, Destination, TellCrm, wanted
from crm_notifier.use_cases.subjects import EVENTS as EVENTS_ABOUT
from crm_notifier.use_cases.subjects import USUAL, events_about
from domain.codec import UndecodableMessage, encode
from domain.commands import RecordCrm
from domain.events import EVENTS, SessionCompleted
from domain.ports.crm import EVERYTHING, FREQUENT, CrmRefused, CrmUnavailable, Notable
from domain.values import EventId, command_id
from streaming import cloudevents, logs
from streaming.cloudevents import CloudEvent, Headers
from streaming.kafka import PublishFailed
from streaming.runner import Record

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Commands:
    """Keeps what was sent: topic, partition, key and the command with its envelope."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, bytes, CloudEvent]] = []
        self.failing = False

    async def publish(
        self, topic: str, value: bytes, *, key: bytes, headers: Headers, partition: int
    ) -> None:
        if self.failing:
            raise PublishFailed("no ack within 10 s: outcome unknown")
        self.sent.append((topic, partition, key, cloudevents.decode(value, headers)))

    def recorded(self) -> list[RecordCrm]:
        return [RecordCrm.model_validate_json(command.data) for *_, command in self.sent]


@pytest.fixture
def crm() -> MemoryCrm:
    return MemoryCrm()


@pytest.fixture
def commands() -> Commands:
    return Commands()


@pytest.fixture
def handle(crm: MemoryCrm, commands: Commands) -> TellCrm:
    return TellCrm(Destination(crm, "memory"), commands, now=lambda: NOW)


def record(event_type: str, data: bytes, event_id: str, at: datetime = NOW) -> Record:
    event = CloudEvent(
        id=event_id,
        type=event_type,
        source="session-core",
        time=at,
        data=data,
        correlation_id="c0",
        traceparent=TRACE,
    )
    return Record(
        topic="session-events",
        partition=4,
        offset=17,
        key=b"key",
        value=data,
        headers=[],
        timestamp=0,
        event=event,
    )


def of(event: Notable, event_id: EventId, at: datetime = NOW) -> Record:
    return record(event.TYPE, encode(event), str(event_id), at)


async def test_the_crm_is_told_when_it_happened_and_that_it_was_told_is_recorded(
    crm: MemoryCrm,
    commands: Commands,
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    await TellCrm(Destination(crm, "memory"), commands)(of(completed, event_id, at))

    assert crm.known == {event_id: (completed, at)}
    assert commands.recorded() == [
        RecordCrm(
            contact_id=completed.contact_id,
            session_id=completed.session_id,
            event_id=event_id,
            crm="memory",
            outcome="notified",
        )
    ]


async def test_the_outcome_goes_where_the_event_came_from_and_names_its_cause(
    handle: TellCrm, commands: Commands, completed: SessionCompleted, event_id: EventId
) -> None:
    await handle(of(completed, event_id))
    topic, partition, key, command = commands.sent[0]

    assert (topic, partition, key) == ("session-commands", 4, str(completed.contact_id).encode())
    assert command == CloudEvent(
        id=str(command_id("crm.record.v1", "memory", str(event_id))),
        type="crm.record.v1",
        source="crm-notifier",
        time=NOW,
        data=command.data,
        subject=str(completed.session_id),
        correlation_id="c0",
        causation_id=str(event_id),
        traceparent=TRACE,
    )


async def test_what_concerns_a_person_and_no_session_is_recorded_for_the_person(
    handle: TellCrm, commands: Commands, notable: tuple[Notable, ...]
) -> None:
    for number, event in enumerate(notable):
        await handle(of(event, EventId(UUID(int=number))))

    assert [record.session_id is None for record in commands.recorded()] == [
        event.TYPE.startswith("contact.") for event in notable
    ]
    assert [command.subject for *_, command in commands.sent] == [
        str(record.session_id or record.contact_id) for record in commands.recorded()
    ]


async def test_a_refusal_is_recorded_with_its_reason_and_then_parked(
    handle: TellCrm,
    crm: MemoryCrm,
    commands: Commands,
    completed: SessionCompleted,
    event_id: EventId,
) -> None:
    crm.fail_next(CrmRefused("http-422"))
    with pytest.raises(CrmRefused, match=r"^http-422$"):
        await handle(of(completed, event_id))

    assert [(said.outcome, said.reason) for said in commands.recorded()] == [
        ("rejected", "http-422")
    ]


async def test_nothing_is_recorded_while_the_crm_is_unavailable(
    handle: TellCrm,
    crm: MemoryCrm,
    commands: Commands,
    completed: SessionCompleted,
    event_id: EventId,
) -> None:
    crm.fail_next(CrmUnavailable("http-503", after=7))
    with pytest.raises(CrmUnavailable) as failure:
        await handle(of(completed, event_id))

    assert failure.value.after == 7
    assert commands.sent == []


async def test_an_event_read_again_is_the_same_call_and_the_same_command(
    handle: TellCrm,
    crm: MemoryCrm,
    commands: Commands,
    completed: SessionCompleted,
    event_id: EventId,
) -> None:
    await handle(of(completed, event_id))
    await handle(of(completed, event_id))

    assert set(crm.known) == {event_id}
    assert commands.sent[0] == commands.sent[1]


async def test_an_outcome_that_kafka_did_not_keep_is_sent_when_tried_again(
    handle: TellCrm,
    crm: MemoryCrm,
    commands: Commands,
    completed: SessionCompleted,
    event_id: EventId,
) -> None:
    commands.failing = True
    with pytest.raises(PublishFailed):
        await handle(of(completed, event_id))
    commands.failing = False
    await handle(of(completed, event_id))

    assert set(crm.known) == {event_id}
    assert [said.outcome for said in commands.recorded()] == ["notified"]


def test_no_other_event_is_even_looked_into(completed: SessionCompleted) -> None:
    told = Destination(MemoryCrm(), "memory", frozenset({type(completed)})).told

    assert [name for name in EVENTS if wanted(told)(name)] == [completed.TYPE]


def test_every_event_that_a_crm_can_be_told_of_has_a_word_to_choose_it_by() -> None:
    assert events_about(EVENTS_ABOUT) == EVERYTHING
    assert events_about(USUAL) == EVERYTHING - FREQUENT


async def test_what_happens_again_and_again_is_told_but_only_a_refusal_is_recorded(
    crm: MemoryCrm, commands: Commands, frequent: tuple[Notable, ...]
) -> None:
    handle = TellCrm(Destination(crm, "memory", EVERYTHING), commands)
    for number, event in enumerate(frequent):
        await handle(of(event, EventId(UUID(int=number))))
    assert (len(crm.known), commands.sent) == (len(frequent), [])

    crm.fail_next(CrmRefused("http-422"))
    with pytest.raises(CrmRefused):
        await handle(of(frequent[0], EventId(UUID(int=99))))
    assert [said.reason for said in commands.recorded()] == ["http-422"]


async def test_a_destination_is_recorded_by_the_name_it_was_given(
    crm: MemoryCrm, commands: Commands, completed: SessionCompleted, event_id: EventId
) -> None:
    await TellCrm(Destination(crm, "claims-desk"), commands)(of(completed, event_id))

    assert [said.crm for said in commands.recorded()] == ["claims-desk"]


@pytest.mark.parametrize(
    ("event_type", "data", "event_id"),
    [
        ("session.completed.v1", b"{", "3b1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c44"),
        ("session.completed.v1", b'{"personal": "Ana"}', "3b1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c44"),
        ("session.completed.v9", b"{}", "3b1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c44"),
        (
            "contact.erased.v1",
            b'{"contact_id": "0d9f5c8e-4a0c-5c6e-9a53-0d4f4f1f2b11"}',
            "Ana's event",
        ),
    ],
    ids=["no JSON", "wrong fields", "a later version", "no id of ours"],
)
async def test_an_event_that_cannot_be_read_is_set_aside_without_a_quotation(
    event_type: str, data: bytes, event_id: str, handle: TellCrm, crm: MemoryCrm
) -> None:
    with pytest.raises(UndecodableMessage) as failure:
        await handle(record(event_type, data, event_id))

    assert wanted(EVERYTHING)(event_type)
    assert crm.calls == 0
    assert "Ana" not in str(failure.value)


@pytest.mark.parametrize("reason", ["nobody chose it", "the crm cannot be told"])
async def test_a_crm_is_not_told_what_it_is_not_to_know(
    reason: str, commands: Commands, completed: SessionCompleted, event_id: EventId
) -> None:
    crm, others = MemoryCrm(), EVERYTHING - {type(completed)}
    if reason == "the crm cannot be told":
        crm.supports = others
    chosen = others if reason == "nobody chose it" else EVERYTHING
    await TellCrm(Destination(crm, "memory", chosen), commands)(of(completed, event_id))

    assert crm.calls == 0
    assert commands.sent == []


async def test_nothing_personal_reaches_the_log(
    handle: TellCrm,
    notable: tuple[Notable, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = logging.root.handlers[:], logging.root.level
    logs.configure("crm-notifier", "crm-notifier-1", "debug")
    for number, event in enumerate(notable):
        await handle(of(event, EventId(UUID(int=number))))
    logging.root.handlers[:], logging.root.level = before
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [line["event_type"] for line in written] == [event.TYPE for event in notable]
    assert "Ana" not in json.dumps(written)
    assert "PL-204417" not in json.dumps(written)


async def test_however_many_codes_a_crm_invents_they_are_counted_under_few_and_all_recorded(
    crm: MemoryCrm, commands: Commands, completed: SessionCompleted
) -> None:
    handle = TellCrm(Destination(crm, "inventive"), commands, now=lambda: NOW)
    invented = [f"code-{number}" for number in range(MOST_REASONS + 10)]
    for number, reason in enumerate([*invented, invented[0]]):
        crm.fail_next(CrmRefused(reason))
        with pytest.raises(CrmRefused):
            await handle(of(completed, EventId(UUID(int=number))))

    counted = [
        (sample.labels["reason"], sample.value)
        for metric in TOLD.collect()
        for sample in metric.samples
        if sample.labels["crm"] == "inventive" and sample.name.endswith("_total")
    ]
    assert len(counted) == MOST_REASONS + 1
    assert {("other", 10.0), (invented[0], 2.0)} < {*counted}
    assert [one.reason for one in commands.recorded()] == [*invented, invented[0]]
