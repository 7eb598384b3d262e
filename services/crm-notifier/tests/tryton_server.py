"""Tryton, a CRM that others wrote, as a process of its own on loopback (dependency group `crm`)."""

import asyncio
import os
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import aiohttp

from devstack.ports import free_port

DATABASE = "crm"
KEY = "k" * 128
_MODULES = "party"
_STARTS_WITHIN = 100.0


class Tryton(NamedTuple):
    """Where it is, and where its records lie."""

    url: str
    file: Path

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Ask its database, past everything that it does itself."""
        with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True) as connection:
            return connection.execute(statement).fetchall()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Tryton]:
    """Make a database with parties in it, serve it, and stop."""
    port = free_port()
    file = folder / f"{DATABASE}.sqlite"
    config = folder / "trytond.conf"
    config.write_text(
        f"[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}\n"
    )
    file.touch()
    password = folder / "password"
    password.write_text("a password that nobody needs")
    await _make_database(config, file, password)
    server = await _started("trytond", "-c", str(config), "-d", DATABASE)
    try:
        tryton = Tryton(f"http://127.0.0.1:{port}/{DATABASE}/rest/model", file)
        await _answers(tryton, server)
        yield tryton
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()


async def _make_database(config: Path, file: Path, password: Path) -> None:
    making = await _started(
        *("trytond-admin", "-c", str(config), "-d", DATABASE, "--all", "--activate-dependencies"),
        *("-u", _MODULES, "--email", "admin@example.com", "-p"),
        TRYTONPASSFILE=str(password),
    )
    assert await making.wait() == 0
    with sqlite3.connect(file) as connection:
        # What an administrator does in Tryton's own client, which no server needs.
        connection.execute(
            "INSERT INTO res_user_application (key, user, application, state)"
            " SELECT ?, id, 'rest', 'validated' FROM res_user WHERE login = 'admin'",
            (KEY,),
        )


async def _started(program: str, *options: str, **environment: str) -> Process:
    return await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name(program),
        *options,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
        env={**os.environ, **environment},
    )


async def _answers(tryton: Tryton, server: Process) -> None:
    headers = {"Authorization": f"bearer {KEY}"}
    async with asyncio.timeout(_STARTS_WITHIN), aiohttp.ClientSession(headers=headers) as http:
        while server.returncode is None:
            try:
                async with http.get(f"{tryton.url}/party.party") as answer:
                    answer.raise_for_status()
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.1)
    raise AssertionError("Tryton ended")
