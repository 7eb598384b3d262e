"""The whole system where every line is encrypted, and each service gets in another way."""

import asyncio
import io
import os
import sys
from collections.abc import Iterator, Mapping

import pytest
from rich.console import Console

from demo.play import play
from demo.stage import Stage
from devstack.endpoints import Endpoints
from devstack.secured import PASSWORD, USER, Secured
from devstack.services import LOOKUPS, SERVICES, SIMULATOR
from devstack.stack import Stack

pytestmark = pytest.mark.system

Variables = Mapping[str, str]


@pytest.fixture(scope="module")
def locked(secured: Secured) -> Iterator[Stack]:
    """Everything, running: of Kafka, PostgreSQL and S3 the services know locked doors alone."""
    told = secured.stack.start("kafka", "postgres", "s3")
    site = secured.stack.site
    variables = _variables(secured, told)
    stack = Stack(site.root, site.run, locks=secured.locks, variables=variables, patience_s=240)
    stack.up()
    yield stack
    stack.stop(*SERVICES, LOOKUPS, SIMULATOR)


def _variables(keys: Secured, told: Endpoints) -> dict[str, dict[str, str]]:
    ca = str(keys.authority.file)
    shown = str(keys.authority.bundle("sender@example.org"))
    by_token = {
        "SASL_MECHANISM": "OAUTHBEARER",
        "OAUTH_TOKEN_URL": keys.desk.token_url,
        "OAUTH_CLIENT_ID": keys.desk.client_id,
        "OAUTH_CLIENT_SECRET": keys.desk.client_secret,
    }
    ways: dict[str, tuple[str, str, Variables]] = {
        "ingress": ("TOKEN", "SASL_SSL", by_token),
        "session-core": ("LOGIN", "SASL_SSL", _by_password("SCRAM-SHA-512")),
        "sender": ("KNOWN", "SSL", {"SSL_CERT_FILE": shown}),
        "file-manager": ("LOGIN", "SASL_SSL", _by_password("SCRAM-SHA-256")),
        "crm-notifier": ("TLS", "SSL", {}),
        "lookups": ("LOGIN", "SASL_SSL", _by_password("PLAIN")),
    }
    variables = {
        service: {
            f"{service.replace('-', '_').upper()}_KAFKA_{name}": value
            for name, value in {
                "BOOTSTRAP_SERVERS": keys.ways[door],
                "SECURITY_PROTOCOL": protocol,
                "SSL_CA_FILE": ca,
                **further,
            }.items()
        }
        for service, (door, protocol, further) in ways.items()
    }
    variables["session-core"]["SESSION_CORE_DATABASE_URL"] = (
        f"{told.postgres}?sslmode=verify-full&sslrootcert={ca}"
    )
    variables["file-manager"]["FILE_MANAGER_S3_CA_FILE"] = ca
    variables["simulator"] = {"AWS_CA_BUNDLE": ca}
    return variables


def _by_password(mechanism: str) -> Variables:
    return {"SASL_MECHANISM": mechanism, "SASL_USERNAME": USER, "SASL_PASSWORD": PASSWORD}


async def test_people_are_answered_files_kept_and_the_crm_told_behind_locks(
    locked: Stack, secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(secured.authority.file))
    screen = io.StringIO()

    await play(locked.endpoints(), Stage(Console(file=screen, width=120)))

    shown = screen.getvalue()
    for part in (
        "What is your full name?",
        "session.completed.v1",
        "same bytes as sent  yes",
        "session.completed      signature verified",
    ):
        assert part in shown


async def test_operators_get_in_by_the_same_doors(locked: Stack) -> None:
    verified = await _session_core(locked, "verify")
    listed = await _session_core(locked, "sessions")

    assert verified[0] == 0, verified[1]
    assert listed[0] == 0


async def test_an_operator_with_another_password_is_told_so(locked: Stack) -> None:
    code, said = await _session_core(
        locked,
        *(
            "command",
            "initiate",
            "--phone-number-id",
            "1060",
            "--to",
            "15550001111",
            "--flow",
            "claim",
        ),
        SESSION_CORE_KAFKA_SASL_PASSWORD="another-secret",
    )

    told = said.splitlines()[-1]
    assert code == 1
    assert told.startswith("not sent: localhost:")
    assert told.endswith("it refuses our user name or password")
    assert "another-secret" not in said


async def test_no_secret_stands_in_any_log(locked: Stack, secured: Secured) -> None:
    folder = locked.site.log("any").parent
    logs = {log.name: log.read_text() for log in folder.glob("*.log") if "kafka" not in log.name}

    assert {f"{service}.log" for service in SERVICES} <= set(logs)
    for secret in (PASSWORD, secured.desk.client_secret, "another-secret"):
        assert [name for name, text in logs.items() if secret in text] == []


async def _session_core(stack: Stack, *words: str, **changed: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "session_core", *words),
        env={**os.environ, **stack.environment("session-core"), **changed},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, (out + err).decode()
