"""Operators answer, release and cancel from a terminal, and see what came of it."""

import asyncio
import json
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from domain import commands, events
from domain.codec import decode_event
from domain.messages import OutboundText
from domain.topics import PARTITIONS, SESSION_COMMANDS, SESSION_EVENTS
from domain.values import CommandId
from session_core.adapters.postgres_connections import Connections

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

Record = tuple[bytes, list[tuple[str, bytes]]]
Says = Callable[..., Record]
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]
ANA = "15550001111"


@dataclass(frozen=True)
class Answer:
    """What a command printed."""

    code: int
    out: str
    err: str


class Terminal:
    """Runs `session-core` as an operator or an orchestrator does."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = {**os.environ, **environment}

    async def __call__(self, *words: str) -> Answer:
        process = await self.start(*words)
        out, err = await process.communicate()
        return Answer(process.returncode or 0, out.decode(), err.decode())

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "session_core",
            *words,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


@pytest.fixture
def terminal(
    kafka: str, topic_prefix: str, database: str, patient_flows: dict[str, str], tmp_path: Path
) -> Terminal:
    for name, source in patient_flows.items():
        (tmp_path / name).write_text(source)
    return Terminal(
        {
            "SESSION_CORE_KAFKA_BOOTSTRAP_SERVERS": kafka,
            "SESSION_CORE_TOPIC_PREFIX": topic_prefix,
            "SESSION_CORE_DATABASE_URL": database,
            "SESSION_CORE_FLOWS_DIR": str(tmp_path),
            "SESSION_CORE_PORT": "0",
        }
    )


@pytest.fixture
async def service(terminal: Terminal) -> AsyncIterator[asyncio.subprocess.Process]:
    await terminal("migrate")
    process = await terminal.start("run")
    await _works(process)
    yield process
    if process.returncode is None:
        process.terminate()
    await process.communicate()


async def _works(process: asyncio.subprocess.Process) -> None:
    """Return when every shard was taken."""
    assert process.stdout is not None
    async with asyncio.timeout(90):
        for _ in range(PARTITIONS):
            while b"shard taken" not in await process.stdout.readline():
                assert process.returncode is None


@pytest.fixture
async def sender(
    kafka: str,
    topic_prefix: str,
    service: asyncio.subprocess.Process,  # noqa: ARG001 it makes the topics
    record: Callable[..., Record],
) -> AsyncIterator[None]:
    """Send every reply, but for one that says nothing but `Too late`."""
    told = topic_prefix + SESSION_EVENTS.name
    consumer = AIOKafkaConsumer(
        told,
        bootstrap_servers=kafka,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )

    async def answer() -> None:
        async with consumer, AIOKafkaProducer(bootstrap_servers=kafka) as producer:
            async for one in consumer:
                kind = dict(one.headers)["ce_type"].decode()
                request = decode_event(kind, one.value)
                if not isinstance(request, events.ReplyRequested):
                    continue
                value, headers = record(_outcome(request), identity=CommandId(uuid4()))
                await producer.send_and_wait(
                    topic_prefix + SESSION_COMMANDS.name,
                    value,
                    key=one.key,
                    headers=headers,
                    partition=one.partition,
                )

    answering = asyncio.create_task(answer())
    yield
    answering.cancel()
    await asyncio.wait([answering])


def _outcome(request: events.ReplyRequested) -> commands.Command:
    about = {name: getattr(request, name) for name in ("contact_id", "session_id", "reply_id")}
    if request.personal.message == OutboundText(text="Too late"):
        if request.personal.fallback is None:
            return commands.RecordReplyFailed(**about, reason="window-closed")
        about["fallback"] = True
    return commands.RecordReplySent(**about, personal=commands.Acceptance(wamid=str(uuid4())))


async def test_a_session_is_handed_off_answered_and_given_back(  # noqa: PLR0917 by name
    kafka: str,
    topic_prefix: str,
    terminal: Terminal,
    service: asyncio.subprocess.Process,
    sender: None,  # noqa: ARG001 it sends
    says: Says,
    eventually: Eventually,
) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        value, headers = says(ANA, "hello")
        await producer.send_and_wait(topic_prefix + SESSION_COMMANDS.name, value, headers=headers)

    async def is_listed() -> bool:
        return "waiting" in (await terminal("sessions")).out

    await eventually(is_listed)
    session = (await terminal("sessions")).out.splitlines()[1].split()[0]
    about = ("--session", str(UUID(session)), "--wait")
    handed_off = await terminal("command", "hand-off", *about, "--team", "vets", "--note", "calm")
    waiting = await terminal("sessions", "--handed-off")
    replied = await terminal("command", "reply", *about, "--text", "A vet is here")
    late = await terminal("command", "reply", *about, "--text", "Too late")
    template = '{"type": "template", "name": "call_us", "language": "en"}'
    way_out = ("--text", "Too late", "--fallback", template)
    instead = await terminal("command", "reply", *about, *way_out)
    shown = await terminal("show", session)
    released = await terminal("command", "release", *about)
    talked_over = await terminal("command", "reply", *about, "--text", "Still here")
    cancelled = await terminal("command", "cancel", *about)
    again = await terminal("command", "cancel", *about)
    nobody = await terminal("sessions", "--handed-off")

    assert "session.handed-off.v1" in handed_off.out
    listed = waiting.out.splitlines()[1].split()
    assert [*listed[:2], *listed[3:6]] == [session, "pet", "handed-off", "vets", "operator"]
    assert [line.split(maxsplit=2)[2] for line in shown.out.splitlines()[-2:]] == [
        "colleague  Too late  [failed: window-closed]",
        "colleague  Too late  [not this but its fallback: sent]",
    ]
    assert "reply.requested.v1" in replied.out
    assert "reply.sent.v1" in replied.out
    assert "reply.requested.v1" in late.out
    assert (late.code, late.err) == (1, "not sent to the person: window-closed\n")
    assert instead.code == 0
    assert "the template given as fallback, not the message: the window was closed" in instead.out
    assert "session.released.v1" in released.out
    assert (talked_over.code, talked_over.err) == (
        1,
        "not sent: the session is waiting, not handed-off\n",
    )
    assert "session.cancelled.v1" in cancelled.out
    assert again.err == "not sent: the session is cancelled, not waiting or handed-off\n"
    assert len(nobody.out.splitlines()) == 1
    assert ANA not in handed_off.out + waiting.out + replied.out
    service.terminate()
    assert await asyncio.wait_for(service.wait(), 60) == 0


async def test_a_conversation_can_be_begun_from_the_terminal_although_its_reply_still_waits(
    terminal: Terminal,
    service: asyncio.subprocess.Process,  # noqa: ARG001 it does the work
) -> None:
    begin = ("--to", ANA, "--phone-number-id", "106540352242922", "--flow", "pet", "--wait")

    answer = await terminal("command", "initiate", *begin)

    assert "session.initiated.v1" in answer.out
    assert "asked for, no outcome yet" in answer.out
    assert answer.code == 0
    assert ANA not in answer.out


@pytest.mark.parametrize("to", ["hello", "+1 (555) 000-6004"])
async def test_a_conversation_is_begun_with_a_phone_number_only(
    to: str, terminal: Terminal
) -> None:
    await terminal("migrate")
    begin = ("--to", to, "--phone-number-id", "106540352242922", "--flow", "pet")

    answer = await terminal("command", "initiate", *begin)

    assert answer.code == 1
    assert answer.err == (
        "not sent: `to` is no phone number: 7 to 15 digits, the country code first\n"
    )


async def test_who_waits_is_told_that_a_command_was_parked_or_had_no_effect(
    terminal: Terminal,
    sender: None,  # noqa: ARG001 it works with session-core
) -> None:
    begin = ("--to", ANA, "--phone-number-id", "106540352242922", "--wait", "--flow")

    parked = await terminal("command", "initiate", *begin, "nope")
    begun = await terminal("command", "initiate", *begin, "pet")
    in_vain = await terminal("command", "initiate", *begin, "pet")

    assert parked.code == 1
    assert parked.err.startswith("parked: unknown flow: nope (shard ")
    assert begun.code == 0
    assert in_vain.code == 1
    assert in_vain.err.startswith("no event within 5 s. Either it has no effect")
    assert ANA not in parked.out + parked.err + in_vain.err


async def test_values_that_a_flow_does_not_take_are_parked_and_odd_ones_not_sent(
    terminal: Terminal,
    service: asyncio.subprocess.Process,  # noqa: ARG001 it does the work
) -> None:
    begin = ("--to", ANA, "--phone-number-id", "106540352242922", "--flow", "pet", "--wait")

    parked = await terminal("command", "initiate", *begin, "--var", f"order={ANA}")
    odd = await terminal("command", "initiate", *begin, "--var", f"order:={ANA}x")
    nowhere = await terminal("command", "initiate", *begin, "--language", ANA)
    asked = ("--session", str(uuid4()), "--lookup", str(uuid4()), "--found", "{}")
    nobody = await terminal("command", "record-lookup", *asked)

    assert (parked.code, odd.code, nowhere.code, nobody.code) == (1, 1, 1, 1)
    assert parked.err.startswith("parked: invalid variables: pet has no variable order (shard ")
    assert odd.err == "not sent: variable 1: no JSON\n"
    assert nowhere.err == "not sent: the language is none, such as es or pt-BR\n"
    assert nobody.err.startswith("not sent: there is no session ")
    assert ANA not in parked.out + parked.err


async def test_what_could_not_be_read_is_listed_and_sent_again(  # noqa: PLR0917 by name
    kafka: str,
    topic_prefix: str,
    terminal: Terminal,
    service: asyncio.subprocess.Process,  # noqa: ARG001 it does the work
    connections: Connections,
    eventually: Eventually,
) -> None:
    topic = topic_prefix + SESSION_COMMANDS.name
    odd = [("ce_id", None), ("odd", b"\xff"), ("ce_type", b"message.receive.v1")]
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        await producer.send_and_wait(topic, ANA.encode(), key=b"\xfe", headers=odd, partition=2)

    async def are_parked(rows: int) -> bool:
        async with connections.borrow() as connection:
            return bool(await connection.fetchval("SELECT count(*) FROM parked_command") == rows)

    await eventually(lambda: are_parked(1))
    listed = await terminal("parked")
    none = await terminal("redrive", "--shard", "2", "--offset", "7")
    redriven = await terminal("redrive", "--shard", "2", "--offset", "0")
    await eventually(lambda: are_parked(2))
    waiting = await terminal("parked", "--waiting")

    told = json.loads((await terminal("parked", "--json", "--waiting")).out)
    dismissed = await terminal("dismiss", "--all", "--reason", "invalid CloudEvent")
    nothing = await terminal("dismiss", "--shard", "2", "--offset", "7")
    left = await terminal("parked", "--waiting")

    first, second = [await _record(kafka, topic, offset) for offset in (0, 1)]
    assert listed.out.splitlines()[1].split()[:3] == ["2", "0", "message.receive.v1"]
    assert "invalid CloudEvent" in listed.out
    assert ANA not in listed.out
    assert none.err == "redriven: 0, then stopped: shard 2 offset 7 is not parked\n"
    assert redriven.out == "redriven: 1\n"
    assert [line.split()[:2] for line in waiting.out.splitlines()[1:]] == [["2", "1"]]
    assert [(one["offset"], one["command_id"], one["value"]) for one in told] == [
        (1, None, b64encode(ANA.encode()).decode())
    ]
    assert told[0]["headers"][0] == ["ce_id", None]
    assert dismissed.out == "dismissed: 1\n"
    assert nothing.err == "dismissed: 0, then stopped: shard 2 offset 7 is not parked\n"
    assert len(left.out.splitlines()) == 1
    assert (second.key, second.value) == (first.key, first.value)
    assert list(second.headers) == [*first.headers, ("ce_redriven", b"1")]


async def _record(kafka: str, topic: str, offset: int) -> ConsumerRecord:
    partition = TopicPartition(topic, 2)
    async with AIOKafkaConsumer(bootstrap_servers=kafka) as consumer:
        consumer.assign([partition])
        consumer.seek(partition, offset)
        return await consumer.getone(partition)


async def test_a_person_is_forgotten_and_their_session_ended(
    terminal: Terminal,
    sender: None,  # noqa: ARG001 it works with session-core
    database: str,
) -> None:
    begin = ("--to", ANA, "--phone-number-id", "106540352242922", "--flow", "pet", "--wait")
    await terminal("command", "initiate", *begin)
    connection = await asyncpg.connect(database)
    contact = await connection.fetchval("SELECT contact_id FROM session")
    await connection.close()

    erased = await terminal("command", "erase", "--contact", str(contact), "--wait")
    nobody = await terminal("command", "erase", "--contact", str(uuid4()))

    assert [line.split()[0] for line in erased.out.splitlines()[1:]] == [
        "session.cancelled.v1",
        "contact.erased.v1",
    ]
    assert nobody.err.startswith("not sent: there is no contact ")


async def test_a_session_is_completed_by_hand(
    terminal: Terminal,
    sender: None,  # noqa: ARG001 it works with session-core
) -> None:
    begin = ("--to", ANA, "--phone-number-id", "106540352242922", "--flow", "pet", "--wait")
    await terminal("command", "initiate", *begin)
    session = (await terminal("sessions")).out.splitlines()[1].split()[0]

    done = await terminal(
        "command", "complete", "--session", session, "--outcome", "settled", "--wait"
    )

    assert "session.completed.v1" in done.out


async def test_a_session_that_never_was_is_said_in_one_line(terminal: Terminal) -> None:
    await terminal("migrate")
    unheard_of = "00000000-0000-4000-8000-000000000000"

    answer = await terminal("command", "release", "--session", unheard_of)

    assert answer.code == 1
    assert answer.err == f"not sent: there is no session {unheard_of}\n"
    assert (await terminal("show", unheard_of)).err == f"there is no session {unheard_of}\n"


async def test_a_missing_variable_is_named_in_one_line(tmp_path: Path) -> None:
    answer = await Terminal({"SESSION_CORE_FLOWS_DIR": str(tmp_path)})("run")

    assert answer.code == 2
    assert answer.err == (
        "cannot start: SESSION_CORE_DATABASE_URL is missing;"
        " SESSION_CORE_KAFKA_BOOTSTRAP_SERVERS is missing\n"
    )
