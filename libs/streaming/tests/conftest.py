"""A topic of its own for each test that talks to a real Kafka."""

from collections.abc import AsyncIterator

import pytest

from streaming.testing import Bench, bench_on


@pytest.fixture
async def bench(kafka: str) -> AsyncIterator[Bench]:
    async with bench_on(kafka) as made:
        yield made
