"""The services, the simulator and the desk: what each is told through its environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from devstack.component import Component, NotReadyError
from devstack.credentials import Credentials
from devstack.failure import StackError, last_meaningful_line
from devstack.ports import LOOPBACK
from devstack.s3 import BUCKET, REGION
from devstack.site import Site

DISPLAY_PHONE_NUMBER = "15550783881"
BUSINESS_ACCOUNT_ID = "102290129340398"
APP_ID = "670843887433847"
SERVICES = ("ingress", "session-core", "sender", "file-manager", "crm-notifier")
SIMULATOR = "simulator"
LOOKUPS = "lookups"
"""Stands in for other teams' services: answers what flows look up."""
GRAPH_VERSION = "v24.0"
_API_PORT = "SESSION_CORE_API_PORT"
_ON_A_LAPTOP = {"sender": {"SENDER_STOP_PAUSE": "15"}}
"""What suits somebody who tries things out, unless their shell says otherwise."""


@dataclass(frozen=True)
class Addresses:
    """Where everything listens."""

    kafka: str
    postgres: str
    s3: str
    simulator: str
    ingress: str


def service_of(name: str) -> str:
    """Return the service that an instance runs: `session-core` for `session-core-2`."""
    stem, _, number = name.rpartition("-")
    return stem if number.isdigit() else name


def instance_id(name: str) -> str:
    """Return the stable id of an instance; the first has the number 1."""
    return name if service_of(name) != name else f"{name}-1"


def environment(
    name: str, *, port: int, addresses: Addresses, keys: Credentials, root: Path
) -> dict[str, str]:
    """Return the variables of one instance, named as it reads them; `root` is the checkout."""
    service = service_of(name)
    common = {
        "KAFKA_BOOTSTRAP_SERVERS": addresses.kafka,
        "HOST": LOOPBACK,
        "PORT": str(port),
        "INSTANCE_ID": instance_id(name),
    }
    own = _own_variables(addresses, keys, root)[service]
    prefix = module_of(service).upper()
    return {f"{prefix}_{key}": value for key, value in {**common, **own}.items()}


def _own_variables(
    addresses: Addresses, keys: Credentials, root: Path
) -> Mapping[str, dict[str, str]]:
    graph = {
        "GRAPH_URL": addresses.simulator,
        "GRAPH_VERSION": GRAPH_VERSION,
        "ACCESS_TOKEN": keys.access_token,
    }
    bucket = {
        "S3_ENDPOINT_URL": addresses.s3,
        "S3_BUCKET": BUCKET,
        "S3_ACCESS_KEY_ID": keys.s3_access_key_id,
        "S3_SECRET_ACCESS_KEY": keys.s3_secret_access_key,
        "S3_REGION": REGION,
    }
    handshake = {"APP_SECRET": keys.app_secret, "VERIFY_TOKEN": keys.verify_token}
    return {
        "ingress": {**handshake, "PHONE_NUMBER_IDS": f'["{keys.phone_number_id}"]'},
        "session-core": {"DATABASE_URL": addresses.postgres, "FLOWS_DIR": str(root / "flows")},
        "sender": {
            **graph,
            "NUMBERS": json.dumps({keys.phone_number_id: {"display": DISPLAY_PHONE_NUMBER}}),
        },
        "file-manager": {**graph, **bucket},
        "crm-notifier": {
            "CRM": "webhook",
            "WEBHOOK_URL": f"{addresses.simulator}/crm/webhooks",
            "WEBHOOK_SECRET": keys.crm_secret,
        },
        LOOKUPS: {"TABLE": str(root / "tools" / "lookups" / "desk.yaml")},
        SIMULATOR: {
            **handshake,
            **bucket,
            "WEBHOOK_URL": f"{addresses.ingress}/webhook",
            "ACCESS_TOKEN": keys.access_token,
            "PHONE_NUMBER_ID": keys.phone_number_id,
            "DISPLAY_PHONE_NUMBER": DISPLAY_PHONE_NUMBER,
            "BUSINESS_ACCOUNT_ID": BUSINESS_ACCOUNT_ID,
            "APP_ID": APP_ID,
            "CRM_SECRET": keys.crm_secret,
        },
    }


def api_port(name: str, variables: Mapping[str, str]) -> int | None:
    """Return where this instance serves the query API if `variables` tell the first where.

    Each further one needs a port of its own on the same host: the next one, and so on.
    """
    first = variables.get(_API_PORT, "")
    if service_of(name) != "session-core" or not first.isdecimal():
        return None
    number = int(instance_id(name).rpartition("-")[2])
    return int(first) + number - 1 if int(first) else None


def module_of(service: str) -> str:
    """Return the Python module that runs the service."""
    return service.replace("-", "_")


def component(
    name: str, *, port: int, env: Mapping[str, str], exported: Mapping[str, str]
) -> Component:
    """Describe one instance; `exported` holds what it is told besides."""
    service = service_of(name)
    module = (sys.executable, "-m", module_of(service))
    command = (*module, "run") if service == "session-core" else module
    usual = _ON_A_LAPTOP.get(service, {})
    env = {**{key: value for key, value in usual.items() if key not in exported}, **env}
    api = api_port(name, {**exported, **env})
    return Component(
        name=name,
        command=lambda: command,
        env=env if api is None else {**env, _API_PORT: str(api)},
        api_port=api,
        ready=partial(_is_ready, f"http://{LOOPBACK}:{port}/readyz"),
    )


def migrate(site: Site, env: Mapping[str, str]) -> None:
    """Bring session-core's tables to the form its code expects."""
    log = site.log("session-core-migrate")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        begin = log.stat().st_size
        done = subprocess.run(
            [sys.executable, "-m", "session_core", "migrate"],
            env={**os.environ, **env},
            cwd=site.root,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        reason = last_meaningful_line(log, since=begin)
        raise StackError(f"session-core's migrations failed: {reason} (log: {log})")


def _is_ready(url: str) -> str | None:
    try:
        answer = httpx.get(url, timeout=2, trust_env=False)
    except httpx.HTTPError as error:
        raise NotReadyError(str(error) or type(error).__name__) from error
    if answer.status_code != httpx.codes.OK:
        raise NotReadyError(f"{url} answers {answer.status_code}")
    try:
        note = answer.json()["note"]
    except (ValueError, KeyError, TypeError):
        return None
    return note if isinstance(note, str) else None
