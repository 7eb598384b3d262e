"""A service as a process: order, signals, deaths, missing settings."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from streaming import service
from streaming.service import Component, ComponentFailed, Service, background, run


class Diary:
    """Parts that write down when they start and stop."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def part(self, name: str, *, breaks: Exception | None = None, hangs: bool = False) -> Component:
        async def start() -> None:
            self.lines.append(f"start {name}")
            if breaks:
                raise breaks

        async def stop() -> None:
            self.lines.append(f"stop {name}")
            if hangs:
                await asyncio.Event().wait()

        return Component(name, start, stop)


class Settings(BaseSettings):
    """Settings as a service has them."""

    model_config = SettingsConfigDict(env_prefix="SHOP_", frozen=True)
    port: int
    token: SecretStr
    numbers: list[str] = []


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def test_parts_start_in_order_and_stop_in_reverse_on_a_signal() -> None:
    diary = Diary()
    asyncio.get_running_loop().call_later(0.1, terminate)
    await run(Service("shop", [diary.part("kafka"), diary.part("http")]))

    assert diary.lines == ["start kafka", "start http", "stop http", "stop kafka"]


async def test_a_part_that_does_not_start_stops_those_before_it() -> None:
    diary = Diary()
    parts = [diary.part("kafka"), diary.part("http", breaks=OSError("in use")), diary.part("more")]

    with pytest.raises(ComponentFailed, match="http did not start: OSError in use"):
        await run(Service("shop", parts))

    assert diary.lines == ["start kafka", "start http", "stop http", "stop kafka"]


async def test_a_part_that_dies_ends_the_service_with_its_name() -> None:
    diary = Diary()

    async def work() -> None:
        await asyncio.sleep(0.05)
        raise ValueError("about Anna")

    with pytest.raises(ComponentFailed, match=r"^clock died: ended with ValueError$"):
        await run(Service("shop", [diary.part("kafka"), background("clock", work)]))

    assert diary.lines == ["start kafka", "stop kafka"]


async def test_a_signal_while_starting_is_not_waited_out() -> None:
    diary = Diary()

    async def never() -> None:
        await asyncio.Event().wait()

    asyncio.get_running_loop().call_later(0.1, terminate)
    async with asyncio.timeout(5):
        await run(Service("shop", [diary.part("kafka"), Component("slow", never, _nothing)]))

    assert diary.lines == ["start kafka", "stop kafka"]


async def test_a_part_that_hangs_in_stopping_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    diary = Diary()
    monkeypatch.setattr(service, "STOP_SECONDS", 0.3)
    asyncio.get_running_loop().call_later(0.1, terminate)
    async with asyncio.timeout(5):
        await run(Service("shop", [diary.part("kafka"), diary.part("http", hangs=True)]))

    assert diary.lines[-2:] == ["stop http", "stop kafka"]


@pytest.mark.parametrize(
    ("ending", "code", "told"),
    [
        ("await asyncio.sleep(0)", 0, ""),
        ("raise ComponentFailed('kafka did not start')", 1, "kafka did not start"),
        ("raise KeyError('about Anna')", 1, "ended by an unexpected error"),
    ],
)
def test_the_exit_code_tells_how_the_service_ended(ending: str, code: int, told: str) -> None:
    ended = process(
        f"""
        import asyncio
        from streaming import logs
        from streaming.service import ComponentFailed, main
        logs.configure("shop", "shop-1")
        async def work():
            {ending}
        main(work)
        """
    )

    assert ended.returncode == code
    assert told in ended.stdout
    assert "Anna" not in ended.stdout + ended.stderr
    assert ended.stdout.count("\n") <= 1


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PORT", "8080")
    monkeypatch.setenv("SHOP_TOKEN", "t0k3n")

    assert service.settings_or_exit(Settings).port == 8080


def test_what_is_missing_or_wrong_is_named_in_one_line_without_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_PORT", "secret-port")

    with pytest.raises(SystemExit) as ended:
        service.settings_or_exit(Settings)

    assert ended.value.code == 2
    told = capsys.readouterr().err
    port = "SHOP_PORT is not valid: it must be a whole number"
    assert told == f"cannot start: {port}; SHOP_TOKEN is missing\n"


def test_a_list_that_is_no_json_is_named_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHOP_NUMBERS", "not json")

    with pytest.raises(SystemExit) as ended:
        service.settings_or_exit(Settings)

    assert ended.value.code == 2
    assert capsys.readouterr().err == "cannot start: SHOP_NUMBERS is not valid JSON\n"


async def _nothing() -> None: ...


def process(source: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 our own text
        [sys.executable, "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
