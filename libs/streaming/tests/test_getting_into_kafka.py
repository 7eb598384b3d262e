"""Real locks of a real Kafka: who gets in, and what is said to who does not."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from pydantic_settings import SettingsConfigDict

from devstack.authority import Authority
from devstack.secured import PASSWORD, USER, Secured
from devstack.token_desk import Reply
from streaming import metrics
from streaming.kafka import KafkaSettings, Publisher, broker
from streaming.kafka_access import KafkaAccess
from streaming.link import Link
from streaming.reaching import why_not
from streaming.testing import Bench, Seen, bench_on, until

pytestmark = pytest.mark.connected

LOGIN = {"kafka_sasl_username": USER, "kafka_sasl_password": PASSWORD}


class Settings(KafkaAccess):
    """As a service has them."""

    model_config = SettingsConfigDict(env_prefix="SHOP_", frozen=True)


@pytest.fixture(scope="module")
def plain(secured: Secured) -> str:
    return secured.stack.start("kafka").kafka


@pytest.fixture
def keys(secured: Secured, plain: str) -> Iterator[Secured]:
    """Kafka and what opens it; the token desk works as it should again afterwards."""
    assert plain
    desk = secured.desk
    usual = desk.life
    yield secured
    desk.life, desk.instead = usual, None


def way(keys: Secured, door: str, protocol: str, **given: Any) -> KafkaSettings:
    trusted = {"kafka_ssl_ca_file": keys.authority.file} if protocol.endswith("SSL") else {}
    return Settings(
        kafka_bootstrap_servers=keys.ways[door],
        **{"kafka_security_protocol": protocol, **trusted, **given},
    ).kafka("shop-1")


def by_login(keys: Secured, mechanism: str, **given: Any) -> KafkaSettings:
    return way(keys, "LOGIN", "SASL_SSL", **{"kafka_sasl_mechanism": mechanism, **LOGIN, **given})


def by_token(keys: Secured, **given: Any) -> KafkaSettings:
    needed = {
        "kafka_sasl_mechanism": "OAUTHBEARER",
        "kafka_oauth_token_url": keys.desk.token_url,
        "kafka_oauth_client_id": keys.desk.client_id,
        "kafka_oauth_client_secret": keys.desk.client_secret,
    }
    return way(keys, "TOKEN", "SASL_SSL", **{**needed, **given})


def by_certificate(keys: Secured, *, expired: bool = False) -> KafkaSettings:
    shown = keys.authority.bundle("shop@example.org", expired=expired)
    return way(keys, "KNOWN", "SSL", kafka_ssl_cert_file=shown)


def unencrypted(keys: Secured) -> KafkaSettings:
    given = {**LOGIN, "kafka_sasl_mechanism": "SCRAM-SHA-512"}
    return way(
        keys, "UNENCRYPTED", "SASL_PLAINTEXT", kafka_allow_plaintext_credentials=True, **given
    )


WAYS: Mapping[str, Callable[[Secured], KafkaSettings]] = {
    "tls": lambda keys: way(keys, "TLS", "SSL"),
    "certificate": by_certificate,
    "scram-256": lambda keys: by_login(keys, "SCRAM-SHA-256"),
    "scram-512": lambda keys: by_login(keys, "SCRAM-SHA-512"),
    "plain-in-tls": lambda keys: by_login(keys, "PLAIN"),
    "token": by_token,
    "scram-without-tls": unencrypted,
}


@pytest.mark.parametrize("name", WAYS)
async def test_everything_that_talks_to_kafka_gets_in(keys: Secured, plain: str, name: str) -> None:
    seen = Seen()
    async with bench_on(plain, WAYS[name](keys)) as bench:
        await bench.write(60, keys=10)
        runner = bench.runner(seen)
        await runner.start()
        await until(lambda: len(seen.numbers) == 60, within=60)
        read, topics = await by_own_clients(bench.settings)

    assert sorted(seen.numbers) == list(range(1, 61))
    assert read == 60
    assert bench.settings.topic("events") in topics


async def by_own_clients(settings: KafkaSettings) -> tuple[int, list[str]]:
    """Count what a consumer reads, and list what an admin client sees, past FastStream."""
    reader = AIOKafkaConsumer(
        settings.topic("events"), **settings.client("-own"), auto_offset_reset="earliest"
    )
    admin = AIOKafkaAdminClient(**settings.client("-admin"))
    try:
        await reader.start()
        await admin.start()
        async with asyncio.timeout(60):
            records = [await reader.getone() for _ in range(60)]
        return len(records), await admin.list_topics()
    finally:
        await reader.stop()
        await admin.close()


REFUSED: Mapping[str, tuple[Callable[[Secured], KafkaSettings], str]] = {
    "another CA": (
        lambda keys: way(keys, "TLS", "SSL", kafka_ssl_ca_file=None),
        "its certificate is signed by no CA that we trust",
    ),
    "another name": (
        lambda keys: way(keys, "MISNAMED", "SSL"),
        "its certificate is not made out to the name by which we call it",
    ),
    "expired": (lambda keys: way(keys, "EXPIRED", "SSL"), "its certificate has expired"),
    "no certificate of ours": (
        lambda keys: way(keys, "KNOWN", "SSL"),
        "it wants a certificate of ours, and was shown none",
    ),
    "our certificate expired": (
        lambda keys: by_certificate(keys, expired=True),
        "it does not take our certificate: expired, or not from its CA",
    ),
    "another password": (
        lambda keys: by_login(keys, "SCRAM-SHA-512", kafka_sasl_password="another secret"),
        "it refuses our user name or password",
    ),
    "another user": (
        lambda keys: by_login(keys, "PLAIN", kafka_sasl_username="nobody"),
        "it refuses our user name or password",
    ),
    "another mechanism": (
        lambda keys: way(keys, "TOKEN", "SASL_SSL", kafka_sasl_mechanism="SCRAM-SHA-512", **LOGIN),
        "it does not know our way to log in (KAFKA_SASL_MECHANISM)",
    ),
    "another secret": (
        lambda keys: by_token(keys, kafka_oauth_client_secret="another secret"),
        "no token from 127.0.0.1: it answers 401 invalid_client",
    ),
    "TLS where there is none": (
        lambda keys: way(keys, "UNENCRYPTED", "SSL"),
        "perhaps it has no TLS (KAFKA_SECURITY_PROTOCOL)",
    ),
    "no TLS where there is some": (
        lambda keys: way(keys, "TLS", "PLAINTEXT"),
        "perhaps it wants TLS (KAFKA_SECURITY_PROTOCOL)",
    ),
    "no login where one is wanted": (
        lambda keys: way(keys, "LOGIN", "SSL"),
        "it wants SASL (KAFKA_SECURITY_PROTOCOL)",
    ),
    "login where none is wanted": (
        lambda keys: way(keys, "TLS", "SASL_SSL", kafka_sasl_mechanism="PLAIN", **LOGIN),
        "it wants no SASL (KAFKA_SECURITY_PROTOCOL)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_who_does_not_get_in_is_told_why_in_one_line(keys: Secured, name: str) -> None:
    settings, reason = REFUSED[name][0](keys), REFUSED[name][1]

    told = await why_not(settings) or "it let us in"

    assert told.startswith(settings.bootstrap_servers)
    assert told.endswith(reason)
    assert "secret" not in told
    assert PASSWORD not in told


@pytest.mark.parametrize("name", WAYS)
async def test_who_gets_in_has_nothing_to_complain_about(keys: Secured, name: str) -> None:
    assert await why_not(WAYS[name](keys)) is None


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (lambda _: Reply(503, b""), "it answers 503"),
        (lambda _: Reply(200, b"lies"), "its answer holds no token"),
        (lambda desk: desk.grant(desk.token(life=-60)), "its token has expired already"),
        (lambda desk: desk.grant(desk.token(audience="others")), "refuses our token"),
        (lambda desk: desk.grant("made-up"), "refuses our token"),
        (lambda desk: desk.grant(desk.token() + "x"), "refuses our token"),
    ],
    ids=["in trouble", "lies", "expired", "for others", "made up", "forged"],
)
async def test_a_token_of_no_use_is_waited_out_until_there_is_a_better_one(
    keys: Secured, trouble: Callable[[Any], Reply], reason: str
) -> None:
    keys.desk.instead = lambda: trouble(keys.desk)
    async with linking(by_token(keys)) as link:
        await until(lambda: reason in (link.ready() or ""), within=60)
        keys.desk.instead = None
        await until(lambda: link.ready() is None, within=60)


@asynccontextmanager
async def linking(settings: KafkaSettings) -> AsyncIterator[Link]:
    """Begin to connect, as a service does, and go on for as long as the block takes."""
    connection = broker(settings)
    link = Link(connection, Publisher(connection, settings), settings)
    starting = asyncio.create_task(link.start())
    try:
        yield link
    finally:
        starting.cancel()
        await asyncio.wait([starting])
        await link.stop()


async def test_a_ca_that_was_forgotten_can_be_given_while_a_service_waits(
    keys: Secured, tmp_path: Path
) -> None:
    trusted = tmp_path / "ca.pem"
    shutil.copy(Authority(tmp_path / "others").file, trusted)
    async with linking(way(keys, "TLS", "SSL", kafka_ssl_ca_file=trusted)) as link:
        await until(lambda: "no CA that we trust" in (link.ready() or ""), within=60)
        shutil.copy(keys.authority.file, trusted)
        await until(lambda: link.ready() is None, within=60)


async def test_tokens_that_end_in_the_middle_of_the_work_harm_nothing(
    keys: Secured, plain: str
) -> None:
    keys.desk.life = 3
    seen = Seen()
    async with bench_on(plain, by_token(keys)) as bench:
        runner = bench.runner(seen)
        await runner.start()
        before = rebalances(bench), replaced()
        asked, written = keys.desk.asked, 0
        async with asyncio.timeout(90):
            while keys.desk.asked < asked + 5:
                await bench.write(10, keys=7, first=written + 1)
                written += 10
        await until(lambda: len(set(seen.numbers)) == written, within=60)
        after = rebalances(bench), replaced()

    assert sorted(seen.numbers) == list(range(1, written + 1)), "each once"
    assert after == before
    for numbers in seen.by_key.values():
        assert numbers == sorted(numbers)


def rebalances(bench: Bench) -> float:
    topic, group = bench.settings.topic("events"), bench.settings.group("readers")
    return float(metrics.REBALANCED.labels(topic, group)._value.get())  # noqa: SLF001


def replaced() -> float:
    return float(metrics.REPLACED_PRODUCERS._value.get())  # noqa: SLF001
