"""pytest fixtures: a private Kafka, PostgreSQL and S3 per test run, started only when asked for.

Importing this costs a unit test run nothing: what is heavy is imported by the fixtures themselves.
"""

import secrets
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import pytest

from devstack.endpoints import S3Endpoint
from devstack.leash import leash
from devstack.site import find_root

if TYPE_CHECKING:
    from devstack.secured import Secured
    from devstack.stack import Stack


class Provider(Protocol):
    """Where the fixtures get their servers from; each is started by the first call."""

    def kafka(self) -> str:
        """Return the bootstrap servers."""

    def postgres(self) -> str:
        """Return the address of a fresh database."""

    def s3(self) -> S3Endpoint:
        """Return an empty bucket."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let containers stand in for local processes."""
    parser.addoption(
        "--stack",
        choices=("native", "containers"),
        default="native",
        help="where Kafka, PostgreSQL and S3 of connected tests run (default: native)",
    )


@pytest.fixture(scope="session")
def _provider(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provider]:
    if request.config.getoption("--stack") == "containers":
        from devstack.containers import containers  # noqa: PLC0415 - needs Docker's libraries

        with containers() as provider:
            yield provider
    else:
        from devstack.native import native  # noqa: PLC0415 - needs Kafka's and others' libraries

        with native(request.config.rootpath, tmp_path_factory.mktemp("infra")) as provider:
            yield provider


@pytest.fixture(scope="session")
def kafka(_provider: Provider) -> str:
    """Bootstrap servers of a real Kafka of this test run."""
    return _provider.kafka()


@pytest.fixture(scope="session")
def postgres(_provider: Provider) -> str:
    """Address of a fresh PostgreSQL database of this test run."""
    return _provider.postgres()


@pytest.fixture(scope="session")
def s3(_provider: Provider) -> S3Endpoint:
    """Hand out an empty bucket of this test run, with the keys to it."""
    return _provider.s3()


@pytest.fixture(scope="session")
def secured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Secured"]:
    """Kafka, PostgreSQL and S3 of this test run behind locks; `.stack.start(…)` starts them."""
    from devstack.secured import behind_locks  # noqa: PLC0415 - as above

    root = find_root(request.config.rootpath)
    with behind_locks(root, tmp_path_factory.mktemp("secured")) as made:
        yield made


@pytest.fixture
def topic_prefix(kafka: str) -> Iterator[str]:
    """Prefix under which all topics of the domain exist, for one test alone."""
    from devstack import topics  # noqa: PLC0415 - as above
    from devstack.apart import run_apart  # noqa: PLC0415 - as above
    from domain.topics import ALL  # noqa: PLC0415 - as above

    prefix = f"t{secrets.token_hex(4)}-"
    run_apart(lambda: topics.create(kafka, ALL, prefix=prefix))
    yield prefix
    run_apart(lambda: topics.delete(kafka, ALL, prefix=prefix))


@pytest.fixture(scope="session")
def whole_stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Stack"]:
    """Everything, running and ready: a `devstack.stack.Stack` of this test run.

    Its operations block; a test in an event loop calls them by `asyncio.to_thread`.
    The logs stay in `.run/logs-of-tests`, for whoever has to explain a failure.
    """
    from devstack.stack import Stack  # noqa: PLC0415 - as above

    root, run = find_root(request.config.rootpath), tmp_path_factory.mktemp("stack")
    with leash(root, run):
        stack = Stack(root, run)
        stack.up()
        yield stack
        kept = root / ".run" / "logs-of-tests"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(stack.site.log("any").parent, kept)
