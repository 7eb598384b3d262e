"""How the outcome of a file goes back: one command, where session-core expects it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest
from prometheus_client import REGISTRY

from domain.codec import UndecodableMessage, encode
from domain.events import EVENTS, ContactAbsorbed, ContactErased, FileUploaded
from domain.events.contact import Names
from domain.values import ContactId, command_id
from file_manager.adapters.memory_media import MemoryMedia, OfferedFile
from file_manager.adapters.memory_storage import MemoryStorage
from file_manager.handlers.events import KeepFiles, is_wanted
from file_manager.use_cases.checks import Checks
from file_manager.use_cases.fetching import Fetcher
from file_manager.use_cases.keeping import FileKeeper
from streaming import cloudevents
from streaming.cloudevents import CloudEvent, Headers
from streaming.kafka import PublishFailed
from streaming.runner import Record

Uploads = Callable[..., FileUploaded]

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass
class Sent:
    topic: str
    key: bytes
    partition: int
    command: CloudEvent


@dataclass
class Commands:
    sent: list[Sent] = field(default_factory=list)
    failing: bool = False

    async def publish(
        self, topic: str, value: bytes, *, key: bytes, headers: Headers, partition: int
    ) -> None:
        if self.failing:
            raise PublishFailed("no ack")
        self.sent.append(Sent(topic, key, partition, cloudevents.decode(value, headers)))


def handler(
    commands: Commands,
    offered: bytes | None = b"\xff\xd8\xffphoto",
    storage: MemoryStorage | None = None,
) -> KeepFiles:
    files = {} if offered is None else {"media-1": OfferedFile([offered])}
    bucket = storage or MemoryStorage()
    fetcher = Fetcher(MemoryMedia(files), 1000, now=lambda: NOW)
    return KeepFiles(FileKeeper(fetcher, Checks(), bucket), bucket, commands, now=lambda: NOW)


def record(data: bytes, event_type: str = FileUploaded.TYPE, headers: Headers = ()) -> Record:
    event = CloudEvent(
        id="c0ffee00-0000-0000-0000-000000000000",
        type=event_type,
        source="session-core",
        time=datetime(2026, 11, 30, tzinfo=UTC),
        data=data,
        subject=str(UUID(int=2)),
        correlation_id="corr-1",
        traceparent=TRACE,
    )
    return Record("session-events", 5, 17, b"key", data, headers, 0, event)


async def test_a_stored_file_is_reported_on_the_partition_its_event_came_from(
    upload: Uploads,
) -> None:
    commands = Commands()

    await handler(commands)(record(encode(upload())))

    [sent] = commands.sent
    assert (sent.topic, sent.partition) == ("session-commands", 5)
    assert sent.key == str(UUID(int=1)).encode()
    assert sent.command.type == "file.record-stored.v1"
    assert json.loads(sent.command.data)["size"] == 8


async def test_the_report_says_what_it_answers_and_belongs_to(upload: Uploads) -> None:
    commands = Commands()

    await handler(commands)(record(encode(upload())))

    command = commands.sent[0].command
    assert command.id == str(command_id("file.record-stored.v1", str(UUID(int=4))))
    assert command.causation_id == "c0ffee00-0000-0000-0000-000000000000"
    assert command.correlation_id == "corr-1"
    assert command.traceparent == TRACE
    assert command.subject == str(UUID(int=2))
    assert (command.source, command.time) == ("file-manager", NOW)


async def test_a_file_that_is_not_kept_is_reported_with_its_reason(upload: Uploads) -> None:
    commands, counted = Commands(), {"outcome": "rejected", "reason": "media-expired"}
    before = REGISTRY.get_sample_value("file_manager_files_total", counted) or 0

    await handler(commands, offered=None)(record(encode(upload())))

    [sent] = commands.sent
    assert sent.command.type == "file.record-rejected.v1"
    assert json.loads(sent.command.data)["reason"] == "media-expired"
    assert sent.command.id == str(command_id("file.record-rejected.v1", str(UUID(int=4))))
    assert REGISTRY.get_sample_value("file_manager_files_total", counted) == before + 1


async def test_nothing_personal_is_in_the_report(upload: Uploads) -> None:
    commands = Commands()

    await handler(commands)(record(encode(upload())))

    told = commands.sent[0]
    assert b"passport" not in told.command.data + repr(told).encode()


async def test_a_repeated_event_leads_to_the_same_command(upload: Uploads) -> None:
    commands = Commands()
    keep_file, uploaded = handler(commands), record(encode(upload()))

    await keep_file(uploaded)
    await keep_file(uploaded)

    assert commands.sent[0] == commands.sent[1]


def test_of_all_events_only_those_about_files_to_keep_or_erase_are_handled() -> None:
    wanted = {FileUploaded.TYPE, ContactErased.TYPE, ContactAbsorbed.TYPE}

    assert {name for name in EVENTS if is_wanted(name)} == wanted


async def test_the_files_of_an_erased_person_are_deleted_and_nothing_is_reported(
    upload: Uploads,
) -> None:
    commands, storage = Commands(), MemoryStorage()
    handle, person = handler(commands, storage=storage), ContactId(UUID(int=1))
    await handle(record(encode(upload())))

    await handle(record(encode(ContactErased(contact_id=person)), ContactErased.TYPE))

    assert storage.files == {}
    assert len(commands.sent) == 1


async def test_who_turned_out_to_be_the_same_person_is_erased_with_them(upload: Uploads) -> None:
    storage = MemoryStorage()
    handle, older = handler(Commands(), storage=storage), ContactId(UUID(int=7))
    await handle(record(encode(upload())))
    absorbed = ContactAbsorbed(
        contact_id=older,
        absorbed=ContactId(UUID(int=1)),
        phone_number_id="1060",
        personal=Names(),
    )

    await handle(record(encode(absorbed), ContactAbsorbed.TYPE))
    await handle(record(encode(ContactErased(contact_id=older)), ContactErased.TYPE))

    assert storage.files == {}


async def test_a_file_sent_again_by_an_operator_is_not_kept_of_an_erased_person(
    upload: Uploads,
) -> None:
    commands, storage = Commands(), MemoryStorage()
    handle, person = handler(commands, storage=storage), ContactId(UUID(int=1))
    await handle(record(encode(ContactErased(contact_id=person)), ContactErased.TYPE))

    await handle(record(encode(upload()), headers=[("ce_redriven", b"1")]))

    assert json.loads(commands.sent[0].command.data)["reason"] == "contact-erased"
    assert storage.files == {}


@pytest.mark.parametrize("event_type", ["file.uploaded.v1", "file.uploaded.v2"])
async def test_an_upload_that_cannot_be_read_is_not_passed_over(event_type: str) -> None:
    with pytest.raises(UndecodableMessage):
        await handler(Commands())(record(b'{"personal": "Ana"}', event_type))

    assert is_wanted(event_type)


async def test_a_report_that_is_not_acknowledged_leaves_the_event_unfinished(
    upload: Uploads,
) -> None:
    with pytest.raises(PublishFailed):
        await handler(Commands(failing=True))(record(encode(upload())))
