"""One part of the stack, described: how it is started, when it is ready, how it is stopped."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devstack.processes import Account


def _nothing() -> None:
    return


@dataclass(frozen=True)
class Component:
    """A process-to-be; `ready` raises NotReadyError for as long as it is not.

    What it returns is what the process says besides: that it is ready, but something is wrong.
    """

    name: str
    command: Callable[[], Sequence[str]]
    ready: Callable[[], str | None]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    account: Account | None = None
    prepare: Callable[[], None] = _nothing
    settle: Callable[[], None] = _nothing
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 15
    api_port: int | None = None
    """Where it answers besides, where it does."""


class NotReadyError(Exception):
    """The process does not serve yet; it may still be starting."""
