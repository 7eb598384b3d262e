"""Ends a control plane together with the program that owns it, however that program ends."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.processes import end_dwellers

_PATIENCE_S = 60


@contextmanager
def leash(folder: Path) -> Iterator[None]:
    """End every process that works in `folder` when the block ends or this process is killed."""
    # The write end of the pipe is held here alone: its closing is the news.
    watcher = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "deploycheck.leash", str(folder)],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield
    finally:
        watcher.communicate(timeout=_PATIENCE_S)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_dwellers(Path(sys.argv[1]))
