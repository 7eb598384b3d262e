"""`files/plain-copy`, `memory/file-manager`: files brought to a bucket, beside a plain copy."""

import asyncio
import base64
import json
import secrets
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID, uuid4

import aioboto3
from aiobotocore.config import AioConfig

from bench import topic
from bench.claim import NUMBER, CommandRecord
from bench.draining import NotDrained
from bench.lab import Lab
from bench.media_stub import sha256_of
from bench.results import Result, judged, ratio
from bench.sides import Side, ready, start, started, stop
from deploycheck.gateway import gateway
from deploycheck.go_tools import TOOLS, cache
from devstack import topics
from devstack.endpoints import S3Endpoint
from devstack.ports import LOOPBACK, free_port
from domain import codec
from domain.events import FileUploaded
from domain.events.file import FileDetails
from domain.topics import (
    PARKED_BY_FILE_MANAGER,
    PARTITIONS,
    REDRIVEN_TO_FILE_MANAGER,
    SESSION_COMMANDS,
    SESSION_EVENTS,
)
from domain.values import ContactId, FileId, MessageId, SessionId
from streaming.cloudevents import CloudEvent, encode

MEGABYTE = 1_000_000
AT_ONCE = 8
"""Files on their way, on both sides: file-manager's default."""
_TOPICS = (SESSION_EVENTS, SESSION_COMMANDS, PARKED_BY_FILE_MANAGER, REDRIVEN_TO_FILE_MANAGER)
_PATIENCE_SECONDS = 300.0
_WATCH_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Load:
    """Files of these sizes in bytes, begun in this order."""

    name: str
    sizes: tuple[int, ...]

    @property
    def megabytes(self) -> float:
        """All of them together."""
        return sum(self.sizes) / MEGABYTE


LOADS = (
    Load("files/plain-copy", 5 * (100 * MEGABYTE, *(20 * (MEGABYTE,)))),
    Load("files/plain-copy-small", 100 * (MEGABYTE,)),
)


@dataclass(frozen=True, slots=True)
class Run:
    """How one side fared, from its begin to the end of the last file."""

    megabytes: float
    seconds: float
    cpu_seconds: float
    grown_bytes: int

    @property
    def rate(self) -> float:
        """Megabytes a second."""
        return self.megabytes / self.seconds

    def figures(self) -> dict[str, float]:
        """Give what is written down of a run."""
        return {
            "mb_per_s": round(self.rate, 1),
            "seconds": round(self.seconds, 3),
            "cpu_ms_a_mb": round(self.cpu_seconds / self.megabytes * 1000, 2),
            "grown_mib": round(self.grown_bytes / 2**20, 1),
        }


async def files_rate(lab: Lab) -> Sequence[Result]:
    """Measure all loads, and the memory that file-manager takes for them."""
    results = []
    grown: list[Run] = []
    with _storage(lab) as (s3, server):
        for load in LOADS:
            ours, theirs = [], []
            for number in range(lab.sizes.rounds + 1):
                mine, other = await _ours(lab, load, s3), await _copy(lab, load, s3)
                told = f"file-manager {mine.rate:.0f} MB/s, plain copy {other.rate:.0f}"
                lab.say(f"{load.name}, {f'round {number}' if number else 'warm-up'}: {told}")
                if number:
                    ours.append(mine)
                    theirs.append(other)
            value = ratio([run.rate for run in ours], [run.rate for run in theirs])
            detail = {
                "files": len(load.sizes),
                "megabytes": load.megabytes,
                "at_once": AT_ONCE,
                "server": server,
                "file_manager": [run.figures() for run in ours],
                "plain_copy": [run.figures() for run in theirs],
            }
            results.append(
                judged(load.name, value, bar=0.7, better="higher", unit="ratio", detail=detail)
            )
            grown += ours
    most = max(run.grown_bytes for run in grown) / 2**20
    runs = [{"mib": round(run.grown_bytes / 2**20, 1)} for run in grown]
    memory = {"at_once": AT_ONCE, "grown": runs}
    return [
        *results,
        judged("memory/file-manager", most, bar=192, better="lower", unit="MiB", detail=memory),
    ]


