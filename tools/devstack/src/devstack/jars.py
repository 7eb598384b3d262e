"""Java programs from Maven Central: downloaded once per user, complete or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock

from devstack.failure import StackError

_AT_ONCE = 6


class Artifact(Protocol):
    """One file of a Maven repository, as jgo knows it."""

    def resolve(self) -> Path:
        """Return the local path of the file, downloading it when needed."""


class Report(Protocol):
    """Shows a person how far a download is."""

    def __call__(self, what: str, done: int, total: int, /) -> None:
        """`done` of `total` files of `what` are here; `total` is 0 while it is not known."""


@dataclass(frozen=True)
class Program:
    """A Java program: its folder in the cache (named by version) and how to find its files."""

    folder: str
    find: Callable[[Path], Iterable[Artifact]]


def class_path(program: Program, report: Report) -> str:
    """Return the class path of `program`, downloading it first if this user never did."""
    folder = cache_dir() / program.folder
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{program.folder}.lock")):
            if not folder.exists():
                _download(program, folder, report)
    return f"{folder}/*"


def cache_dir() -> Path:
    """Return `$XDG_CACHE_HOME/whatsapp-agent`, by default `~/.cache/whatsapp-agent`."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "whatsapp-agent"


def _download(program: Program, folder: Path, report: Report) -> None:
    # jgo writes straight to its repository and would take a torn file for a whole one: it gets a
    # repository of its own each time, and only a complete folder receives the name.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="partial-") as scratch:
        ready = Path(scratch) / "ready"
        ready.mkdir()
        try:
            _collect(program, Path(scratch), ready, report)
        except Exception as error:
            raise StackError(
                f"cannot download {program.folder} from Maven Central: {_one_line(error)}"
            ) from error
        ready.rename(folder)


def _collect(program: Program, scratch: Path, ready: Path, report: Report) -> None:
    report(program.folder, 0, 0)
    artifacts = list(program.find(scratch / "repository"))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, jar in enumerate(pool.map(_resolve, artifacts), start=1):
            shutil.move(jar, ready / jar.name)
            report(program.folder, done, len(artifacts))


def _resolve(artifact: Artifact) -> Path:
    return artifact.resolve()


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _find_kafka(repository: Path) -> Iterable[Artifact]:
    from jgo.maven import MavenContext  # noqa: PLC0415 - slow to import, needed once per user
    from jgo.parse import Coordinate  # noqa: PLC0415 - the same

    context = MavenContext(repo_cache=repository, timeout=60)
    wanted = [
        context.create_dependency(Coordinate(group, artifact, version, scope="compile"))
        for group, artifact, version in (
            ("org.apache.kafka", "kafka_2.13", "4.4.0"),
            ("org.slf4j", "slf4j-simple", "1.7.36"),
        )
    ]
    inputs, others = context.resolver.resolve(wanted)
    needed = [other for other in others if other.scope in {"compile", "runtime"}]
    return [dependency.artifact for dependency in (*inputs, *needed)]


def _find_s3proxy(repository: Path) -> Iterable[Artifact]:
    from jgo.maven import MavenContext  # noqa: PLC0415 - slow to import, needed once per user

    component = MavenContext(repo_cache=repository, timeout=60).project("org.gaul", "s3proxy")
    return [component.at_version("3.1.0").artifact(classifier="jar-with-dependencies")]


KAFKA = Program("kafka-4.4.0", _find_kafka)
"""The broker, with the slf4j binding that matches its slf4j-api, so that its log is seen."""

S3PROXY = Program("s3proxy-3.1.0", _find_s3proxy)
"""One jar; its published dependency list cannot be resolved."""
