"""The processes of one stack: brought up, watched until ready, ended, and remembered on disk."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # ships no types
from filelock import FileLock

from devstack import processes
from devstack import state as memory
from devstack.component import Component, NotReadyError
from devstack.failure import StackError, last_meaningful_line
from devstack.site import Site

Job = Callable[[threading.Event], None]
_POLL_S = 0.05


class Crew:
    """Everything of it happens inside `at_work`, one command at a time per stack."""

    def __init__(self, site: Site, *, patience_s: float) -> None:
        self._site = site
        self._patience_s = patience_s
        self._changing = threading.Lock()
        self.state = memory.State()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Keep other commands on the same stack out, and work on what the last one left."""
        self._site.make()
        with FileLock(self._site.run / "lock"):
            self.state = memory.load(self._site.state)
            yield

    @contextmanager
    def undoing_on_failure(self) -> Iterator[None]:
        """End whatever was started inside when anything inside fails or is interrupted."""
        before = {name: who.identity for name, who in self.state.processes.items()}
        try:
            yield
        except BaseException:
            for name, who in list(self.state.processes.items()):
                if before.get(name) != who.identity:
                    processes.kill(who.identity)
                    self._forget(name)
            raise

    def ensure(self, component: Component, abort: threading.Event, *, wait: bool = True) -> None:
        """Start it unless it runs (a paused one goes on), then wait until it is ready."""
        if self.is_alive(component.name):
            processes.resume(self.state.processes[component.name].identity)
        else:
            component.prepare()
            if abort.is_set():
                return
            self._start(component)
        if wait:
            self._await_ready(component, abort)
            component.settle()

    def is_alive(self, name: str) -> bool:
        """Tell whether the process that was started under this name still lives."""
        who = self.state.processes.get(name)
        return who is not None and processes.is_alive(who.identity)

    def end(self, component: Component) -> None:
        """Stop it in good order, by force if it does not go, and forget it."""
        who = self.state.processes.get(component.name)
        if who:
            number, grace_s = component.stop_signal, component.grace_s
            processes.stop(who.identity, number=number, grace_s=grace_s)
            self._forget(component.name)

    def end_everything(self) -> None:
        """End what belongs to this stack although nothing remembers it."""
        run = str(self._site.run)
        processes.end_strays(lambda process: _variable(process) == run)

    def look(self) -> None:
        """Read what the last command left, without waiting for one that is at work."""
        self.state = memory.load(self._site.state)

    def save(self) -> None:
        """Write down what is known."""
        memory.save(self._site.state, self.state)

    def _start(self, component: Component) -> None:
        log = self._site.log(component.name)
        _rotate(log)
        begin = log.stat().st_size if log.exists() else 0
        env = {**os.environ, **component.env, "PYTHONUNBUFFERED": "1"}
        env["PYTHONDONTWRITEBYTECODE"] = (
            ""  # what starts often is compiled once, whatever the shell
        )
        env[processes.RUN_VARIABLE] = str(self._site.run)
        try:
            identity = processes.start(
                component.command(),
                env=env,
                log=log,
                cwd=component.cwd or self._site.root,
                account=component.account,
            )
        except OSError as error:
            raise StackError(f"{component.name} cannot be started: {error}") from error
        with self._changing:
            who = memory.Running(
                identity=identity,
                started_at=time.time(),
                log_start=begin,
                api_port=component.api_port,
            )
            self.state.processes[component.name] = who
            self.save()

    def _await_ready(self, component: Component, abort: threading.Event) -> None:
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                component.ready()
            except NotReadyError as reason:
                if abort.is_set():
                    return
                self._give_up_if_hopeless(component, reason, late=time.monotonic() > deadline)
                abort.wait(_POLL_S)
            else:
                return

    def _give_up_if_hopeless(self, component: Component, reason: object, *, late: bool) -> None:
        who = self.state.processes[component.name]
        log = self._site.log(component.name)
        line = last_meaningful_line(log, since=who.log_start)
        if not processes.is_alive(who.identity):
            raise StackError(f"{component.name} ended while starting: {line} (log: {log})")
        if late:
            patience = f"{self._patience_s:g} s"
            raise StackError(
                f"{component.name} is not ready after {patience} ({reason}): {line} (log: {log})"
            )

    def _forget(self, name: str) -> None:
        with self._changing:
            self.state.processes.pop(name, None)
            self.save()


def together(jobs: Iterable[Job]) -> None:
    """Run the jobs at once; when one fails the others are told to give up, and it is raised."""
    abort = threading.Event()
    with ThreadPoolExecutor() as pool:
        try:
            for done in as_completed([pool.submit(job, abort) for job in jobs]):
                done.result()
        except BaseException:
            abort.set()
            raise


def _variable(process: psutil.Process) -> str | None:
    environment: dict[str, str] = process.environ()
    return environment.get(processes.RUN_VARIABLE)


_LARGEST_LOG = 20 * 1024 * 1024


def _rotate(log: Path) -> None:
    """Keep one older log beside the newest, so that a folder of logs has a bound."""
    with suppress(FileNotFoundError):
        if log.stat().st_size > _LARGEST_LOG:
            log.replace(log.with_name(f"{log.name}.1"))