@contextmanager
def _storage(lab: Lab) -> Iterator[tuple[S3Endpoint, str]]:
    """Give a fast S3 where it can be had: beside a slow one everybody is as fast as the other."""
    if shutil.which("go") or (cache() / "bin" / "versitygw").exists():
        folder = lab.folder / "gateway"
        folder.mkdir()
        with gateway(folder, keeps_versions=False) as s3:
            yield s3, f"versitygw ({TOOLS['versitygw'].package})"
    else:
        yield lab.stack.start("s3").s3, "S3Proxy"


async def _ours(lab: Lab, load: Load, s3: S3Endpoint) -> Run:
    """Let file-manager work, and check what became of the files."""
    async with (
        _platform(lab, load) as graph,
        _file_manager(lab, graph, s3) as (side, prefix),
        topic.tail(lab.kafka, prefix + SESSION_COMMANDS.name) as outcomes,
        _Watch(side) as watch,
    ):
        used = side.cpu_seconds()
        filled = await topic.fill(lab.kafka, prefix + SESSION_EVENTS.name, _uploads(load, graph))
        last = await _last_outcome(outcomes, load, side)
        used = side.cpu_seconds() - used
    await _empty(s3)
    return Run(load.megabytes, last - filled.at, used, watch.grown)


async def _last_outcome(outcomes: topic.Tail, load: Load, side: Side) -> float:
    """Return when the last file was told of. Raises NotDrained and SideFailed."""
    seen, last = 0, 0.0
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while seen < len(load.sizes):
        side.check()
        if time.monotonic() > deadline:
            raise NotDrained(f"not all files were kept in time (log: {side.log})")
        for outcome in await outcomes.poll(0.05):
            _check(outcome.value)
            seen, last = seen + 1, max(last, outcome.timestamp)
    return last


