"""Kafka, PostgreSQL and S3 of one test run as local processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.endpoints import Endpoints, S3Endpoint
from devstack.leash import leash
from devstack.site import find_root
from devstack.stack import Stack


class NativeProvider:
    """Starts the parts of a private stack one by one, as they are asked for."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def kafka(self) -> str:
        """Return the bootstrap servers."""
        return self._started("kafka").kafka

    def postgres(self) -> str:
        """Return the address of a fresh database."""
        return self._started("postgres").postgres

    def s3(self) -> S3Endpoint:
        """Return an empty bucket."""
        return self._started("s3").s3

    def _started(self, name: str) -> Endpoints:
        return self._stack.start(name)


@contextmanager
def native(start: Path, run: Path) -> Iterator[NativeProvider]:
    """Provide servers that end with this test run, however it ends."""
    root = find_root(start)
    with leash(root, run):
        yield NativeProvider(Stack(root, run))
