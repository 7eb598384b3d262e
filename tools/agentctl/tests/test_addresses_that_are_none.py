"""An address that is none is named as one, and nothing of it is shown: it may hold a secret."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from pydantic import SecretStr

from agentctl.checks import crm, files, platform, services, store, webhook
from agentctl.findings import Finding
from agentctl.installation import Installation, WrongVariables, from_variables

HIDDEN = "hunter2"


@pytest.mark.parametrize(
    ("check", "site"),
    [
        (crm.crm, Installation(crm_url=SecretStr(f"crm.example.com/hook?token={HIDDEN}"))),
        (
            platform.platform,
            Installation(
                graph_url="graph", access_token=SecretStr(HIDDEN), phone_number_ids=("1",)
            ),
        ),
        (webhook.door, Installation(ingress_url="ingress:8080", verify_token=SecretStr(HIDDEN))),
        (services.services, Installation(services={"sender": "http://[::1"})),
        (
            files.files,
            Installation(
                s3_endpoint_url="minio:9000",
                s3_bucket="files",
                s3_access_key_id="key",
                s3_secret_access_key=SecretStr(HIDDEN),
            ),
        ),
        (store.store, Installation(database_url=SecretStr(f"postgresql://u:{HIDDEN}@db:port/x"))),
        (store.store, Installation(database_url=SecretStr(f"db/x?password={HIDDEN}"))),
    ],
)
async def test_the_line_says_that_it_is_no_address(
    check: Callable[[Installation], Awaitable[Sequence[Finding]]], site: Installation
) -> None:
    [finding] = await check(site)

    assert finding.state == "failed"
    assert "no web address" in finding.what or "no address of PostgreSQL" in finding.what
    assert HIDDEN not in str(finding)


@pytest.mark.parametrize("told", ["kafka:abc", "kafka:9092,", "kafka 9092", "https://kafka:9092"])
def test_brokers_that_are_none_are_named_before_anything_is_asked(told: str) -> None:
    with pytest.raises(WrongVariables, match="AGENT_KAFKA_BOOTSTRAP_SERVERS is not valid"):
        from_variables({"AGENT_KAFKA_BOOTSTRAP_SERVERS": told})


@pytest.mark.parametrize("told", ["kafka", "b-1.example.com:9096, b-2:9096", "[::1]:9092,10.0.0.1"])
def test_brokers_may_be_several_and_may_leave_out_the_port(told: str) -> None:
    site = from_variables({"AGENT_KAFKA_BOOTSTRAP_SERVERS": told})

    assert site.kafka_bootstrap_servers == told
