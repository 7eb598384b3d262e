"""What an image holds, without an image: each member installed alone, and started from there."""

import json
import subprocess
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

from deploy.clean_install import ROOT, Installed, install
from devstack.credentials import Credentials
from devstack.endpoints import S3Endpoint
from devstack.ports import LOOPBACK, free_port
from devstack.services import LOOKUPS, SERVICES, SIMULATOR, Addresses, environment

pytestmark = pytest.mark.connected

PATIENCE_S = 60
NOBODY = f"http://{LOOPBACK}:9"
"""Where nothing listens: what is called only once somebody writes."""

INSTALLED = """
import importlib.metadata as metadata, json
print(json.dumps([found.metadata["Name"].lower() for found in metadata.distributions()]))
"""
IMPORT_ALL = """
import importlib, pkgutil
package = importlib.import_module("{package}")
for found in pkgutil.walk_packages(package.__path__, "{package}."):
    importlib.import_module(found.name)
print(package.__file__)
"""


def requirements(lines: Iterable[object]) -> set[str]:
    """Return the names in lines of requirements; a group's mention of another is no line."""
    return {Requirement(line).name.lower() for line in lines if isinstance(line, str)}


def declared(name: str) -> set[str]:
    """Return what a member says that it needs."""
    (file,) = ROOT.glob(f"*/{name}/pyproject.toml")
    return requirements(tomllib.loads(file.read_text())["project"]["dependencies"])


GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
OF_DEVELOPMENT = {"pip", "setuptools", "uv", "uv-build", "wheel"}.union(
    *(requirements(lines) for lines in GROUPS.values())
)


@pytest.fixture(scope="module", params=[*SERVICES, SIMULATOR, LOOKUPS])
def member(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(request.param, tmp_path_factory.mktemp(request.param) / "venv")


@pytest.fixture
def variables(kafka: str, topic_prefix: str, postgres: str, s3: S3Endpoint) -> Mapping[str, str]:
    """Tell everybody everything; each reads what begins with its own name."""
    addresses = Addresses(kafka, postgres, s3.endpoint_url, simulator=NOBODY, ingress=NOBODY)
    keys = Credentials(s3_access_key_id=s3.access_key_id, s3_secret_access_key=s3.secret_access_key)
    told: dict[str, str] = {}
    for name in (*SERVICES, SIMULATOR, LOOKUPS):
        told |= environment(name, port=free_port(), addresses=addresses, keys=keys, root=ROOT)
        told[f"{name.replace('-', '_').upper()}_TOPIC_PREFIX"] = topic_prefix
    return told


def test_nothing_of_development_is_installed_beside_a_member(member: Installed) -> None:
    found = set(json.loads(member.answer(INSTALLED)))
    own = {f"wa-{member.name}"}

    assert found & OF_DEVELOPMENT <= declared(member.name)
    assert {name for name in found if name.startswith("wa-")} - declared(member.name) == own


def test_every_module_of_a_member_can_be_imported_and_is_a_copy(member: Installed) -> None:
    imported = member.answer(IMPORT_ALL.format(package=member.module))

    assert Path(imported.strip()).is_relative_to(member.folder)


def test_a_member_starts_becomes_ready_and_stops_when_asked(
    member: Installed, variables: Mapping[str, str]
) -> None:
    if member.name == "session-core":
        migrated = member.run("migrate", **variables)
        assert migrated.returncode == 0, migrated.stderr
    with running(member, variables) as process:
        ready = answered(process, int(variables[f"{member.module.upper()}_PORT"]))
        process.terminate()
        output, _ = process.communicate(timeout=PATIENCE_S)

    assert ready, output
    assert process.returncode == 0, output


@contextmanager
def running(member: Installed, variables: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(  # noqa: S603 - our own command
        member.command(*member.starting),
        env=variables,
        cwd=member.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def answered(process: subprocess.Popen[str], port: int) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            answer = httpx.get(f"http://{LOOPBACK}:{port}/readyz", timeout=2, trust_env=False)
        except httpx.HTTPError:
            pass
        else:
            if answer.status_code == httpx.codes.OK:
                return True
        time.sleep(0.05)
    return False
