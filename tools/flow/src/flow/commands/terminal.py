"""The terminal of an author: where flows are, what runs here, and how lines are shown."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.text import Text

from devstack.endpoints import Endpoints
from flow.shelf import NotThere

FLOWS = Path("flows")
Folder: TypeAlias = Annotated[Path, typer.Option("--flows", help="The folder of the flows.")]
console = Console(highlight=False, soft_wrap=True)
_STYLES = {"-": "red", "+": "green", "?": "dim"}

_ENDPOINTS = Path(".run/endpoints.json")


def running() -> Endpoints:
    """Return the addresses of the system that runs here. Raises NotThere."""
    if not _ENDPOINTS.is_file():
        raise NotThere("nothing runs here: start the system with make up")
    return Endpoints.model_validate_json(_ENDPOINTS.read_text(encoding="utf-8"))


def show(lines: Iterable[str]) -> None:
    """Print lines; what was expected in red, and what came in green."""
    for line in lines:
        console.print(Text(line, style=_STYLES.get(line.strip()[:1], "")))
