"""What commands share: where flows are, and how lines are shown."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.text import Text

FLOWS = Path("flows")
Folder: TypeAlias = Annotated[Path, typer.Option("--flows", help="The folder of the flows.")]
console = Console(highlight=False, soft_wrap=True)
_STYLES = {"-": "red", "+": "green", "?": "dim"}


def show(lines: Iterable[str]) -> None:
    """Print lines; what was expected in red, and what came in green."""
    for line in lines:
        console.print(Text(line, style=_STYLES.get(line.strip()[:1], "")))
