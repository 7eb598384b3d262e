"""The whole system, running, and people who write to it."""

import secrets
from collections.abc import AsyncIterator

import httpx
import pytest

from demo.events import Reader, reading
from demo.person import Person
from devstack.endpoints import Endpoints
from devstack.stack import Stack
from watching import Meet


@pytest.fixture
def known(whole_stack: Stack) -> Endpoints:
    """Hand out the addresses of the running system."""
    return whole_stack.endpoints()


@pytest.fixture
async def simulator(known: Endpoints) -> AsyncIterator[httpx.AsyncClient]:
    """Hand out the simulator's control API; faults are cleared afterwards."""
    async with httpx.AsyncClient(base_url=known.simulator, timeout=15, trust_env=False) as http:
        yield http
        (await http.delete("/simulator/faults")).raise_for_status()


@pytest.fixture
def meet(simulator: httpx.AsyncClient) -> Meet:
    """Hand out people who never wrote before."""
    return lambda: Person(simulator, f"1555{secrets.randbelow(10**7):07d}")


@pytest.fixture
async def events(known: Endpoints) -> AsyncIterator[Reader]:
    """Read `session-events` from now on."""
    async with reading(known.kafka, from_start=False) as reader:
        yield reader
