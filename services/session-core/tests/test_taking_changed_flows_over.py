"""Flow files that change while session-core runs, for better or for worse."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from domain.ports.event_store import StoreUnavailable
from domain.session import InvalidFlow
from session_core.adapters.memory_flow_archive import MemoryFlowArchive
from session_core.app import flow_sources
from session_core.handlers.flows_watch import FlowsWatch
from session_core.use_cases.flow_shelf import FlowShelf

HOURS = """
name: hours
title: Opening hours
triggers: {default: true}
steps:
  - {id: name, ask: "Your name?", text: {}}
  - {id: end, complete: {outcome: told, say: We are open from 8 to 17.}}
"""
LATER = HOURS.replace("17", "18")
WRONG = HOURS.replace("id: end, complete", "id: end, finish")


class Archive(MemoryFlowArchive):
    """Is away for as long as told."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False

    async def kept(self) -> Mapping[tuple[str, str], str]:
        if self.away:
            raise StoreUnavailable("no connection")
        return await super().kept()


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hours.yaml").write_text(HOURS)
    return tmp_path


@pytest.fixture
async def shelf(folder: Path, archive: Archive) -> FlowShelf:
    shelf = FlowShelf(flow_sources(folder), archive)
    await shelf.open()
    return shelf


@pytest.fixture
def watch(folder: Path, shelf: FlowShelf) -> FlowsWatch:
    return FlowsWatch(lambda: flow_sources(folder), shelf, seconds=0.01)


def said(shelf: FlowShelf) -> str:
    return shelf.book.current["hours"].source


def write(folder: Path, source: str, name: str = "hours.yaml") -> None:
    (folder / name).write_text(source)


def refused() -> float | None:
    return REGISTRY.get_sample_value("session_core_refused_flows")


async def twice(watch: FlowsWatch) -> None:
    await watch.look()
    await watch.look()


async def test_a_changed_flow_counts_once_it_was_the_same_at_two_looks(
    watch: FlowsWatch, shelf: FlowShelf, folder: Path, archive: Archive
) -> None:
    before = shelf.book.current["hours"].version
    write(folder, LATER)
    await watch.look()
    assert said(shelf) == HOURS

    await watch.look()
    assert said(shelf) == LATER
    assert shelf.book.of_session("hours", before).source == HOURS
    assert len(await archive.kept()) == 2
    assert watch.note() is None


async def test_while_an_editor_still_writes_nothing_is_taken_over(
    watch: FlowsWatch, shelf: FlowShelf, folder: Path
) -> None:
    for half in (LATER[:80], LATER[:120], LATER):
        write(folder, half)
        await watch.look()

    assert (said(shelf), watch.note()) == (HOURS, None)


async def test_bad_flows_change_nothing_and_are_told_until_they_are_mended(
    watch: FlowsWatch, shelf: FlowShelf, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, WRONG)
    await twice(watch)
    await twice(watch)

    assert said(shelf) == HOURS
    assert "hours.yaml" in str(watch.note())
    assert [one.levelname for one in caplog.records].count("ERROR") == 1
    assert refused() == 1

    write(folder, LATER)
    await twice(watch)
    assert (said(shelf), watch.note(), refused()) == (LATER, None, 0)


async def test_bad_flows_that_are_taken_back_are_forgotten(
    watch: FlowsWatch, shelf: FlowShelf, folder: Path
) -> None:
    write(folder, WRONG)
    await twice(watch)
    write(folder, HOURS)
    await twice(watch)

    assert (said(shelf), watch.note(), refused()) == (HOURS, None, 0)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "hours.yaml").unlink(),
        lambda folder: (folder / "hours.yaml").write_bytes(b"\xff\xfe"),
        lambda folder: (folder / "other.yaml").mkdir(),
    ],
    ids=["gone", "no text", "a folder"],
)
async def test_files_that_cannot_be_read_change_nothing(
    watch: FlowsWatch, shelf: FlowShelf, folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)
    await twice(watch)

    assert said(shelf) == HOURS
    assert watch.note() is not None


async def test_while_the_database_is_away_flows_wait(
    watch: FlowsWatch, shelf: FlowShelf, folder: Path, archive: Archive
) -> None:
    write(folder, LATER)
    archive.away = True
    await twice(watch)
    assert said(shelf) == HOURS

    archive.away = False
    await watch.look()
    assert said(shelf) == LATER


async def test_tests_of_flows_stand_beside_them_and_are_no_flows(folder: Path) -> None:
    write(folder, "flow: hours\ntranscripts: []\n", "hours.test.yaml")

    assert list(flow_sources(folder)) == ["hours.yaml"]


async def migrating(archive: MemoryFlowArchive, steps: str, *more: tuple[str, str]) -> FlowShelf:
    """Return a shelf with a flow that wants the sessions of the version before."""
    old = FlowShelf({"hours.yaml": HOURS}, archive)
    await old.open()
    version = old.book.current["hours"].version
    source = HOURS.replace("id: name", "id: full_name").replace("Your name", "Your full name")
    for before, after in more:
        source = source.replace(before, after)
    return FlowShelf(
        {"hours.yaml": f'{source}migrations:\n  - {{from: "{version}", steps: {steps}}}\n'}, archive
    )


async def test_sessions_may_move_where_every_step_has_its_place(archive: Archive) -> None:
    shelf = await migrating(archive, "{name: full_name}")
    await shelf.open()

    assert len(shelf.book.versions) == 2


@pytest.mark.parametrize(
    ("steps", "more", "told"),
    [
        ("{}", (), "step name is no more"),
        ("{name: full_name, age: full_name}", (), "no step age"),
        (
            "{name: full_name}",
            (("text: {}", "number: {}"),),
            "name is text, but full_name is number",
        ),
    ],
)
async def test_a_migration_that_would_lose_sessions_stops_the_start_with_a_sentence(
    archive: Archive, steps: str, more: Sequence[tuple[str, str]], told: str
) -> None:
    shelf = await migrating(archive, steps, *more)

    with pytest.raises(InvalidFlow, match=told):
        await shelf.open()


async def test_a_migration_from_a_version_of_another_installation_is_no_trouble() -> None:
    shelf = await migrating(MemoryFlowArchive(), "{}")
    elsewhere = FlowShelf(shelf.sources, MemoryFlowArchive())

    await elsewhere.open()


async def test_a_version_that_another_instance_began_with_is_known_when_its_shard_comes(
    shelf: FlowShelf, archive: Archive
) -> None:
    colleague = FlowShelf({"hours.yaml": LATER}, archive)
    await colleague.open()
    version = colleague.book.current["hours"].version

    await shelf.refresh()

    assert shelf.book.of_session("hours", version).source == LATER
    assert said(shelf) == HOURS


async def test_older_versions_are_read_when_a_session_needs_them_and_those_alone_that_can_be(
    shelf: FlowShelf, archive: Archive
) -> None:
    await archive.keep([("hours", "0" * 16, "steps: ["), ("hours", "1" * 16, LATER)])
    await shelf.refresh()

    assert len(shelf.book.versions) == len(list(shelf.book.versions)) == 3
    assert shelf.book.of_session("hours", "1" * 16).source == LATER
    assert shelf.book.of_session("hours", "1" * 16) is shelf.book.of_session("hours", "1" * 16)
    with pytest.raises(InvalidFlow):
        shelf.book.of_session("hours", "0" * 16)
    with pytest.raises(KeyError):
        shelf.book.of_session("hours", "2" * 16)
