"""What an image holds, without an image: each member installed alone, and started from there."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.clean_install import Installed, install
from deploy.deployables import declared, development
from devstack.ports import LOOPBACK
from devstack.services import LOOKUPS, SERVICES, SIMULATOR

pytestmark = pytest.mark.connected

PATIENCE_S = 60

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


@pytest.fixture(scope="module", params=[*SERVICES, SIMULATOR, LOOKUPS])
def member(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(request.param, tmp_path_factory.mktemp(request.param) / "venv")


def test_nothing_of_development_is_installed_beside_a_member(member: Installed) -> None:
    found = set(json.loads(member.answer(INSTALLED)))
    own = {f"wa-{member.name}"}

    assert found & development() <= declared(member.name)
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
