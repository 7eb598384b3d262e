"""Coroutines run to their end from synchronous code, also where an event loop already runs."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_apart(make: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run the coroutine in a thread and event loop of its own; returns what it returns."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(make())).result()
