"""Where benchmarks run: private servers in a temporary folder, and the sizes asked for."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.installation import Installation, installation
from devstack.leash import leash
from devstack.site import find_root
from devstack.stack import Stack


class Unavailable(Exception):
    """Something that a benchmark needs is not there; says what brings it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured; the defaults are those of the figures that we publish."""

    rounds: int = 5
    people: int = 800
    commands: int = 1_000_000
    sessions: int = 1_000_000
    seconds: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """Servers that nobody else uses, and a place to say how it goes."""

    root: Path
    folder: Path
    stack: Stack
    kafka: str
    postgres: str
    sizes: Sizes
    console: Console

    @property
    def flows(self) -> Path:
        """The flows that the services run."""
        return self.root / "flows"

    @property
    def logs(self) -> Path:
        """Where the processes that are measured write."""
        return self.folder

    @asynccontextmanager
    async def installation(self) -> AsyncIterator[Installation]:
        """Give fresh topics and a fresh database."""
        async with installation(self.kafka, self.postgres) as place:
            yield place

    async def restart_postgres(self) -> None:
        """Let PostgreSQL forget what it holds in memory, or read its settings anew."""
        await asyncio.to_thread(self.stack.restart, "postgres")

    def say(self, line: str) -> None:
        """Tell the person who waits."""
        self.console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def laboratory(start: Path, sizes: Sizes, console: Console) -> Iterator[Lab]:
    """Start Kafka and PostgreSQL; end and remove them when the block ends."""
    root = find_root(start)
    with tempfile.TemporaryDirectory(prefix="wa-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root PostgreSQL runs as another user, who has to pass
        run = folder / "servers"
        with leash(root, run):
            stack = Stack(root, run)
            known = stack.start("kafka", "postgres")
            yield Lab(
                root=root,
                folder=folder,
                stack=stack,
                kafka=known.kafka,
                postgres=known.postgres,
                sizes=sizes,
                console=console,
            )
