"""What has an image: its Dockerfile, read as instructions, and what the lock file gives to it."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from deploy.clean_install import ROOT
from devstack.services import module_of


@dataclass(frozen=True, slots=True)
class Deployable:
    """A member of the workspace with a Dockerfile."""

    folder: Path

    @property
    def name(self) -> str:
        """What the image is called, below `whatsapp-agent/`."""
        return self.folder.name

    @property
    def module(self) -> str:
        """What the image runs by `python -m`."""
        return module_of(self.name)

    @property
    def prefix(self) -> str:
        """What its variables begin with."""
        return f"{self.module.upper()}_"

    @property
    def description(self) -> str:
        """What it is for, in its own words."""
        project = tomllib.loads((self.folder / "pyproject.toml").read_text())["project"]
        return str(project["description"])

    @property
    def text(self) -> str:
        """The whole Dockerfile."""
        return (self.folder / "Dockerfile").read_text()

    def instructions(self, word: str) -> list[str]:
        """Return the arguments of each `word` of the stage that becomes the image."""
        last = self.text[self.text.rindex("\nFROM ") :].replace("\\\n", " ")
        lines = (line.partition(" ") for line in last.splitlines())
        return [rest for found, _, rest in lines if found == word]


DEPLOYABLES = tuple(Deployable(file.parent) for file in sorted(ROOT.glob("*/*/Dockerfile")))


def locked_for(name: str) -> Iterator[dict[str, Any]]:
    """Yield everything that the lock file installs with a member, the member's own kin left out."""
    waiting, met = [(f"wa-{name}", frozenset[str]())], set()
    while waiting:
        package, extras = waiting.pop()
        if (package, extras) in met:
            continue
        met.add((package, extras))
        found = _locked()[package]
        if "registry" in found["source"] and extras == frozenset():
            yield found
        waiting += [
            (wanted["name"], some)
            for wanted in _wanted(found, extras)
            for some in {frozenset(), frozenset(wanted.get("extra", ()))}
        ]


def _wanted(package: dict[str, Any], extras: frozenset[str]) -> Iterator[dict[str, Any]]:
    if not extras:
        yield from package.get("dependencies", ())
    for extra in extras:
        yield from package.get("optional-dependencies", {}).get(extra, ())


@cache
def _locked() -> dict[str, dict[str, Any]]:
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    return {package["name"]: package for package in lock["package"]}


def declared(name: str) -> set[str]:
    """Return what a member says that it needs."""
    (file,) = ROOT.glob(f"*/{name}/pyproject.toml")
    return _names(tomllib.loads(file.read_text())["project"]["dependencies"])


def development() -> set[str]:
    """Return what only who works on the project installs, and what installs."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    installers = {"pip", "setuptools", "uv", "uv-build", "wheel"}
    return installers.union(*(_names(lines) for lines in groups.values()))


def _names(lines: Iterable[object]) -> set[str]:
    """Return the names in lines of requirements; a group's mention of another is no line."""
    return {Requirement(line).name.lower() for line in lines if isinstance(line, str)}
