"""The proxies between the services and Kafka and PostgreSQL, and which answers they can hide."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from devstack.ports import free_port
from devstack.proxies import Detour, Proxies
from devstack.wire import Wire

_WRITING = frozenset({0, 22, 24, 25, 26, 28})
"""Kafka's requests that change something: Produce, InitProducerId, AddPartitionsToTxn,
AddOffsetsToTxn, EndTxn, TxnOffsetCommit (the protocol guide, api keys)."""
_SHORTEST_APPEND = 600
"""Bytes: an append carries events, all other statements carry a few ids."""


@dataclass(frozen=True, slots=True)
class Wires:
    """The proxies by name, and what the stack has to know of them."""

    by_name: dict[str, Wire]
    proxies: Proxies


@asynccontextmanager
async def wires() -> AsyncIterator[Wires]:
    """Open both before the servers behind them exist."""
    kafka_behind = free_port()
    postgres_behind = free_port({kafka_behind})
    kafka, postgres = Wire(kafka_behind, writes_to_kafka), Wire(postgres_behind, appends)
    try:
        proxies = Proxies(
            kafka=Detour(proxy=await kafka.start(), behind=kafka_behind),
            postgres=Detour(proxy=await postgres.start(), behind=postgres_behind),
        )
        yield Wires({"kafka": kafka, "postgres": postgres}, proxies)
    finally:
        await kafka.stop()
        await postgres.stop()


def writes_to_kafka(asked: bytes, _answer: bytes) -> bool:
    """Say whether the request wrote: four bytes of length come before the api key."""
    return int.from_bytes(asked[4:6]) in _WRITING


def appends(asked: bytes, _answer: bytes) -> bool:
    """Say whether the request was large enough to be an append."""
    return len(asked) >= _SHORTEST_APPEND
