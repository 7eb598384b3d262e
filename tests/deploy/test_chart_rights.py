"""Every service does its work with the rights that the chart gives it on Kafka, and no others."""

import asyncio
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError
from aiokafka.protocol.admin import CreateAclsRequest
from rich.console import Console
from typer.testing import CliRunner, Result

from agentctl.__main__ import app
from demo.play import play
from demo.stage import Stage
from deploycheck.go_tools import run_tool
from devstack.leash import leash
from devstack.locks import Door, Locks
from devstack.ports import LOOPBACK, free_port
from devstack.site import find_root
from devstack.stack import Stack

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "whatsapp-agent"
SERVICES = ("ingress", "session-core", "sender", "file-manager", "crm-notifier")
PASSWORD = "of everybody here"
Json: TypeAlias = dict[str, Any]

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1800)]

# Numbers of Kafka's protocol.
RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactionalId": 5}
PATTERNS = {"literal": 3, "prefix": 4}
OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10}
ALLOW = 3


def users() -> dict[str, Json]:
    """Render the KafkaUsers, by the component that each is for."""
    values = CHART / "ci" / "default-values.yaml"
    switches = "kafka.topics.management=strimzi,kafka.strimzi.users.enabled=true"
    done = run_tool("helm", "template", "wa", CHART, "--values", values, "--set", switches)
    assert done.returncode == 0, done.stderr
    made = [one for one in yaml.safe_load_all(done.stdout) if one and one["kind"] == "KafkaUser"]
    return {one["metadata"]["labels"]["app.kubernetes.io/component"]: one for one in made}


async def grant(kafka: str, made: Mapping[str, Json]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        for user in made.values():
            for right in user["spec"]["authorization"]["acls"]:
                for operation in right["operations"]:
                    request = acl(user["metadata"]["name"], right["resource"], operation)
                    answer = await admin._send_to_controller(request)  # noqa: SLF001 no public way
                    assert [code for code, _ in answer.creation_responses] == [0]
    finally:
        await admin.close()


def acl(user: str, resource: Json, operation: str) -> CreateAclsRequest:
    return CreateAclsRequest(
        RESOURCES[resource["type"]],
        resource.get("name", "kafka-cluster"),
        PATTERNS[resource.get("patternType", "literal")],
        f"User:{user}",
        "*",
        OPERATIONS[operation],
        ALLOW,
    )


def way_in(service: str, user: str, door: Door) -> dict[str, str]:
    prefix = service.replace("-", "_").upper()
    told = {
        "BOOTSTRAP_SERVERS": door.told,
        "SECURITY_PROTOCOL": door.protocol,
        "ALLOW_PLAINTEXT_CREDENTIALS": "true",
        "SASL_MECHANISM": "SCRAM-SHA-512",
        "SASL_USERNAME": user,
        "SASL_PASSWORD": PASSWORD,
    }
    return {f"{prefix}_KAFKA_{name}": value for name, value in told.items()}


@pytest.fixture(scope="module")
def door() -> Door:
    module = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    settings = {
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "scram-sha-512.sasl.jaas.config": module,
    }
    port = free_port()
    return Door("LOGIN", port, "SASL_PLAINTEXT", f"{LOOPBACK}:{port}", settings)


@pytest.fixture(scope="module")
def guarded(door: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run the whole system, each service under its own name and with its own rights."""
    made = users()
    names = {service: made[service]["metadata"]["name"] for service in (*SERVICES, "agentctl")}
    root, run = find_root(ROOT), tmp_path_factory.mktemp("guarded")
    with leash(root, run):
        stack = Stack(
            root,
            run,
            variables={one: way_in(one, names[one], door) for one in SERVICES},
            locks=Locks(doors=[door], users=dict.fromkeys(names.values(), PASSWORD), rights=True),
        )
        asyncio.run(grant(stack.start("kafka").kafka, made))
        stack.up()
        yield stack


async def agentctl(*line: str) -> Result:
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, list(line)))


async def set_back(service: str) -> Result:
    return await agentctl("replay", "group", service, "--from-beginning", "--yes")


async def test_a_conversation_goes_from_the_webhook_to_bucket_and_crm(guarded: Stack) -> None:
    screen = io.StringIO()

    await play(guarded.endpoints(), Stage(Console(file=screen, width=120)))

    assert "same bytes as sent  yes" in screen.getvalue()
    assert "session.completed      signature verified" in screen.getvalue()


async def test_it_goes_on_when_every_service_has_died_and_started_anew(guarded: Stack) -> None:
    for service in SERVICES:
        await asyncio.to_thread(guarded.kill, service)
    known = await asyncio.to_thread(guarded.up)

    await play(known, Stage(Console(file=io.StringIO(), width=120)))


async def test_an_operator_looks_after_it_all(
    guarded: Stack, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = users()["agentctl"]["metadata"]["name"]
    for variable, value in way_in("agent", name, door).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("AGENT_TIMEOUT_SECONDS", "30")
    await play(guarded.endpoints(), Stage(Console(file=io.StringIO(), width=120)))

    made = await agentctl("topics", "create", "--replication-factor", "1")
    seen = await agentctl("doctor", "--only", "topics", "--only", "readers", "--only", "parked")
    behind = await agentctl("lag", "--json")
    await asyncio.to_thread(guarded.stop, "crm-notifier")
    async with asyncio.timeout(120):  # who was killed before is a member until its time is over
        while "still at work: " in (again := await set_back("crm-notifier")).output:  # noqa: ASYNC110
            await asyncio.sleep(1)
    await asyncio.to_thread(guarded.up)

    assert "all topics are there" in made.output
    assert seen.exit_code == 0, seen.output
    assert {one["state"] for one in json.loads(behind.stdout)} == {"Stable"}
    assert "crm-notifier is set back by" in again.output


@pytest.mark.parametrize("who", ["crm-notifier", "agentctl"])
async def test_nobody_writes_what_is_not_theirs(guarded: Stack, door: Door, who: str) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=door.told,
        security_protocol=door.protocol,
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=users()[who]["metadata"]["name"],
        sasl_plain_password=PASSWORD,
    )
    assert guarded.dead() == []
    async with producer:
        with pytest.raises(TopicAuthorizationFailedError):
            await producer.send_and_wait("session-events", b"{}")
