"""Runs a service: starts its parts in order, waits for a signal, stops them in reverse."""

import asyncio
import contextlib
import gc
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import structlog
import uvloop
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from streaming.refusing import fault

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

STOP_SECONDS = 9.0
"""All parts together; orchestrators are promised an end within 10 seconds of SIGTERM."""
RARE_COLLECTIONS = (100_000, 50, 100)
"""Records make no cycles, but thousands of objects: collecting cost a tenth to a sixth."""

_log = structlog.get_logger(__name__)


class ComponentFailed(Exception):
    """A part did not start, or died; the process ends with exit code 1."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of a service.

    `died` waits for as long as the part lives and returns why it ended, in words without
    personal data; None for a part that cannot die by itself.
    """

    name: str
    start: Callable[[], Awaitable[object]]
    stop: Callable[[], Awaitable[object]]
    died: Callable[[], Awaitable[str]] | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """What makes up a process, in the order in which it starts."""

    name: str
    components: Sequence[Component]


def background(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> Component:
    """Make a part of a loop that runs for as long as the service does."""
    tasks: list[asyncio.Task[None]] = []

    async def start() -> None:
        tasks.append(asyncio.create_task(work(), name=name))

    async def stop() -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def died() -> str:
        await asyncio.wait(tasks)
        error = tasks[0].exception()
        return f"ended with {type(error).__name__}" if error else "ended"

    return Component(name, start, stop, died)


async def run(service: Service) -> None:
    """Return after SIGTERM or SIGINT; raise ComponentFailed if a part does not start, or dies."""
    started: list[Component] = []
    with _signals() as told:
        asyncio.get_running_loop().set_exception_handler(_log_without_content)
        try:
            await _until(told, _start(service, started))
            if not told.is_set():
                _log.info("started", components=[part.name for part in started])
                await _until(told, _first_death(started))
        finally:
            await _stop(started)
    _log.info("stopped")


def main(coroutine_factory: Callable[[], Coroutine[Any, Any, None]]) -> NoReturn:
    """Run to the end on uvloop and exit: 0 when asked to stop, 1 when a part failed."""
    gc.set_threshold(*RARE_COLLECTIONS)
    code = 0
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(coroutine_factory())
    except ComponentFailed as failure:
        _log.error(str(failure))
        code = 1
    except Exception:  # noqa: BLE001 the end of the line: told by class and place, exit code 1
        _log.exception("ended by an unexpected error")
        code = 1
    sys.stdout.flush()
    sys.exit(code)


def settings_or_exit(settings: type[SettingsT]) -> SettingsT:
    """Read the environment, or exit with 2 after one line that names variables, never values."""
    try:
        return settings()
    except (ValidationError, SettingsError) as error:
        told = complaints(settings, error)
    sys.stderr.write(f"cannot start: {'; '.join(told)}\n")
    sys.exit(2)


def complaints(
    settings: type[BaseSettings], error: ValidationError | SettingsError
) -> Sequence[str]:
    """Say of each variable what is wrong with it; never its value."""
    if isinstance(error, SettingsError):
        return [f"{_variable(settings, (_field_of(error, settings),))} is not valid JSON"]
    found = {
        fault(_variable(settings, problem["loc"]), problem)
        for problem in error.errors(include_input=False, include_url=False)
    }
    return sorted(found)


@contextlib.contextmanager
def _signals() -> Iterator[asyncio.Event]:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    try:
        yield told
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _until(told: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Let `work` go on until it ends or a signal comes; its failure is raised."""
    working, waiting = asyncio.create_task(work), asyncio.create_task(told.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, waiting):
            task.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)


async def _start(service: Service, started: list[Component]) -> None:
    for part in service.components:
        started.append(part)  # also a part that fails half-way has something to stop
        try:
            await part.start()
        except Exception as error:
            _log.debug("did not start", component=part.name, exc_info=error)
            raise ComponentFailed(f"{part.name} did not start: {_reason(error)}") from error


async def _first_death(started: Sequence[Component]) -> None:
    watches = {
        asyncio.create_task(_watch(part.died)): part for part in started if part.died is not None
    }
    if not watches:
        await asyncio.Event().wait()
    try:
        done, _ = await asyncio.wait(watches, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in watches:
            task.cancel()
    dead = done.pop()
    raise ComponentFailed(f"{watches[dead].name} died: {dead.result()}")


async def _watch(died: Callable[[], Awaitable[str]]) -> str:
    return await died()


async def _stop(started: Sequence[Component]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    for part in reversed(started):
        try:
            async with asyncio.timeout(max(0.2, deadline - time.monotonic())):
                await part.stop()
        except Exception as error:  # noqa: BLE001 the other parts must stop all the same
            _log.warning("did not stop cleanly", component=part.name, exc_info=error)


def _log_without_content(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody awaited; asyncio's own text would quote the exception."""
    _log.error("unhandled in the event loop", exc_info=context.get("exception"))


def _reason(error: Exception) -> str:
    told = str(error) if isinstance(error, OSError) else ""
    return f"{type(error).__name__} {told}".strip()


def _variable(settings: type[BaseSettings], where: tuple[int | str, ...]) -> str:
    config = settings.model_config
    separator = config.get("env_nested_delimiter") or "."
    name = separator.join(str(step) for step in where)
    return (config.get("env_prefix", "") + name).upper()


def _field_of(error: SettingsError, settings: type[BaseSettings]) -> str:
    named = [name for name in settings.model_fields if f'"{name}"' in str(error)]
    return named[0] if named else "one variable"
