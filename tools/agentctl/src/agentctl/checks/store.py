"""Is PostgreSQL there, does it keep what it is given, and has it the shape that we need."""

from collections.abc import Iterator, Mapping, Sequence

from agentctl.adapters.database import Database, DatabaseTrouble, database
from agentctl.adapters.kafka_cluster import cluster
from agentctl.adapters.kafka_trouble import KafkaTrouble
from agentctl.checks.clock import judged
from agentctl.findings import Finding, failed, ok, skipped
from agentctl.installation import Installation
from domain.ports.event_store import StoreFailure
from domain.topics import SESSION_EVENTS
from session_core.adapters.postgres_migrations import MigrationChanged
from session_core.app import missing_migrations
from streaming.counting import counted

CHECK, SCHEMA, CLOCK, SHARDS = "postgres", "schema", "clock postgres", "shards"
OLDEST = 14


async def store(site: Installation) -> Sequence[Finding]:
    """Check the server, its clock, the schema and the shards."""
    if site.database_url is None:
        return [skipped(CHECK, "nobody said where it is", "set AGENT_DATABASE_URL")]
    try:
        async with database(site.database(), seconds=site.timeout_seconds) as asked:
            server = await _server(asked)
            clock = judged(CLOCK, "PostgreSQL", await asked.clock())
            shards = await asked.shards()
    except DatabaseTrouble as trouble:
        return [failed(CHECK, str(trouble), trouble.mend)]
    schema = await _schema(site)
    return [*server, clock, schema, *await _shards(site, shards)]


def judge_server(
    version: int, *, read_only: bool, encrypted: bool, durability: Mapping[str, str]
) -> Iterator[Finding]:
    """Judge what the server says of itself."""
    told = f"PostgreSQL {version}, {'by TLS' if encrypted else 'not encrypted'}"
    off = [f"{name}={value}" for name, value in durability.items() if value == "off"]
    if version < OLDEST:
        yield failed(CHECK, told, f"use PostgreSQL {OLDEST} or newer")
    elif read_only:
        yield failed(CHECK, f"{told}, but nothing can be written", "give the primary's address")
    elif off:
        name, _, _ = off[0].partition("=")
        yield failed(CHECK, f"{', '.join(off)}: a crash loses what was stored", f"set {name}=on")
    else:
        yield ok(CHECK, told)


async def _server(asked: Database) -> Sequence[Finding]:
    return list(
        judge_server(
            await asked.version(),
            read_only=await asked.is_read_only(),
            encrypted=await asked.is_encrypted(),
            durability=await asked.durability(),
        )
    )


async def _schema(site: Installation) -> Finding:
    try:
        missing = await missing_migrations(site.store())
    except MigrationChanged as changed:
        return failed(SCHEMA, str(changed), "use agentctl and session-core of the same version")
    except StoreFailure as failure:
        return failed(SCHEMA, f"cannot be read: {failure}", "grant the role the table migration")
    if missing:
        return failed(SCHEMA, f"not applied: {', '.join(missing)}", "run `session-core migrate`")
    return ok(SCHEMA, "as this version needs it")


async def _shards(site: Installation, shards: int | None) -> Sequence[Finding]:
    if not shards or site.kafka_bootstrap_servers is None:
        return []
    try:
        async with cluster(site.kafka(), seconds=site.timeout_seconds) as kafka:
            found = await kafka.topics([SESSION_EVENTS.name])
    except KafkaTrouble:
        return []  # the check of Kafka says why
    partitions = len(found[SESSION_EVENTS.name].partitions) if found else 0
    if not partitions or shards == partitions:
        return []
    return [
        failed(
            SHARDS,
            f"the store has {counted(shards, 'shard')},"
            f" the topics {counted(partitions, 'partition')}",
            "give back the topics that belong to this store, or the store of these topics",
        )
    ]
