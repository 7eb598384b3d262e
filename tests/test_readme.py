import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.person import Person
from devstack.endpoints import Endpoints
from domain.session import FlowBook
from flow import shelf
from watching import Meet

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_every_file_that_the_readme_links_to_exists() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", README)

    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_make_target_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"make ([a-z-]+)", README))

    assert {name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)} == set()


def test_the_step_that_the_readme_adds_to_a_flow_is_one_that_runs() -> None:
    (step,) = blocks("yaml")
    sources = shelf.sources(ROOT / "flows")
    changed = sources["callback.yaml"].replace("  - id: email\n", f"{step}\n  - id: email\n")
    flow = FlowBook.of({**sources, "callback.yaml": changed}).current["callback"]

    assert flow.following["slot"] == "topic"
    assert flow.following["topic"] == "email"


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Let programs hear it: a shell has its background jobs ignore it, and all that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.system
@pytest.mark.usefixtures("ctrl_c")
async def test_the_program_in_the_readme_reads_the_events(known: Endpoints, meet: Meet) -> None:
    (program,) = blocks("python")
    person: Person = meet()
    await person.write("hello")
    await person.next_reply()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-c", program, known.kafka),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode()
    process.send_signal(signal.SIGINT)
    _, complaints = await process.communicate()

    assert process.returncode == 0
    assert b"Traceback" not in complaints
    assert re.fullmatch(r"\d 1 [a-z.-]+\.v1 [0-9a-f-]{36}\n", line)
