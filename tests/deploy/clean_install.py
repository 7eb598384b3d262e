"""One member of the workspace in an environment of its own, as its image holds it."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from devstack.services import module_of

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Installed:
    """A member, installed as a copy: nothing in it leads back to the checkout."""

    name: str
    folder: Path

    @property
    def module(self) -> str:
        """What `python -m` runs."""
        return module_of(self.name)

    @property
    def python(self) -> str:
        """The interpreter of the environment."""
        return str(self.folder / "bin" / "python")

    @property
    def starting(self) -> tuple[str, ...]:
        """What is said behind the module to start the service."""
        return ("run",) if self.name == "session-core" else ()

    def command(self, *arguments: str) -> list[str]:
        """Return how the member is run: cut off from the caller's paths, as in its image."""
        return [self.python, "-I", "-m", self.module, *arguments]

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the member with these variables alone, and return when it has ended."""
        return subprocess.run(  # noqa: S603 - our own command
            self.command(*arguments),
            env=variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def answer(self, program: str) -> str:
        """Run a program in the environment; return what it prints."""
        command = [self.python, "-I", "-c", program]
        return subprocess.run(  # noqa: S603 - our own command
            command, env={}, cwd=self.folder, capture_output=True, text=True, check=True
        ).stdout


def install(name: str, folder: Path) -> Installed:
    """Install a member with the locked versions of what it needs, and nothing else."""
    wanted = ["--package", f"wa-{name}", "--no-dev", "--no-editable"]
    subprocess.run(  # noqa: S603 - our own command
        [_uv(), "sync", "--locked", "--quiet", *wanted, "--python", sys.executable],
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(folder)},
        cwd=ROOT,
        check=True,
    )
    return Installed(name, folder)


def _uv() -> str:
    found = shutil.which("uv") or ROOT / ".uv" / "bin" / "uv"
    assert Path(found).exists(), "uv is neither installed nor in .uv: run `make install` first"
    return str(found)
