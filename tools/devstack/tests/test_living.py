"""A whole stack, with stand-ins for the services: up, wounded, healed, scaled, down."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import asyncpg
import httpx
import psutil  # type: ignore[import-untyped]  # ships no types
import pytest

from devstack import cli, postgres
from devstack.failure import StackError
from devstack.processes import RUN_VARIABLE
from devstack.stack import PROGRAMS, Stack

pytestmark = pytest.mark.connected

# Answers /readyz at its port, and shows its variables, as every service would read them.
STAND_IN = """
import http.server, json, os, sys

if "migrate" in sys.argv:
    sys.exit(os.environ.get("STAND_IN_MIGRATION", 0))
prefix = __package__.upper() + "_"
note = {"note": os.environ[prefix + "NOTE"]} if prefix + "NOTE" in os.environ else {}
mine = {key: value for key, value in os.environ.items() if key.startswith(prefix)}

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({**mine, **note}).encode())

http.server.HTTPServer(("127.0.0.1", int(mine[prefix + "PORT"])), Answer).serve_forever()
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    for program in PROGRAMS:
        package = root / program.replace("-", "_")
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(STAND_IN)
    return root


@pytest.fixture(scope="module")
def living(checkout: Path) -> Iterator[Stack]:
    stack = Stack(checkout)
    stack.up()
    yield stack
    stack.down(wipe=True)


@pytest.fixture
def stack(living: Stack) -> Stack:
    living.up()
    return living


def pid_of(stack: Stack, name: str) -> int:
    return next(row.pid for row in stack.status() if row.name == name and row.pid)


def conditions(stack: Stack) -> dict[str, str]:
    return {row.name: row.condition for row in stack.status()}


def test_everything_is_ready_when_up_returns(stack: Stack) -> None:
    assert set(conditions(stack).values()) == {"ready"}


