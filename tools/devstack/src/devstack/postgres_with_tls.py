"""A PostgreSQL that knows TLS, which the one of the wheel was built without. For tests."""

import platform
import tarfile
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from filelock import FileLock

from devstack import jars
from devstack.failure import StackError
from devstack.postgres import Installation

_VERSION = "18.4.0"
_KINDS = {
    ("Linux", "x86_64"): "linux-amd64",
    ("Linux", "aarch64"): "linux-arm64v8",
    ("Darwin", "x86_64"): "darwin-amd64",
    ("Darwin", "arm64"): "darwin-arm64v8",
}


def installation(report: jars.Report) -> Installation:
    """Return it, downloading it from Maven Central if this user never did. Raises StackError."""
    program = jars.Program(f"postgres-tls-jar-{_VERSION}", _find)
    [jar] = Path(jars.class_path(program, report).removesuffix("*")).glob("*.jar")
    folder = jars.cache_dir() / f"postgres-tls-{_VERSION}"
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if not folder.exists():
            _unpack(jar, folder)
    return Installation(folder, "installed")


def _find(repository: Path) -> Iterable[jars.Artifact]:
    from jgo.maven import MavenContext  # noqa: PLC0415 - slow to import, needed once per user

    kind = _KINDS.get((platform.system(), platform.machine()))
    if kind is None:
        raise StackError(f"there is no PostgreSQL with TLS for {platform.platform()}")
    group, name = "io.zonky.test.postgres", f"embedded-postgres-binaries-{kind}"
    component = MavenContext(repo_cache=repository, timeout=60).project(group, name)
    return [component.at_version(_VERSION).artifact()]


def _unpack(jar: Path, folder: Path) -> None:
    draft = folder.with_name(f"{folder.name}.draft")
    with zipfile.ZipFile(jar) as outer:
        [packed] = [name for name in outer.namelist() if name.endswith(".txz")]
        with tarfile.open(fileobj=BytesIO(outer.read(packed)), mode="r:xz") as inner:
            inner.extractall(draft / "installed", filter="data")
    draft.rename(folder)
