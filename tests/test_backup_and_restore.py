"""PostgreSQL, Kafka and both are lost; every command is one of the page about it."""

import asyncio
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from demo.events import Published, holes, reading
from demo.person import Person, words_of
from devstack import postgres, processes
from devstack.leash import leash
from devstack.services import SERVICES
from devstack.site import find_root
from devstack.stack import Stack
from probing import reasons, until_told

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

PAGE = (Path(__file__).parents[1] / "docs/how-to/back-up-and-restore.md").read_text()
CONVERSATION = ("hello", "Ana Pérez", "AB-123456", "water", "yesterday")
FENCED = re.compile(r"^ *```sh\n *# ([^\n]*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
BLOCKS = {found[1]: dedent(found[2]) for found in FENCED.finditer(PAGE)}
LACKED = re.compile(r"is event \d+, which the store does not have")


@dataclass(frozen=True)
class Place:
    """A running installation, and a terminal beside it."""

    stack: Stack
    http: httpx.AsyncClient
    folder: Path

    def person(self) -> Person:
        return Person(self.http, f"1555{secrets.randbelow(10**7):07d}")

    async def talk(self, person: Person, conversation: tuple[str, ...] = CONVERSATION) -> None:
        for text in conversation:
            await person.write(text)
            await person.next_reply(within_s=120)

    async def told(self) -> list[Published]:
        """Give everything that readers of session-events can see."""
        async with reading(self.stack.endpoints().kafka, from_start=True) as reader:
            return await reader.read_to_end()

    async def run(self, block: str, *, fails: bool = False) -> str:
        """Run the commands of the page as a person at a terminal does."""
        return await asyncio.to_thread(self._run, BLOCKS[block], fails=fails)

    async def verify(self) -> dict[str, dict[str, int]]:
        told = await asyncio.to_thread(self._run, "session-core verify --json", fails=None)
        figures: dict[str, dict[str, int]] = json.loads(told)["invariants"]
        return figures

    def _run(self, commands: str, *, fails: bool | None) -> str:
        done = subprocess.run(  # noqa: S603 - our own page
            ["/bin/bash", "-e", "-o", "pipefail", "-c", commands],
            cwd=self.folder,
            env=self._variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output = done.stdout.decode()
        assert fails is None or bool(done.returncode) == fails, output
        return output

    def _variables(self) -> dict[str, str]:
        database = self.stack.endpoints().postgres
        path = (
            str(Path(sys.executable).parent),
            str(postgres.wheel_binaries()),
            "/usr/bin",
            "/bin",
        )
        return {
            **os.environ,
            **self.stack.environment("session-core"),
            "PATH": os.pathsep.join(path),
            "DATABASE_URL": database,
            "MAINTENANCE_URL": database.replace(f"/{postgres.DATABASE}", "/postgres"),
        }

    async def lose_postgres(self) -> None:
        """Lose every byte of it, and put an empty server in its place."""
        await asyncio.to_thread(self._lose_postgres)
        await asyncio.to_thread(self.stack.start, "postgres")
        drop = f'psql "$MAINTENANCE_URL" --command "DROP DATABASE {postgres.DATABASE}"'
        await asyncio.to_thread(self._run, drop, fails=False)

    def _lose_postgres(self) -> None:
        data = postgres.home(self.stack.site.data / "postgres").data
        self.stack.kill("postgres")
        processes.end_dwellers(data)
        shutil.rmtree(data)

    async def lose_kafka(self) -> None:
        """Lose every record of it, and make the topics anew."""
        await asyncio.to_thread(self.stack.kill, "kafka")
        shutil.rmtree(self.stack.site.data / "kafka")
        await asyncio.to_thread(self.stack.start, "kafka")

    async def stop(self, *names: str) -> None:
        await asyncio.to_thread(self.stack.stop, *names)

    async def start(self, *names: str, wait: bool = True) -> None:
        await asyncio.to_thread(lambda: self.stack.start(*names, wait=wait))

    async def quiet(self) -> None:
        """Return when nothing is owed any more: events stop coming."""
        before = -1
        while len(seen := await self.told()) != before:
            before = len(seen)
            await asyncio.sleep(3)


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    root, run = find_root(request.config.rootpath), tmp_path_factory.mktemp("lost")
    with leash(root, run):
        yield Stack(root, run, patience_s=300)


@pytest.fixture
async def place(stack: Stack, tmp_path: Path) -> AsyncIterator[Place]:
    """Hand out an installation in which nothing has happened yet."""
    await asyncio.to_thread(stack.down, wipe=True)
    known = await asyncio.to_thread(stack.up)
    async with httpx.AsyncClient(base_url=known.simulator, timeout=30, trust_env=False) as http:
        yield Place(stack, http, tmp_path)


@asynccontextmanager
async def talking(place: Place, people: int = 3) -> AsyncIterator[None]:
    """Let so many people talk to the business, one conversation after the other."""
    ended = asyncio.Event()

    async def one_after_the_other() -> None:
        while not ended.is_set():
            await place.talk(place.person())

    talks = [asyncio.create_task(one_after_the_other()) for _ in range(people)]
    yield
    ended.set()
    await asyncio.gather(*talks)


def by_partition(events: list[Published]) -> dict[int, list[tuple[int | None, str]]]:
    found: dict[int, list[tuple[int | None, str]]] = {}
    for event in events:
        found.setdefault(event.partition, []).append((event.sequence, event.id))
    return found


def begins_with(later: list[Published], earlier: list[Published]) -> bool:
    """Say whether readers who know the earlier ones see nothing of them changed."""
    now = by_partition(later)
    return all(now[at][: len(told)] == told for at, told in by_partition(earlier).items())


async def test_a_lost_postgresql_comes_back_from_a_dump_and_agrees_with_kafka_again(
    place: Place,
) -> None:
    waiting = place.person()
    await place.talk(waiting, CONVERSATION[:2])
    async with talking(place):
        await place.talk(place.person())
        await place.run("back up")
        await place.talk(place.person())
    assert "TABLE DATA public event" in await place.run("look into the backup")
    await place.quiet()
    await place.stop("session-core")
    seen = await place.told()
    await place.lose_postgres()
    await place.run("restore")
    missing = await place.run("look at what is missing", fails=True)
    stored = (await place.verify())["I2"]["events"]
    await place.start("session-core")
    await place.run("check")
    again = await place.told()
    await place.talk(waiting, CONVERSATION[2:])
    await place.talk(place.person())
    later = await place.told()

    assert 0 < stored < len(seen)
    assert len(LACKED.findall(missing)) == min(100, len(seen) - stored)
    assert by_partition(again) == by_partition(seen)
    assert "deciding it again, event by event" in place.stack.site.log("session-core").read_text()
    assert begins_with(later, seen)
    assert holes(later) == []
    await place.run("check")


async def test_a_store_that_would_say_otherwise_than_kafka_halts_and_tells_nobody_anything(
    place: Place, tmp_path: Path
) -> None:
    await place.run("back up")
    await place.talk(place.person(), CONVERSATION[:2])
    await place.quiet()
    await place.stop("session-core")
    seen = await place.told()
    await place.lose_postgres()
    await place.run("restore")
    flows = tmp_path / "flows"
    shutil.copytree(place.stack.site.root / "flows", flows)
    claim = flows / "claim.yaml"
    claim.write_text(claim.read_text().replace("What is your full name?", "Who are you?"))
    changed = Stack(
        place.stack.site.root,
        place.stack.site.run,
        variables={"session-core": {"SESSION_CORE_FLOWS_DIR": str(flows)}},
    )
    await asyncio.to_thread(lambda: changed.start("session-core", wait=False))
    told = await until_told(changed, {"session-core": "would be another one now"})
    kept = (await place.verify())["I2"]["events"]
    await place.stop("session-core")
    halted = await place.told()
    await place.start("session-core")
    await until_told(place.stack, {"session-core": None})
    await place.run("check")

    assert (told["session-core"] or "").startswith("shard ")
    assert kept == 0
    assert by_partition(halted) == by_partition(seen)


async def test_a_lost_kafka_is_made_anew_and_conversations_go_on_with_the_next_number(
    place: Place,
) -> None:
    waiting = place.person()
    await place.talk(waiting, CONVERSATION[:2])
    await place.talk(place.person())
    await place.quiet()
    seen = await place.told()
    await place.stop(*SERVICES)
    await place.lose_kafka()
    await place.start("session-core", wait=False)
    await until_told(place.stack, {"session-core": "is outside the log of commands"})
    await place.stop("session-core")
    await place.run("a new log of commands")
    await place.start(*SERVICES)
    open_ = await place.run("replies without an outcome")
    await place.talk(waiting, CONVERSATION[2:])
    await place.quiet()
    verdict = await place.run("look at what is missing", fails=True)

    last = {at: told[-1][0] or 0 for at, told in by_partition(seen).items()}
    fresh = by_partition(await place.told())
    assert {at: told[0][0] for at, told in fresh.items()} == {
        at: last.get(at, 0) + 1 for at in fresh
    }
    assert re.search(r"^ +0$", open_, re.MULTILINE)
    for at, number in last.items():
        lacks = f"events 1 to {number}" if number > 1 else "event 1"
        assert f"shard {at}: the topic lacks {lacks}" in verdict


async def test_when_both_are_lost_the_dump_is_where_everything_goes_on_from(place: Place) -> None:
    waiting = place.person()
    await place.talk(waiting, CONVERSATION[:2])
    await place.quiet()
    await place.run("back up")
    before = await place.told()
    await place.talk(place.person())
    await place.stop(*SERVICES)
    await place.lose_kafka()
    await place.lose_postgres()
    await place.run("restore")
    await place.run("a new log of commands")
    await place.start(*SERVICES)
    ready = await reasons(place.stack)
    await waiting.write(CONVERSATION[2])
    question = await waiting.next_reply(within_s=120)

    assert set(ready.values()) == {None}
    assert words_of(question).startswith("What kind of damage")
    last = {at: told[-1][0] or 0 for at, told in by_partition(before).items()}
    for at, told in by_partition(await place.told()).items():
        assert told[0][0] == last.get(at, 0) + 1


def test_every_command_of_the_page_is_run_by_one_of_these() -> None:
    source = Path(__file__).read_text()

    assert [block for block in BLOCKS if f'run("{block}"' not in source] == []
