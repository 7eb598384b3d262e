"""Processes in sessions of their own: start, recognise, signal and end them with their children."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]  # ships no types
from pydantic import BaseModel

RUN_VARIABLE = "DEVSTACK_RUN"
"""Set in every process of a stack to its run directory, so that no process can be lost."""

_POLL_S = 0.02
_children: list[subprocess.Popen[bytes]] = []


class Account(NamedTuple):
    """A user of this machine that a process is run as."""

    uid: int
    gid: int


class Identity(BaseModel, frozen=True):
    """A process for good: its pid, and its birth, which a later owner of the pid cannot share."""

    pid: int
    birth: str


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path,
    account: Account | None = None,
) -> Identity:
    """Start `command` in its own session, output appended to `log`; OSError if it cannot run."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - the commands are our own, never a user's text
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    _children.append(child)
    return Identity(pid=child.pid, birth=_birth(child.pid) or "")


def is_alive(who: Identity) -> bool:
    """Tell whether exactly this process still runs; one that waits to be reaped does not."""
    reap()
    try:
        ended = _has_ended(psutil.Process(who.pid))
    except psutil.NoSuchProcess:
        return False
    return not ended and _birth(who.pid) == who.birth


def is_paused(who: Identity) -> bool:
    """Tell whether the process is stopped by a signal."""
    try:
        return is_alive(who) and psutil.Process(who.pid).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


def pause(who: Identity) -> None:
    """Freeze the process and its descendants; returns when it stands still."""
    send(who, signal.SIGSTOP)
    deadline = time.monotonic() + 5
    while is_alive(who) and not is_paused(who) and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def resume(who: Identity) -> None:
    """Let a paused process and its descendants go on; the others do not notice."""
    send(who, signal.SIGCONT)


def send(who: Identity, number: signal.Signals) -> None:
    """Send a signal to the process and all its descendants; nothing happens when it is gone."""
    for process in _family(who):
        _quietly(process, number)


def stop(who: Identity, *, number: signal.Signals, grace_s: float) -> None:
    """Ask the process to end; after `grace_s` seconds end it and its descendants by force."""
    family = _family(who)
    for process in family[:1]:
        _quietly(process, number)
        _quietly(process, signal.SIGCONT)
    if not wait_gone(family, timeout_s=grace_s):
        kill(who, family)


def kill(who: Identity, family: Iterable[psutil.Process] = ()) -> None:
    """End the process and its descendants at once, and wait until they are gone."""
    doomed = [*family, *_family(who)]
    for process in doomed:
        _quietly(process, signal.SIGKILL)
    wait_gone(doomed, timeout_s=10)


def end_strays(belongs: Callable[[psutil.Process], bool]) -> None:
    """Kill every process but this one of which `belongs` is true."""
    others = (process for process in psutil.process_iter() if process.pid != os.getpid())
    strays = [process for process in others if _safely(belongs, process)]
    for process in strays:
        _quietly(process, signal.SIGKILL)
    wait_gone(strays, timeout_s=10)


def end_dwellers(folder: Path) -> None:
    """Kill every process that works in `folder`, as orphans of a killed PostgreSQL do."""
    home = os.path.realpath(folder)
    end_strays(lambda process: process.cwd() == home)


def wait_gone(processes: Sequence[psutil.Process], *, timeout_s: float) -> bool:
    """Wait until all have ended, whether or not their parent has noticed."""
    deadline = time.monotonic() + timeout_s
    while any(_lives(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def reap() -> None:
    """Collect the exit status of children of this very process, which otherwise stay zombies."""
    for child in tuple(_children):
        if child.poll() is not None:
            with suppress(ValueError):  # another thread was first
                _children.remove(child)


def _family(who: Identity) -> list[psutil.Process]:
    if not is_alive(who):
        return []
    try:
        head = psutil.Process(who.pid)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _lives(process: psutil.Process) -> bool:
    reap()
    try:
        return process.is_running() and not _has_ended(process)
    except psutil.NoSuchProcess:
        return False


def _has_ended(process: psutil.Process) -> bool:
    """Tell a finished zombie from one whose threads have yet to let go of its ports and files."""
    return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)


def _quietly(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _safely(question: Callable[[psutil.Process], bool], process: psutil.Process) -> bool:
    try:
        return _lives(process) and question(process)
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False


def _birth(pid: int) -> str | None:
    """Start time in a clock that is never set: ticks since this boot, where the system tells."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return _birth_by_clock(pid)
    return f"{boot}/{fields[19]}"


def _birth_by_clock(pid: int) -> str | None:
    try:
        return repr(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None
