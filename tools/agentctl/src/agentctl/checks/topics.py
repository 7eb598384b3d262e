"""Are all topics there, as `domain.topics` wants them, and kept by enough brokers."""

from collections.abc import Iterator, Mapping, Sequence

from agentctl.adapters.kafka_cluster import FoundTopic, cluster
from agentctl.adapters.kafka_trouble import KafkaTrouble
from agentctl.findings import Finding, failed, ok, skipped, warning
from agentctl.installation import Installation
from agentctl.topic_settings import wrong_settings
from domain.topics import ALL, SESSION_COMMANDS, SESSION_EVENTS, Topic
from streaming.counting import counted

CHECK = "topics"
SAFE_COPIES = 3
SAFE_IN_SYNC = 2
_CREATE = "run `agentctl topics create --replication-factor {}`"


async def topics(site: Installation) -> Sequence[Finding]:
    """Check every topic."""
    if site.kafka_bootstrap_servers is None:
        return [skipped(CHECK, "nobody said where Kafka is")]
    try:
        async with cluster(site.kafka(), seconds=site.timeout_seconds) as kafka:
            brokers = len(await kafka.brokers())
            found = await kafka.topics([topic.name for topic in site.topics()])
    except KafkaTrouble as trouble:
        return [failed(CHECK, str(trouble), trouble.mend)]
    return judge(found, brokers=brokers, prefix=site.topic_prefix, wanted=site.topics())


def judge(
    found: Mapping[str, FoundTopic],
    *,
    brokers: int,
    prefix: str = "",
    wanted: Sequence[Topic] = ALL,
) -> Sequence[Finding]:
    """Judge what was found, by name without prefix."""
    problems = [
        *_missing(found, brokers, prefix, wanted),
        *_counts(found, prefix),
        *(one for topic in wanted if topic.name in found for one in _one(topic, found, prefix)),
        *_copies(found, brokers),
    ]
    if any(problem.state == "failed" for problem in problems):
        return problems
    counts = len(found[SESSION_EVENTS.name].partitions)
    fine = f"{counted(len(wanted), 'topic')} as they should be, {counted(counts, 'partition')}"
    return [ok(CHECK, fine), *problems]


def _missing(
    found: Mapping[str, FoundTopic], brokers: int, prefix: str, wanted: Sequence[Topic]
) -> Iterator[Finding]:
    missing = [prefix + topic.name for topic in wanted if topic.name not in found]
    if missing:
        told = "no topic" if len(missing) == len(wanted) else ", ".join(missing)
        yield failed(CHECK, f"missing: {told}", _CREATE.format(min(SAFE_COPIES, brokers)))


def _counts(found: Mapping[str, FoundTopic], prefix: str) -> Iterator[Finding]:
    pair = [found.get(topic.name) for topic in (SESSION_COMMANDS, SESSION_EVENTS)]
    commands, events = (len(one.partitions) if one else 0 for one in pair)
    if commands and events and commands != events:
        yield failed(
            CHECK,
            f"{prefix}session-commands has {counted(commands, 'partition')} and"
            f" {prefix}session-events {events}: session-core does not start",
            "make both anew with one count; records of a topic that grew are in the wrong places",
        )


def _one(topic: Topic, found: Mapping[str, FoundTopic], prefix: str) -> Iterator[Finding]:
    one, name = found[topic.name], prefix + topic.name
    wrong = wrong_settings(topic, one.settings)
    if wrong:
        told = ", ".join(f"{key}={one.settings.get(key, '')}" for key in wrong)
        right = ",".join(f"{key}=[{value}]" for key, value in wrong.items())
        yield failed(
            CHECK,
            f"{name} has {told}",
            f"kafka-configs.sh --alter --topic {name} --add-config {right}",
        )
    leaderless = [n for n, partition in enumerate(one.partitions) if partition.leader < 0]
    if leaderless:
        yield failed(
            CHECK, f"{name} has no leader for partitions {leaderless}", "bring the brokers back"
        )
    behind = sum(len(p.in_sync) < len(p.replicas) for p in one.partitions)
    if behind and not leaderless:
        told = f"{name}: replicas out of sync in {counted(behind, 'partition')}"
        yield warning(CHECK, told, "look at the brokers")


def _copies(found: Mapping[str, FoundTopic], brokers: int) -> Iterator[Finding]:
    fewer = [name for name, one in found.items() if one.replication_factor < SAFE_COPIES]
    loose = [
        name
        for name, one in found.items()
        if int(one.settings.get("min.insync.replicas", "1")) < SAFE_IN_SYNC
    ]
    if fewer and brokers < SAFE_COPIES:
        yield warning(
            CHECK,
            f"{counted(brokers, 'broker')}: what a broker loses is lost",
            "outside of a laptop use three brokers, replication factor 3 and min.insync.replicas 2",
        )
    elif fewer:
        yield failed(
            CHECK,
            f"fewer than {SAFE_COPIES} replicas: {', '.join(sorted(fewer))}",
            "kafka-reassign-partitions.sh adds replicas",
        )
    elif loose:
        yield failed(
            CHECK,
            f"min.insync.replicas below {SAFE_IN_SYNC}: {', '.join(sorted(loose))}",
            f"kafka-configs.sh --alter --topic T --add-config min.insync.replicas={SAFE_IN_SYNC}",
        )
