"""Kafka, PostgreSQL and S3 of one test run as containers, where a Docker engine answers."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from docker.errors import DockerException  # type: ignore[import-untyped]  # ships no types
from testcontainers.community.minio import MinioContainer
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from devstack.endpoints import S3Endpoint
from devstack.kafka import broker_settings
from devstack.ports import LOOPBACK, free_port
from devstack.s3 import BUCKET

_KAFKA_IMAGE = "apache/kafka:4.1.0"
_POSTGRES_IMAGE = "postgres:18"

_CONTROLLER_PORT = 9093
_KAFKA_DATA = "/var/lib/kafka/data"
# Inside its container; from outside only the bound port leads there.
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - see above


class ContainerProvider:
    """Starts each container when it is asked for; the exit stack ends them."""

    def __init__(self, running: ExitStack) -> None:
        self._running = running

    def kafka(self) -> str:
        """Return the bootstrap servers."""
        # The broker tells clients its address, so it has to know the host's port beforehand.
        port = free_port()
        settings = broker_settings(
            listen=_EVERYWHERE, port=port, controller_port=_CONTROLLER_PORT, data=_KAFKA_DATA
        )
        container = DockerContainer(_KAFKA_IMAGE).with_bind_ports(port, port)
        for name, value in settings.items():
            container.with_env(f"KAFKA_{name.replace('.', '_').upper()}", value)
        container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))
        self._running.enter_context(container)
        return f"{LOOPBACK}:{port}"

    def postgres(self) -> str:
        """Return the address of a fresh database."""
        container = PostgresContainer(_POSTGRES_IMAGE, driver=None)
        return self._running.enter_context(container).get_connection_url()

    def s3(self) -> S3Endpoint:
        """Return an empty bucket."""
        container = self._running.enter_context(MinioContainer())
        container.get_client().make_bucket(BUCKET)
        config = container.get_config()
        return S3Endpoint(
            endpoint_url=f"http://{config['endpoint']}",
            bucket=BUCKET,
            access_key_id=config["access_key"],
            secret_access_key=config["secret_key"],
        )


@contextmanager
def containers() -> Iterator[ContainerProvider]:
    """Provide servers in containers that end with this test run."""
    reason = _why_docker_is_silent()
    if reason:
        pytest.fail(f"--stack=containers needs a Docker engine: {reason}", pytrace=False)
    with ExitStack() as running:
        yield ContainerProvider(running)


def _why_docker_is_silent() -> str | None:
    with warnings.catch_warnings():
        # Docker's client leaves the socket of its failed attempt to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            DockerClient().client.ping()
        except DockerException as error:
            reason = str(error)
        else:
            return None
        gc.collect()
    return reason
