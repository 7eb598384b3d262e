"""Where a stack lives: the checkout it runs and the folder that holds all it writes."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from devstack.failure import StackError


@dataclass(frozen=True)
class Site:
    """The checkout (`root`) and the run folder, `.run` in it unless told otherwise."""

    root: Path
    run: Path

    @property
    def data(self) -> Path:
        """What survives `down`: Kafka's logs, PostgreSQL's tables, the bucket."""
        return self.run / "data"

    def make(self) -> None:
        """Make the folders; messages, photos and logs are for their owner only.

        The way to PostgreSQL's tables stays open, since as root it runs as another user; the
        folder of the tables it closes itself.
        """
        private = (self.run / "logs", self.data / "kafka", self.data / "s3")
        for folder, mode in ((self.run, 0o711), (self.data, 0o711), *((f, 0o700) for f in private)):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(mode)

    @property
    def state(self) -> Path:
        """Who runs."""
        return self.run / "state.json"

    @property
    def secrets(self) -> Path:
        """Passwords and tokens, made up for this checkout."""
        return self.run / "secrets.json"

    @property
    def endpoints(self) -> Path:
        """The addresses, for people and other programs."""
        return self.run / "endpoints.json"

    def log(self, name: str) -> Path:
        """Return the log file of one process."""
        return self.run / "logs" / f"{name}.log"


def find_root(start: Path) -> Path:
    """Return the nearest folder from `start` upwards that is a uv workspace's root."""
    for folder in (start, *start.parents):
        project = folder / "pyproject.toml"
        if project.is_file() and "workspace" in _uv_settings(project):
            return folder
    raise StackError(f"no checkout here: {start} is not inside a uv workspace")


def _uv_settings(project: Path) -> dict[str, object]:
    tool = tomllib.loads(project.read_text()).get("tool", {})
    settings: dict[str, object] = tool.get("uv", {})
    return settings