def test_what_a_ready_service_says_besides_is_shown(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SENDER_NOTE", "stopped by the platform")
    stack.restart("sender")
    monkeypatch.delenv("SENDER_NOTE")
    shown = {row.name: (row.condition, row.note) for row in stack.status()}
    monkeypatch.setattr(cli, "_stack", lambda: nullcontext(stack))
    cli.status()
    printed = capsys.readouterr().out
    stack.restart("sender")

    assert shown["sender"] == ("ready", "stopped by the platform")
    assert shown["ingress"] == ("ready", None)
    assert "ready, see below" in printed
    assert "sender says: stopped by the platform\n" in printed


def test_one_process_alone_can_be_looked_at(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_stack", lambda: nullcontext(stack))
    cli.status("sender")
    printed = capsys.readouterr().out

    assert "sender" in printed
    assert "kafka" not in printed
    with pytest.raises(StackError, match="there is no nobody; there are kafka, postgres"):
        cli.status("nobody")


def test_up_again_restarts_nothing(stack: Stack) -> None:
    before = {row.pid for row in stack.status()}
    stack.up()

    assert {row.pid for row in stack.status()} == before


def test_the_published_addresses_are_those_of_the_running_services(stack: Stack) -> None:
    known = stack.endpoints()
    told = httpx.get(f"{known.ingress}/anything").json()

    assert told["INGRESS_KAFKA_BOOTSTRAP_SERVERS"] == known.kafka
    assert known.services["ingress"].pid == pid_of(stack, "ingress")
    assert stack.site.endpoints.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("folder", ["logs", "data/kafka", "data/s3", "data/postgres/data"])
def test_messages_photos_and_logs_are_closed_to_other_users(stack: Stack, folder: str) -> None:
    home = postgres.home(stack.site.data / "postgres")
    place = home.data if "postgres" in folder else stack.site.run / folder

    assert place.stat().st_mode & 0o077 == 0


async def test_postgres_logs_an_error_without_the_row_it_happened_to(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.endpoints().postgres)
    await connection.execute("CREATE TABLE people (id text PRIMARY KEY)")
    await connection.execute("INSERT INTO people VALUES ($1)", "15550001111")
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("INSERT INTO people VALUES ($1)", "15550001111")
    await connection.close()
    logged = stack.site.log("postgres").read_text()

    assert 'violates unique constraint "people_pkey"' in logged
    assert "15550001111" not in logged


@pytest.mark.parametrize("name", ["postgres", "sender"])
def test_what_died_unnoticed_is_shown_and_healed_at_its_address(stack: Stack, name: str) -> None:
    before = stack.endpoints()
    os.kill(pid_of(stack, name), signal.SIGKILL)
    shown = conditions(stack)[name]
    stack.up()

    assert shown == "died"
    assert conditions(stack)[name] == "ready"
    assert stack.endpoints().postgres == before.postgres


async def test_rows_survive_a_killed_postgres(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.endpoints().postgres)
    await connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    await connection.close()
    stack.kill("postgres")
    stack.start("postgres")
    connection = await asyncpg.connect(stack.endpoints().postgres)
    answer = await connection.fetchval("SELECT answer FROM kept")
    await connection.close()

    assert answer == 42


def test_a_paused_service_is_shown_and_resumed_by_up(stack: Stack) -> None:
    stack.pause("sender")
    shown = conditions(stack)["sender"]
    stack.up()

    assert shown == "paused"
    assert conditions(stack)["sender"] == "ready"


def test_instances_can_be_added_killed_and_taken_away(stack: Stack) -> None:
    grown = stack.scale("session-core", 3).services
    stack.kill("session-core-2")
    died = conditions(stack)["session-core-2"]
    shrunk = stack.scale("session-core", 1).services

    assert {"session-core", "session-core-2", "session-core-3"} <= set(grown)
    assert died == "died"
    assert {"session-core-2", "session-core-3"}.isdisjoint(shrunk)


def test_every_instance_answers_queries_at_an_address_that_is_shown(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SESSION_CORE_API_PORT", "8090")
    stack.restart("session-core")
    grown = stack.scale("session-core", 2).services
    told = [httpx.get(grown[name].url).json() for name in ("session-core", "session-core-2")]
    shown = {row.name: row.address for row in stack.status()}
    monkeypatch.delenv("SESSION_CORE_API_PORT")
    stack.scale("session-core", 1)
    off = stack.restart("session-core").services

    assert [one["SESSION_CORE_API_PORT"] for one in told] == ["8090", "8091"]
    assert grown["session-core-2"].api == "http://127.0.0.1:8091"
    assert grown["sender"].api is None
    assert shown["session-core-2"].endswith(", API 127.0.0.1:8091")
    assert off["session-core"].api is None


def test_a_failing_migration_stops_session_core_from_starting(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.stop("session-core")
    monkeypatch.setenv("STAND_IN_MIGRATION", "3")
    with pytest.raises(StackError, match="session-core's migrations failed"):
        stack.start("session-core")

    assert conditions(stack)["session-core"] == "stopped"


def test_an_unknown_name_is_refused_in_one_line(stack: Stack) -> None:
    with pytest.raises(StackError, match="there is no redis; there are kafka, postgres, s3"):
        stack.kill("redis")


def test_only_services_can_be_scaled(stack: Stack) -> None:
    with pytest.raises(StackError, match="kafka cannot be scaled"):
        stack.scale("kafka", 3)


def test_scaling_leaves_at_least_one_instance(stack: Stack) -> None:
    with pytest.raises(StackError, match="at least one sender stays; `devstack stop sender`"):
        stack.scale("sender", 0)

    assert conditions(stack)["sender"] == "ready"


def test_down_leaves_nothing_running_even_what_it_forgot(checkout: Path) -> None:
    stack = Stack(checkout, checkout / "other-run")
    stack.start("postgres", "simulator")
    home = postgres.home(stack.site.data / "postgres").data
    stack.site.state.unlink()
    stack.down(wipe=True)

    assert of_run(stack.site.run) == []
    assert not home.exists()


def test_data_survives_down_and_not_wipe(checkout: Path) -> None:
    stack = Stack(checkout, checkout / "third-run")
    stack.start("s3")
    kept = stack.site.data / "s3" / "buckets" / stack.endpoints().s3.bucket / "kept"
    kept.write_text("here")
    stack.down()
    survived = kept.exists()
    stack.down(wipe=True)

    assert survived
    assert not stack.site.data.exists()


def test_a_private_stack_ends_with_its_owner_however_that_ends(checkout: Path) -> None:
    run = checkout / "leashed-run"
    code = (
        "import os, signal; from pathlib import Path; from devstack.leash import leash; "
        "from devstack.stack import Stack\n"
        f"root, run = Path({str(checkout)!r}), Path({str(run)!r})\n"
        "with leash(root, run):\n"
        "    Stack(root, run).start('postgres')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - the text above
    watcher = [p for p in psutil.process_iter() if str(run) in _words(p)]
    psutil.wait_procs(watcher, timeout=90)

    assert not (run / "state.json").exists()
    assert of_run(run) == []


def test_who_ends_a_private_stack_has_no_child_left_that_it_takes_for_running(
    checkout: Path,
) -> None:
    run = checkout / "ended-run"
    code = (
        "from pathlib import Path; from devstack.leash import leash; "
        "from devstack.stack import Stack\n"
        f"root, run = Path({str(checkout)!r}), Path({str(run)!r})\n"
        "with leash(root, run):\n"
        "    Stack(root, run).start('postgres')\n"
    )
    ended = subprocess.run(  # noqa: S603 - the text above
        [sys.executable, "-W", "default::ResourceWarning", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")


def of_run(run: Path) -> list[int]:
    return [p.pid for p in psutil.process_iter() if _variables(p).get(RUN_VARIABLE) == str(run)]


def _variables(process: psutil.Process) -> dict[str, str]:
    try:
        return dict(process.environ())
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return {}


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
