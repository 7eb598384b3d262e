"""Finds out what keeps us from Kafka, which aiokafka tells nobody but its log."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from aiokafka.cluster import ClusterMetadata
from aiokafka.conn import AIOKafkaConnection, collect_hosts, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest
from faststream.kafka import KafkaBroker

from streaming.connecting import because
from streaming.kafka import KafkaSettings
from streaming.tokens import NoToken

ANSWER_SECONDS = 10.0
_Place: TypeAlias = tuple[str, int]


class OutOfReach(Exception):
    """Kafka does not take us in; the text says why, without secrets."""


@asynccontextmanager
async def connected(broker: KafkaBroker, settings: KafkaSettings) -> AsyncIterator[None]:
    """Start the broker for as long as the block takes, waiting for nothing. Raises OutOfReach."""
    try:
        try:
            await broker.start()
        except (KafkaError, OSError) as error:
            raise OutOfReach(await why_not(settings) or type(error).__name__) from error
        yield
    finally:
        await broker.stop()


async def why_not(settings: KafkaSettings) -> str | None:
    """Say in one line why no broker takes us in, without secrets; None if one does.

    A broker is also called by the name that clients are told, which may be another one.
    """
    first = [(host, port) for host, port, _ in collect_hosts(settings.servers, randomize=False)]
    trouble, brokers = await _any_of(settings, first)
    if trouble is None:
        trouble, _ = await _any_of(settings, brokers)
    return trouble


async def _any_of(
    settings: KafkaSettings, places: Iterable[_Place]
) -> tuple[str | None, list[_Place]]:
    """Give what the first broker that answers says of all; else why the first one did not."""
    troubles = []
    for host, port in places:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return None, await _brokers(settings, host, port)
        except (KafkaError, OSError) as error:  # TimeoutError is an OSError
            troubles.append(f"{host}:{port}: {_because(settings, error)}")
    return next(iter(troubles), "no broker is known"), []


async def _brokers(settings: KafkaSettings, host: str, port: int) -> list[_Place]:
    given: dict[str, Any] = settings.client()
    del given["bootstrap_servers"]
    connection: AIOKafkaConnection = await create_conn(host, port, **given)
    try:
        answer = await connection.send(MetadataRequest([]))
    except KafkaConnectionError as error:
        raise _NotTakenIn from error
    finally:
        connection.close()
    cluster = ClusterMetadata()
    cluster.update_metadata(answer)
    return [(broker.host, broker.port) for broker in cluster.brokers()]


class _NotTakenIn(KafkaError):  # type: ignore[misc]  # aiokafka is untyped
    """The broker spoke to us, and hung up at the first question."""


def _because(settings: KafkaSettings, error: Exception) -> str:
    match error:
        case NoToken():
            return str(error.args[0])
        case _NotTakenIn():
            return "it hangs up on who does not log in: it wants SASL (KAFKA_SECURITY_PROTOCOL)"
        case SaslAuthenticationFailed():
            what = "token" if settings.tokens else "user name or password"
            return f"it refuses our {what}"
        case UnsupportedSaslMechanismError():
            return "it does not know our way to log in (KAFKA_SASL_MECHANISM)"
        case IllegalSaslStateError():
            return "it lets nobody log in at this port: it wants no SASL (KAFKA_SECURITY_PROTOCOL)"
        case KafkaConnectionError() if error.__cause__ is not None and not settings.is_encrypted:
            return "it hangs up at our first word: perhaps it wants TLS (KAFKA_SECURITY_PROTOCOL)"
        case ConnectionResetError() if settings.is_encrypted:
            return "it hangs up at our first word: perhaps it has no TLS (KAFKA_SECURITY_PROTOCOL)"
        case _:
            return because(error)
