"""agentctl gets into a locked Kafka by the same variables as the services."""

import asyncio
import os
import secrets
import sys

import pytest

from agentctl.installation import WrongVariables, from_variables
from devstack.secured import PASSWORD, USER, Secured

LOGIN = {
    "SECURITY_PROTOCOL": "SASL_SSL",
    "SASL_MECHANISM": "SCRAM-SHA-512",
    "SASL_USERNAME": USER,
    "SASL_PASSWORD": PASSWORD,
}


def kafka(prefix: str, **given: str) -> dict[str, str]:
    return {f"{prefix}_KAFKA_{name}": value for name, value in given.items()}


def test_the_way_in_is_that_of_session_core_where_agentctl_was_told_none() -> None:
    told = from_variables(kafka("SESSION_CORE", BOOTSTRAP_SERVERS="kafka.test:1", **LOGIN))

    assert told.kafka().client()["sasl_mechanism"] == "SCRAM-SHA-512"
    assert told.kafka().client()["security_protocol"] == "SASL_SSL"


def test_what_does_not_fit_together_is_said_by_name_and_without_values() -> None:
    with pytest.raises(WrongVariables) as refused:
        from_variables(kafka("AGENT", **{**LOGIN, "SECURITY_PROTOCOL": "SASL_PLAINTEXT"}))

    assert "AGENT_KAFKA_SECURITY_PROTOCOL would let credentials travel" in str(refused.value)
    assert PASSWORD not in str(refused.value)


@pytest.mark.connected
async def test_topics_are_made_and_checked_behind_a_lock(secured: Secured) -> None:
    await asyncio.to_thread(secured.stack.start, "kafka")
    told = {
        **kafka("AGENT", **LOGIN),
        "AGENT_KAFKA_BOOTSTRAP_SERVERS": secured.ways["LOGIN"],
        "AGENT_KAFKA_SSL_CA_FILE": str(secured.authority.file),
        "AGENT_TOPIC_PREFIX": f"a{secrets.token_hex(4)}-",
    }

    made = await agentctl(told, "topics", "create", "--replication-factor", "1")
    refused = await agentctl(
        {**told, "AGENT_KAFKA_SASL_PASSWORD": "another-secret"}, "topics", "check"
    )

    assert made[0] == 0, made[1]
    assert refused[0] == 1
    assert "another-secret" not in refused[1]


async def agentctl(told: dict[str, str], *words: str) -> tuple[int, str]:
    inherited = {name: it for name, it in os.environ.items() if not name.startswith("AGENT_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "agentctl", *words),
        env={**inherited, **told},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()
