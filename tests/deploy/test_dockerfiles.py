"""What can be said of the images without building one."""

import json
import subprocess
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths  # type: ignore[import-untyped]  # ships no types
from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

from deploy.clean_install import ROOT
from deploy.deployables import DEPLOYABLES, Deployable, locked_for
from devstack.services import LOOKUPS, SERVICES, SIMULATOR

INGRESS = next(one for one in DEPLOYABLES if one.name == "ingress")
SERVERS = [one for one in DEPLOYABLES if one.name in {*SERVICES, LOOKUPS, SIMULATOR}]
IGNORED = (ROOT / ".dockerignore").read_text().splitlines()

every_image = pytest.mark.parametrize("image", DEPLOYABLES, ids=lambda image: image.name)


def test_every_service_and_what_stands_in_for_the_outside_world_has_a_dockerfile() -> None:
    assert {one.name for one in SERVERS} == {*SERVICES, LOOKUPS, SIMULATOR}
    assert {one.folder for one in DEPLOYABLES} >= {
        file.parent for file in ROOT.glob("services/*/pyproject.toml")
    }


@pytest.mark.parametrize("image", SERVERS, ids=lambda image: image.name)
def test_the_images_of_services_differ_in_nothing_but_what_they_are_called(
    image: Deployable,
) -> None:
    expected = INGRESS.text
    for of_ingress, own in (
        (INGRESS.description, image.description),
        ("services/ingress", str(image.folder.relative_to(ROOT))),
        ("whatsapp-agent/ingress", f"whatsapp-agent/{image.name}"),
        ("whatsapp-agent ingress", f"whatsapp-agent {image.name}"),
        ("wa-ingress", f"wa-{image.name}"),
        (INGRESS.prefix, image.prefix),
        ('"ingress"]', f'"{image.module}"]'),
    ):
        expected = expected.replace(of_ingress, own)

    assert image.text == expected + ('CMD ["run"]\n' if image.name == "session-core" else "")


@every_image
def test_an_image_runs_as_nobody_in_particular_and_needs_no_shell(image: Deployable) -> None:
    said = [
        *image.instructions("ENTRYPOINT"),
        *image.instructions("CMD"),
        *(one.partition("CMD ")[2] for one in image.instructions("HEALTHCHECK") if "CMD" in one),
    ]

    assert image.instructions("USER") == ["10001:10001"]
    assert image.instructions("RUN") == []
    assert json.loads(image.instructions("ENTRYPOINT")[0])[:2] == ["python", "-m"]
    assert all(isinstance(json.loads(words), list) for words in said)


@every_image
def test_an_image_says_what_it_is_and_whether_it_is_well(image: Deployable) -> None:
    (labels,) = image.instructions("LABEL")
    told = {part.split("=")[0] for part in labels.split("  ") if "=" in part}

    assert {f"org.opencontainers.image.{word}" for word in LABELS} <= {one.strip() for one in told}
    assert f'"{image.description}"' in labels
    assert len(image.instructions("HEALTHCHECK")) == 1


LABELS = ("title", "description", "version", "revision")


@every_image
def test_an_image_is_built_from_locked_versions_without_development(image: Deployable) -> None:
    syncs = [line for line in image.text.splitlines() if "uv sync" in line]

    assert len(syncs) == 2
    assert all("--no-dev" in line for line in syncs)
    assert all(f"--package wa-{image.name}" in line for line in syncs)
    assert "--locked" in syncs[-1]
    assert "--no-editable" in syncs[-1]
    assert "UV_PYTHON_DOWNLOADS" not in image.text  # the workspace forbids them already


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@every_image
def test_everything_that_an_image_needs_is_published_for_both_kinds_of_machine(
    image: Deployable, machine: str
) -> None:
    missing = [
        f"{package['name']} {package['version']}"
        for package in locked_for(image.name)
        if not any(fits(wheel["url"], machine) for wheel in package.get("wheels", ()))
    ]

    assert missing == []


def fits(url: str, machine: str) -> bool:
    """Say whether a wheel installs in python:3.12-slim on such a machine."""
    _, _, _, tags = parse_wheel_filename(url.rpartition("/")[2])
    return any(_is_for_312(tag) and _is_for(tag, machine) for tag in tags)


def _is_for_312(tag: Tag) -> bool:
    of_any_312 = tag.interpreter == "py3" or (tag.interpreter, tag.abi) == ("cp312", "cp312")
    return of_any_312 or (tag.abi == "abi3" and int(tag.interpreter.removeprefix("cp3")) <= 12)


def _is_for(tag: Tag, machine: str) -> bool:
    linux = tag.platform.startswith("manylinux") and tag.platform.endswith(machine)
    return tag.platform == "any" or linux


def test_neither_secrets_nor_tests_nor_what_a_machine_left_gets_into_a_build(
    tmp_path: Path,
) -> None:
    wanted = {
        "pyproject.toml",
        "uv.lock",
        "libs/domain/pyproject.toml",
        "libs/domain/src/domain/values.py",
        "services/ingress/pyproject.toml",
        "services/ingress/src/ingress/app.py",
        "tools/bench/pyproject.toml",
        "tools/simulator/src/simulator/page/index.html",
        "deploy/images/health.py",
    }
    unwanted = {
        ".env",
        ".git/config",
        ".run/secrets.json",
        ".venv/bin/python",
        "deploy/compose/secrets.env",
        "id.key",
        "libs/domain/src/domain/__pycache__/values.pyc",
        "libs/domain/tests/test_values.py",
        "services/ingress/.env",
        "services/ingress/Dockerfile",
        "services/ingress/src/ingress/.env.local",
        "services/ingress/src/ingress/meta.pem",
        "services/ingress/tests/conftest.py",
        "tests/conftest.py",
        "tools/devstack/src/devstack/credentials.py",
    }
    for name in wanted | unwanted:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    sent = {name for name in exclude_paths(tmp_path, IGNORED) if (tmp_path / name).is_file()}

    assert sent == wanted


def test_every_member_is_known_to_a_build_since_the_lock_file_knows_them_all() -> None:
    sent = exclude_paths(ROOT, IGNORED)
    members = {str(file.relative_to(ROOT)) for file in ROOT.glob("*/*/pyproject.toml")}
    needed = {f"{one.folder.relative_to(ROOT)}/src" for one in DEPLOYABLES}

    assert members <= sent
    assert needed <= sent


@pytest.mark.parametrize("script", ["build.sh", "sbom.sh"])
def test_a_name_that_no_image_has_is_told_rather_than_passed_over(script: str) -> None:
    ran = subprocess.run(  # noqa: S603 our own script
        [str(ROOT / "deploy" / "images" / script), "ingress", "sendr"],
        env={"PATH": "/usr/bin:/bin", "DOCKER": "false", "UV": "false"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (1, "nothing with a Dockerfile is called sendr\n")
