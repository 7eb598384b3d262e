"""The images, really built and run: on a stand-in for the base that no registry is needed for."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from deploy.clean_install import ROOT
from deploy.deployables import DEPLOYABLES, Deployable, declared, development, locked_for
from deploy.docker_engine import PATH, Engine, cache, missing, running_engine
from deploy.stand_ins import PYTHON_IMAGE, import_base, python_prefix
from devstack.services import LOOKUPS, SERVICES, SIMULATOR

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1800)]

VERSION = "0.0.0-tried"
ROOM = 85_000_000
"""Bytes that an image may add to its base: the real base has about 120 MB, both together 200."""
MORE_ROOM = {
    "session-core": 160_000_000,
    "file-manager": 115_000_000,
    "crm-notifier": 105_000_000,
    "demo": 100_000_000,
    "agentctl": 210_000_000,
}
"""Languages and CEL; pictures; signatures; what is no service; what knows the settings of all."""
FLOWS = "/etc/whatsapp-agent/flows"
TABLE = "/etc/whatsapp-agent/desk.yaml"
HARDENED = (
    *("--network", "host", "--read-only", "--tmpfs", "/tmp:rw,noexec,nosuid,size=64m"),  # noqa: S108
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--memory", "512m", "--pids-limit", "200", "--health-interval", "1s"),
    *("--volume", f"{ROOT}/flows:{FLOWS}:ro"),
    *("--volume", f"{ROOT}/tools/lookups/desk.yaml:{TABLE}:ro"),
)

SERVERS = [image for image in DEPLOYABLES if image.name in {*SERVICES, LOOKUPS, SIMULATOR}]
every_image = pytest.mark.parametrize("image", DEPLOYABLES, ids=lambda image: image.name)
every_server = pytest.mark.parametrize("image", SERVERS, ids=lambda image: image.name)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Run an engine that has built every image by `make images`."""
    lacking = missing()
    if lacking:
        pytest.fail(f"to run images this needs {', '.join(lacking)}", pytrace=False)
    with running_engine(cache() / "docker") as it:
        import_base(it)
        it.run(
            "make",
            "images",
            VERSION=VERSION,
            BUILD_OPTIONS="--network host",
            PATH=f"{PATH}:{os.environ['PATH']}",
        )
        yield it


def tag(image: Deployable) -> str:
    return f"whatsapp-agent/{image.name}:{VERSION}"


def inside(engine: Engine, image: Deployable, program: str) -> str:
    """Run a Python program in the image; return what it prints."""
    return engine.docker(
        *("run", "--rm", "--network", "none", "--entrypoint", "python"),
        *(tag(image), "-c", program),
    )


@every_image
def test_an_image_adds_no_more_to_its_base_than_it_has_room_for(
    engine: Engine, image: Deployable
) -> None:
    base, whole = (
        int(engine.docker("image", "inspect", "--format", "{{.Size}}", name))
        for name in (PYTHON_IMAGE, tag(image))
    )
    print(f"{image.name}: {(whole - base) / 1e6:.1f} MB on its base")  # noqa: T201 - the figure

    assert whole - base <= MORE_ROOM.get(image.name, ROOM)


@pytest.fixture(scope="module")
def boms() -> Path:
    """Write what images hold by `make sbom`, with the Python that they have here."""
    python = python_prefix() / "bin" / "python3"
    subprocess.run(  # noqa: S603 - our own command
        ["/usr/bin/make", "sbom", f"IMAGE_PYTHON={python}"], cwd=ROOT, check=True
    )
    return ROOT / "dist" / "sbom"


def held(engine: Engine, image: Deployable) -> dict[str, str]:
    """Return name and version of everything that Python finds in an image."""
    program = (
        "import importlib.metadata as metadata, json; print(json.dumps("
        "{found.name: found.version for found in metadata.distributions()}))"
    )
    found: dict[str, str] = json.loads(inside(engine, image, program))
    return {canonicalize_name(name): version for name, version in found.items()}


