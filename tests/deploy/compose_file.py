"""The compose file and the variables that it asks for."""

import re
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from deploy.clean_install import ROOT

FILE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / ".env.example"
COMPOSE = Path(sysconfig.get_path("purelib")) / "compose" / "docker-compose"
"""The program itself: the wrapper of the package throws its exit code away."""

TEXT = FILE.read_text()
SERVICES: Mapping[str, Mapping[str, Any]] = yaml.safe_load(TEXT)["services"]


def asked_for() -> set[str]:
    """Return the variables that the compose file reads."""
    return set(re.findall(r"\$\{(\w+)", TEXT))


def given() -> dict[str, str]:
    """Return what the example sets, without what it only mentions."""
    lines = (line.partition("=") for line in EXAMPLE.read_text().splitlines())
    return {name: value for name, sign, value in lines if sign and not name.startswith("#")}


def mentioned() -> set[str]:
    """Return every variable that the example sets or mentions."""
    return set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", EXAMPLE.read_text(), re.MULTILINE))


def environment(service: str, **more: str) -> dict[str, str]:
    """Return what a service is told where `.env` is the example, and says this as well."""
    values = {**given(), **more}

    def value(asked: re.Match[str]) -> str:
        return values.get(asked[1]) or asked[2] or ""

    told = {name: str(text) for name, text in SERVICES[service]["environment"].items()}
    for name, text in told.items():
        while text != (text := _VARIABLE.sub(value, text)):
            pass
        told[name] = text
    return told


_VARIABLE = re.compile(r"\$\{(\w+)(?::[-?]([^${}]*))?\}")
"""One that holds no other."""
