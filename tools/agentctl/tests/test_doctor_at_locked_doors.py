"""The doctor tells apart why a locked Kafka, PostgreSQL or bucket does not let it in."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from agentctl.checks import files, kafka, store
from agentctl.findings import Finding
from agentctl.installation import Installation
from devstack.authority import Authority
from devstack.secured import PASSWORD, USER, Secured

pytestmark = pytest.mark.connected


@pytest.fixture(scope="module")
def keys(secured: Secured) -> Secured:
    secured.stack.start("kafka")
    return secured


async def asked(keys: Secured, door: str, **way: Any) -> Finding:
    site = Installation.model_validate(
        {
            "kafka_bootstrap_servers": keys.ways[door],
            "timeout_seconds": 30,
            **{f"kafka_{name}": given for name, given in way.items()},
        }
    )
    return (await kafka.brokers(site))[0]


def login(keys: Secured, password: str = PASSWORD, mechanism: str = "SCRAM-SHA-512") -> Any:
    return {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": mechanism,
        "sasl_username": USER,
        "sasl_password": password,
        "ssl_ca_file": keys.authority.file,
    }


async def test_the_right_password_by_tls_opens(keys: Secured) -> None:
    finding = await asked(keys, "LOGIN", **login(keys))

    assert finding.state == "ok"


async def test_a_wrong_password_is_told_from_a_mechanism_that_is_not_there(keys: Secured) -> None:
    wrong = await asked(keys, "LOGIN", **login(keys, password="wrong"))

    assert (wrong.state, wrong.what) == (
        "failed",
        "Kafka refuses the credentials: SaslAuthenticationFailed",
    )


async def test_a_certificate_that_nobody_here_trusts_is_told(keys: Secured) -> None:
    finding = await asked(keys, "TLS", security_protocol="SSL")

    assert finding.what.startswith(f"the certificate of {keys.ways['TLS']} is not trusted")
    assert "CA" in finding.mend


@pytest.mark.parametrize("door", ["EXPIRED", "MISNAMED"])
async def test_a_certificate_that_is_old_or_somebody_elses_is_told(
    keys: Secured, door: str
) -> None:
    ca = keys.authority.file
    finding = await asked(keys, door, security_protocol="SSL", ssl_ca_file=ca)

    assert finding.what.startswith(f"the certificate of {keys.ways[door]} is not trusted")


async def test_speaking_in_the_open_to_a_door_with_tls_is_told(keys: Secured) -> None:
    finding = await asked(keys, "TLS")

    assert finding.state == "failed"
    assert finding.mend != ""


@pytest.fixture(scope="module")
def database(secured: Secured) -> str:
    return secured.stack.start("postgres").postgres


async def test_a_database_is_reached_by_tls_only_with_the_ca_that_signed_it(
    secured: Secured, database: str, tmp_path: Path
) -> None:
    bare = urlsplit(database)._replace(query="").geturl()
    other = Authority(tmp_path / "strangers").file
    right = f"{bare}?sslmode=verify-full&sslrootcert={secured.authority.file}"
    wrong = f"{bare}?sslmode=verify-full&sslrootcert={other}"

    fine = await store.store(Installation(database_url=SecretStr(right), timeout_seconds=30))
    [untrusted] = await store.store(Installation(database_url=SecretStr(wrong), timeout_seconds=30))

    assert (fine[0].state, "by TLS" in fine[0].what) == ("ok", True)
    assert "is not trusted" in untrusted.what


async def test_a_bucket_behind_a_certificate_is_reached_only_with_its_ca(
    secured: Secured,
) -> None:
    known = secured.stack.start("s3").s3
    site = Installation(
        s3_endpoint_url=known.endpoint_url,
        s3_bucket=known.bucket,
        s3_access_key_id=known.access_key_id,
        s3_secret_access_key=SecretStr(known.secret_access_key),
        timeout_seconds=30,
    )
    trusting = site.model_copy(update={"s3_ca_file": secured.authority.file})

    [refused], [fine] = await files.files(site), await files.files(trusting)

    assert "certificate" in refused.what
    assert fine.state == "ok"
