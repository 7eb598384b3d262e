"""Ends a private stack together with the program that owns it, however that program ends."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_S = 90


@contextmanager
def leash(root: Path, run: Path) -> Iterator[None]:
    """Wipe the stack of `run` when the block ends or this very process does, even by SIGKILL."""
    # The write end of the pipe is held here alone: its closing is the news.
    watcher = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "devstack.leash", str(root), str(run)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield
    finally:
        watcher.communicate(timeout=_PATIENCE_S)
        _reap()


def _reap() -> None:
    """Take note of the end of our children, of which only the watcher knows as yet."""
    from devstack.processes import reap  # noqa: PLC0415 - spares who only imports the fixtures

    reap()


def _watch(root: str, run: str) -> None:
    sys.stdin.buffer.read()
    from devstack.stack import Stack  # noqa: PLC0415 - keeps the watcher small while it waits

    Stack(Path(root), Path(run)).down(wipe=True)


if __name__ == "__main__":
    _watch(*sys.argv[1:])
