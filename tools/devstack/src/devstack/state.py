"""What the stack remembers between two commands: who runs, since when, on which port."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, Field

from devstack.processes import Identity


class Running(BaseModel):
    """A process that was started and not stopped since; it may have died unnoticed."""

    identity: Identity
    started_at: float
    log_start: int = 0
    """Size of its log, in bytes, when it started."""
    api_port: int | None = None


class State(BaseModel):
    """The content of `.run/state.json`."""

    ports: dict[str, int] = Field(default_factory=dict)
    processes: dict[str, Running] = Field(default_factory=dict)


def load(path: Path) -> State:
    """Read the state; no file means a stack that never ran."""
    return State.model_validate_json(path.read_bytes()) if path.exists() else State()


def save(path: Path, state: State) -> None:
    """Replace the state in one step, so that a reader never sees half of it."""
    write_privately(path, state.model_dump_json(indent=1))


def write_privately(path: Path, text: str) -> None:
    """Replace `path` in one step by a file that only its owner can read."""
    _draft(path, text).replace(path)


def write_once(path: Path, text: str) -> None:
    """Do the same unless the file is there; of several that try at once, one wins."""
    draft = _draft(path, text)
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def _draft(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return Path(draft)
