"""A topic of its own for each test that talks to a real Kafka."""

from collections.abc import AsyncIterator

import pytest

from streaming.plain_logs import pytest_runtest_setup
from streaming.testing import Bench, bench_on

__all__ = ["bench", "pytest_runtest_setup"]


@pytest.fixture
async def bench(kafka: str) -> AsyncIterator[Bench]:
    async with bench_on(kafka) as made:
        yield made
