"""Processes are started, recognised, watched and ended with everything they started."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # ships no types
import pytest

from devstack import processes
from devstack.component import Component, NotReadyError
from devstack.crew import Crew, together
from devstack.failure import StackError
from devstack.processes import Identity
from devstack.site import Site

SERVES = "import signal; print('serving', flush=True); signal.pause()"
STUBBORN = "import signal; signal.signal(15, signal.SIG_IGN); " + SERVES
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SERVES!r}]); {SERVES}"
HEADLESS = (
    "import ctypes, threading; threading.Thread(target=threading.Event().wait).start(); "
    "print('serving', flush=True); ctypes.CDLL(None).pthread_exit(None)"
)
BROKEN = "print('starting'); raise SystemExit('error: PORT is missing')"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path, tmp_path / ".run")


@pytest.fixture
def crew(site: Site) -> Iterator[Crew]:
    crew = Crew(site, patience_s=10)
    with crew.at_work():
        yield crew
        crew.end_everything()
        processes.reap()


def program(site: Site, code: str, *, name: str = "sender", lines: int = 1) -> Component:
    def ready() -> None:
        log = site.log(name)
        if not log.exists() or log.read_text().count("serving") < lines:
            raise NotReadyError("it has not said so yet")

    return Component(name, command=lambda: (sys.executable, "-c", code), ready=ready)


def start(crew: Crew, component: Component) -> Identity:
    crew.ensure(component, threading.Event())
    return crew.state.processes[component.name].identity


def test_what_a_process_compiles_is_kept_for_its_next_start_whatever_the_shell_says(
    crew: Crew, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    keeps = "import sys; print('forgets' if sys.dont_write_bytecode else 'serving', flush=True); "

    start(crew, program(site, keeps + "import signal; signal.pause()"))

    assert site.log("sender").read_text() == "serving\n"


def test_a_started_process_runs_until_it_is_ended(crew: Crew, site: Site) -> None:
    sender = program(site, SERVES)
    identity = start(crew, sender)
    ran = processes.is_alive(identity)
    crew.end(sender)

    assert ran
    assert not processes.is_alive(identity)
    assert "sender" not in crew.state.processes


def test_starting_what_runs_already_changes_nothing(crew: Crew, site: Site) -> None:
    sender = program(site, SERVES)

    assert start(crew, sender) == start(crew, sender)


def test_a_process_that_ends_while_starting_is_explained_in_one_line(
    crew: Crew, site: Site
) -> None:
    with pytest.raises(StackError) as caught:
        start(crew, program(site, BROKEN))

    assert str(caught.value) == (
        f"sender ended while starting: error: PORT is missing (log: {site.log('sender')})"
    )


def test_a_process_that_never_gets_ready_is_given_up(site: Site) -> None:
    crew = Crew(site, patience_s=0.3)
    with crew.at_work():
        with crew.undoing_on_failure(), pytest.raises(StackError, match="not ready after"):
            start(crew, program(site, SERVES, lines=99))
        crew.end_everything()


def test_a_command_that_does_not_exist_is_explained_in_one_line(crew: Crew, site: Site) -> None:
    missing = replace(program(site, ""), command=lambda: ("/no/such/program",))

    with pytest.raises(StackError, match="sender cannot be started"):
        start(crew, missing)


def test_a_failed_start_ends_what_it_started_and_nothing_else(crew: Crew, site: Site) -> None:
    before = start(crew, program(site, SERVES, name="ingress"))
    started: list[Identity] = []

    def start_two() -> None:
        with crew.undoing_on_failure():
            started.append(start(crew, program(site, SERVES)))
            start(crew, program(site, BROKEN, name="file-manager"))

    with pytest.raises(StackError):
        start_two()

    assert processes.is_alive(before)
    assert not processes.is_alive(started[0])
    assert list(crew.state.processes) == ["ingress"]


def test_a_killed_process_is_noticed_and_started_again(crew: Crew, site: Site) -> None:
    first = start(crew, program(site, SERVES))
    processes.kill(first)
    noticed = not crew.is_alive("sender")
    second = start(crew, program(site, SERVES, lines=2))

    assert noticed
    assert processes.is_alive(second)
    assert second != first


def test_a_paused_process_goes_on_when_it_is_started(crew: Crew, site: Site) -> None:
    sender = program(site, SERVES)
    identity = start(crew, sender)
    processes.pause(identity)
    paused = processes.is_paused(identity)
    start(crew, sender)

    assert paused
    assert not processes.is_paused(identity)


def test_a_paused_process_can_be_ended(crew: Crew, site: Site) -> None:
    sender = program(site, SERVES)
    identity = start(crew, sender)
    processes.pause(identity)
    crew.end(sender)

    assert not processes.is_alive(identity)


def test_a_process_that_ignores_the_request_is_ended_by_force(crew: Crew, site: Site) -> None:
    stubborn = replace(program(site, STUBBORN), grace_s=0.2)
    identity = start(crew, stubborn)
    crew.end(stubborn)

    assert not processes.is_alive(identity)


def test_what_a_process_started_ends_with_it(crew: Crew, site: Site) -> None:
    identity = start(crew, program(site, PARENT, lines=2))
    child = psutil.Process(identity.pid).children()[0]
    processes.kill(identity)

    assert processes.wait_gone([child], timeout_s=5)


def test_a_process_lives_until_the_last_of_its_threads_is_gone(crew: Crew, site: Site) -> None:
    identity = start(crew, program(site, HEADLESS))
    leader = psutil.Process(identity.pid)
    while leader.status() != psutil.STATUS_ZOMBIE:
        threading.Event().wait(0.01)
    lived_on = processes.is_alive(identity)
    processes.kill(identity)

    assert lived_on
    assert not processes.is_alive(identity)


def test_a_process_that_nobody_remembers_is_found_and_ended(crew: Crew, site: Site) -> None:
    identity = start(crew, program(site, SERVES))
    crew.state.processes.clear()
    crew.end_everything()

    assert not processes.is_alive(identity)


def test_another_checkouts_processes_are_left_alone(crew: Crew, site: Site, tmp_path: Path) -> None:
    identity = start(crew, program(site, SERVES))
    Crew(Site(tmp_path, tmp_path / "other"), patience_s=1).end_everything()

    assert processes.is_alive(identity)


def test_a_stranger_who_got_a_recycled_pid_is_not_touched() -> None:
    stranger = Identity(pid=os.getpid(), birth="an earlier boot/42")
    processes.kill(stranger)
    processes.stop(stranger, number=signal.SIGTERM, grace_s=0.1)

    assert not processes.is_alive(stranger)


def test_when_one_start_fails_the_others_stop_waiting() -> None:
    gave_up = threading.Event()

    def fails(_abort: threading.Event) -> None:
        raise StackError("no luck")

    def waits(abort: threading.Event) -> None:
        if abort.wait(10):
            gave_up.set()

    with pytest.raises(StackError, match="no luck"):
        together([waits, fails])

    assert gave_up.is_set()