@every_image
def test_the_bill_of_materials_names_just_what_an_image_holds(
    engine: Engine, image: Deployable, boms: Path
) -> None:
    bill = json.loads((boms / f"{image.name}.cdx.json").read_text())
    named = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}
    licences = (boms / f"{image.name}.licences.md").read_text()
    of_base = {"pip", "setuptools"}
    itself = f"wa-{image.name}"

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert named | {itself: held(engine, image)[itself]} == {
        name: version for name, version in held(engine, image).items() if name not in of_base
    }
    assert all(f"| {name}" in licences.lower().replace("_", "-") for name in named)
    assert "GPL" not in licences


@every_image
def test_an_image_holds_the_locked_versions_and_nothing_of_development(
    engine: Engine, image: Deployable
) -> None:
    found = held(engine, image)
    locked = {package["name"]: package["version"] for package in locked_for(image.name)}
    strange = {name for name, version in found.items() if version != locked.get(name)}

    assert development() & found.keys() <= declared(image.name) | {"pip"}  # pip is the base's
    assert {name for name in strange if not name.startswith("wa-")} <= {"pip", "setuptools"}


@every_image
def test_an_image_holds_neither_tests_nor_sources_nor_anything_it_may_change(
    engine: Engine, image: Deployable
) -> None:
    program = """
import os
for folder, _, names in os.walk("/"):
    if folder.startswith(("/proc", "/sys", "/dev")):
        continue
    for name in names:
        path = os.path.join(folder, name)
        if os.access(path, os.W_OK) and not os.path.islink(path) and folder != "/dev":
            print("may change", path)
        if name in {"conftest.py", "uv.lock", ".env"} or folder.startswith("/src"):
            print("holds", path)
"""

    assert inside(engine, image, program) == ""


@every_image
def test_an_image_tells_its_version_and_runs_as_nobody_in_particular(
    engine: Engine, image: Deployable
) -> None:
    config = json.loads(engine.docker("image", "inspect", tag(image)))[0]["Config"]
    revision = engine.run("git", "-c", "safe.directory=*", "rev-parse", "HEAD")

    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.version"] == VERSION
    assert config["Labels"]["org.opencontainers.image.revision"] == revision


@every_server
def test_an_image_without_settings_ends_by_naming_them(engine: Engine, image: Deployable) -> None:
    with pytest.raises(AssertionError, match=r"cannot start: .* is missing"):
        engine.docker("run", "--rm", "--network", "none", "--read-only", tag(image))


@every_server
def test_a_service_is_well_without_any_right_and_stops_when_asked(
    engine: Engine, image: Deployable, variables: Mapping[str, str]
) -> None:
    told = {**variables, "SESSION_CORE_FLOWS_DIR": FLOWS, "LOOKUPS_TABLE": TABLE}
    words = [word for name, value in told.items() for word in ("--env", f"{name}={value}")]
    if image.name == "session-core":
        engine.docker("run", "--rm", *HARDENED, *words, tag(image), "migrate")
    container = engine.docker("run", "--detach", *HARDENED, *words, tag(image))
    try:
        health = settled(engine, container)
        ready = is_ready(engine, container, image)
        engine.docker("stop", "--time", "20", container)
        code = engine.docker("inspect", "--format", "{{.State.ExitCode}}", container)
        output = engine.docker("logs", container)
    finally:
        engine.docker("rm", "--force", container)

    assert (health, ready, code) == ("healthy", True, "0"), output


def settled(engine: Engine, container: str, patience_s: float = 120) -> str:
    """Return what the image's own check makes of the container, once it says anything."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        told = engine.docker(
            "inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", container
        )
        if told != "running starting":
            return told.removeprefix("running ")
        time.sleep(0.2)
    return "starting"


def is_ready(engine: Engine, container: str, image: Deployable, patience_s: float = 60) -> bool:
    """Say whether the service can work after a while."""
    check = ("python", "-IS", "/opt/health.py", f"{image.prefix}PORT", "/readyz")
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        with suppress(AssertionError):
            engine.docker("exec", container, *check)
            return True
        time.sleep(0.2)
    return False
