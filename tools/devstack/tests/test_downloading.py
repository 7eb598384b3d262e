"""Programs are downloaded once per user; half of one is never taken for the whole."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from devstack.failure import StackError
from devstack.jars import Artifact, Program, class_path


class Jar:
    """A file that the repository has."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / name

    def resolve(self) -> Path:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(self._path.name)
        return self._path


class Torn(Jar):
    """A file whose download breaks off after its first bytes."""

    def resolve(self) -> Path:
        super().resolve()
        raise ConnectionError("reset by peer\n after 3 bytes")


class Repository:
    """Counts how often it is asked."""

    def __init__(self, jars: type[Jar] = Jar) -> None:
        self.asked = 0
        self.jars = jars

    def find(self, folder: Path) -> Iterable[Artifact]:
        self.asked += 1
        return [Jar(folder, "whole.jar"), self.jars(folder, "other.jar")]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "whatsapp-agent"


def silence(_what: str, _done: int, _total: int) -> None:
    return


def test_a_program_is_downloaded_only_the_first_time(cache: Path) -> None:
    repository = Repository()
    program = Program("tool-1.0", repository.find)
    first, second = class_path(program, silence), class_path(program, silence)

    assert first == second == f"{cache}/tool-1.0/*"
    assert sorted(path.name for path in (cache / "tool-1.0").iterdir()) == [
        "other.jar",
        "whole.jar",
    ]
    assert repository.asked == 1


def test_a_broken_download_leaves_nothing_that_looks_complete(cache: Path) -> None:
    with pytest.raises(StackError, match=r"cannot download tool-1.0 .* reset by peer after 3"):
        class_path(Program("tool-1.0", Repository(Torn).find), silence)

    assert [path.name for path in cache.iterdir() if path.is_dir()] == []


def test_after_a_broken_download_the_next_attempt_succeeds(cache: Path) -> None:
    repository = Repository(Torn)
    program = Program("tool-1.0", repository.find)
    with pytest.raises(StackError):
        class_path(program, silence)
    repository.jars = Jar
    class_path(program, silence)

    assert (cache / "tool-1.0" / "other.jar").read_text() == "other.jar"


def test_two_checkouts_that_start_at_once_download_once() -> None:
    repository, together = Repository(), Barrier(2)
    program = Program("tool-1.0", repository.find)

    def checkout(_number: int) -> str:
        together.wait(5)
        return class_path(program, silence)

    with ThreadPoolExecutor(2) as pool:
        paths = set(pool.map(checkout, range(2)))

    assert len(paths) == 1
    assert repository.asked == 1


def test_a_person_sees_how_far_the_download_is() -> None:
    seen: list[tuple[str, int, int]] = []
    report = lambda what, done, total: seen.append((what, done, total))  # noqa: E731 - a spy
    class_path(Program("tool-1.0", Repository().find), report)

    assert seen == [("tool-1.0", 0, 0), ("tool-1.0", 1, 2), ("tool-1.0", 2, 2)]
