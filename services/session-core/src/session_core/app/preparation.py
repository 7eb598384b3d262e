"""What must be in order before the first command is taken: schema, flows, partition counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from domain.ports.command_source import SourceUnavailable
from domain.ports.event_store import EventStore, StoreUnavailable
from domain.session import InvalidFlow
from domain.topics import SESSION_COMMANDS, SESSION_EVENTS
from session_core.adapters import kafka_topics
from session_core.adapters.postgres_connections import Connections
from session_core.adapters.postgres_migrations import MigrationChanged, missing, shipped
from session_core.use_cases import metrics
from session_core.use_cases.flow_shelf import FlowShelf
from session_core.use_cases.patience import Patience
from session_core.use_cases.shards import Shards
from streaming.counting import counted
from streaming.kafka import KafkaSettings

_log = structlog.get_logger(__name__)


class CannotStart(Exception):
    """Something must be put right by a person first."""


class _Lacking(Exception):
    """Something is yet to be made by whoever installs."""


@dataclass(slots=True)
class Preparation:
    """Waits for what is not there yet, and refuses what is wrong."""

    kafka: KafkaSettings
    connections: Connections
    store: EventStore
    flows: FlowShelf
    shards: Shards
    trouble: str | None = field(default="not prepared yet", init=False)

    def ready(self) -> str | None:
        """Give None once everything is in order, else what it waits for."""
        return self.trouble

    async def run(self) -> None:
        """Return when everything is in order. Raises CannotStart."""
        patience = Patience(first=0.1, most=3.0)
        while self.trouble is not None:
            try:
                await self._prepare()
                self.trouble = None
            except StoreUnavailable as failure:
                metrics.DATABASE_UNAVAILABLE.set(1)
                await self._wait(patience, str(failure))
            except SourceUnavailable as failure:
                await self._wait(patience, f"Kafka: {failure}")
            except _Lacking as lack:
                await self._wait(patience, str(lack))
            except (CannotStart, MigrationChanged) as failure:
                _log.error("cannot start", reason=str(failure))
                raise CannotStart(str(failure)) from failure

    async def _wait(self, patience: Patience, lacking: str) -> None:
        self.trouble = f"waiting for {lacking}"
        _log.warning("waiting to start", reason=self.trouble)
        await patience.wait()

    async def count(self) -> Sequence[int]:
        """Count the partitions of commands and those of events. Raises SourceUnavailable."""
        names = (SESSION_COMMANDS.name, SESSION_EVENTS.name)
        return await kafka_topics.partitions(self.kafka, *names)

    async def _prepare(self) -> None:
        names = await missing(self.connections, shipped())
        if names:
            raise _Lacking(f"`session-core migrate`, which has to apply {', '.join(names)}")
        try:
            await self.flows.open()
        except InvalidFlow as error:
            raise CannotStart(f"a flow is wrong: {error}") from error
        self.shards.total = await self._partitions()

    async def _partitions(self) -> int:
        commands, events = await self.count()
        if not commands or not events:
            raise _Lacking("the topics session-commands and session-events: make them first")
        if commands != events:
            raise CannotStart(
                f"session-commands has {counted(commands, 'partition')} and session-events"
                f" {events}: both topics are needed, with the same number"
            )
        shards = await self.store.provide(commands)
        if shards != commands:
            theirs, ours = counted(commands, "partition"), counted(shards, "shard")
            raise CannotStart(f"the topics have {theirs}, the store {ours}")
        return shards