class _Watch:
    """Notes how large a process gets while the block lasts."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._before = self._most = side.resident_bytes()
        self._watching: asyncio.Task[None] | None = None

    @property
    def grown(self) -> int:
        """Bytes more than at the begin, at most."""
        return self._most - self._before

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            self._most = max(self._most, self._side.resident_bytes())


def _check(outcome: bytes) -> None:
    told = json.loads(outcome)
    if "size" not in told or told["sha256"] != sha256_of(told["size"]):
        raise NotDrained(f"a file was not kept as it is: {told}")


async def _copy(lab: Lab, load: Load, s3: S3Endpoint) -> Run:
    name = secrets.token_hex(4)
    source, written = lab.logs / f"{name}-files", lab.logs / f"{name}-times"
    async with _platform(lab, load) as graph:
        source.write_text(json.dumps(_task(load, graph, s3)))
        command = [sys.executable, "-m", "bench.copying", str(source), str(written)]
        side = start(command, lab.logs / f"{name}-copy.log", {})
        try:
            async with _Watch(side) as watch, asyncio.timeout(_PATIENCE_SECONDS):
                while not written.exists():
                    side.check()
                    await asyncio.sleep(0.05)
        finally:
            await asyncio.to_thread(stop, side)
    await _empty(s3)
    begin, end, used = json.loads(written.read_text())
    return Run(load.megabytes, end - begin, used, watch.grown)


def _task(load: Load, graph: str, s3: S3Endpoint) -> dict[str, object]:
    return {
        "s3": _keys(s3),
        "bucket": s3.bucket,
        "at_once": AT_ONCE,
        "files": [
            (f"{graph}/files/{size}", f"copied/{number}") for number, size in enumerate(load.sizes)
        ],
    }


def _keys(s3: S3Endpoint) -> dict[str, Any]:
    return {
        "endpoint_url": s3.endpoint_url,
        "region_name": s3.region,
        "aws_access_key_id": s3.access_key_id,
        "aws_secret_access_key": s3.secret_access_key,
    }


async def _empty(s3: S3Endpoint) -> None:
    """Delete everything, so that the disk does not fill up and each run begins alike."""
    config = AioConfig(signature_version="s3v4", s3={"addressing_style": "path"})
    async with aioboto3.Session().client("s3", **_keys(s3), config=config) as client:
        while True:
            page = await client.list_objects_v2(Bucket=s3.bucket)
            for one in page.get("Contents", ()):
                await client.delete_object(Bucket=s3.bucket, Key=one["Key"])
            if not page.get("IsTruncated"):
                return


@asynccontextmanager
async def _platform(lab: Lab, load: Load) -> AsyncIterator[str]:
    """Run a platform that has the files; give its address."""
    port, name = free_port(set()), secrets.token_hex(4)
    listening = lab.logs / f"{name}-media"
    command = [
        *(sys.executable, "-m", "bench.media_stub"),
        *(str(port), str(listening), *map(str, sorted(set(load.sizes)))),
    ]
    side = start(command, lab.logs / f"{name}-media.log", {})
    try:
        await started(side, listening.exists)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        await asyncio.to_thread(stop, side)


@asynccontextmanager
async def _file_manager(lab: Lab, graph: str, s3: S3Endpoint) -> AsyncIterator[tuple[Side, str]]:
    """Run file-manager on topics of its own; give their prefix."""
    prefix, port = f"b{secrets.token_hex(4)}-", free_port(set())
    await topics.create(lab.kafka, _TOPICS, prefix=prefix)
    variables = {
        "KAFKA_BOOTSTRAP_SERVERS": lab.kafka,
        "TOPIC_PREFIX": prefix,
        "GRAPH_URL": graph,
        "ACCESS_TOKEN": "a-token",
        "S3_ENDPOINT_URL": s3.endpoint_url,
        "S3_BUCKET": s3.bucket,
        "S3_REGION": s3.region,
        "S3_ACCESS_KEY_ID": s3.access_key_id,
        "S3_SECRET_ACCESS_KEY": s3.secret_access_key,
        "CONCURRENCY": str(AT_ONCE),
        "LOG_LEVEL": "warning",
        "HOST": LOOPBACK,
        "PORT": str(port),
    }
    named = {f"FILE_MANAGER_{name}": content for name, content in variables.items()}
    log = lab.logs / f"{prefix}file-manager.log"
    side = start([sys.executable, "-m", "file_manager"], log, named)
    try:
        await ready(side, port)
        yield side, prefix
    finally:
        await asyncio.to_thread(stop, side)
        await topics.delete(lab.kafka, _TOPICS, prefix=prefix)


def _uploads(load: Load, graph: str) -> list[CommandRecord]:
    """Let each of so many people send one file, whose webhook says where it is."""
    now = datetime.now(UTC)
    return [_upload(number, size, graph, now) for number, size in enumerate(load.sizes)]


def _upload(number: int, size: int, graph: str, at: datetime) -> CommandRecord:
    contact = ContactId(uuid4())
    event = FileUploaded(
        contact_id=contact,
        session_id=SessionId(uuid4()),
        phone_number_id=NUMBER,
        message_id=MessageId(uuid4()),
        file_id=FileId(uuid4()),
        step="evidence",
        kind="video",
        media_id=str(size),
        media_url=f"{graph}/files/{size}",
        mime_type="video/mp4",
        sha256=base64.b64encode(bytes.fromhex(sha256_of(size))).decode(),
        personal=FileDetails(),
    )
    envelope = CloudEvent(
        id=str(UUID(int=number)),
        type=event.TYPE,
        source="session-core",
        time=at,
        data=codec.encode(event),
    )
    headers = list(encode(envelope))
    return CommandRecord(at, number % PARTITIONS, str(contact).encode(), envelope.data, headers)
