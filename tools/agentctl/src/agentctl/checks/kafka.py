"""Is Kafka there, and set up so that nothing is made or lost behind our backs."""

from collections.abc import Mapping, Sequence

from agentctl.adapters.kafka_clock import controllers_clock
from agentctl.adapters.kafka_cluster import KafkaCluster, cluster
from agentctl.adapters.kafka_trouble import KafkaTrouble
from agentctl.checks.clock import judged
from agentctl.findings import Finding, failed, ok, skipped, warning
from agentctl.installation import Installation

CHECK = "kafka"
CLOCK = "clock kafka"


async def brokers(site: Installation) -> Sequence[Finding]:
    """Check that Kafka answers, and how the first broker is set up."""
    if site.kafka_bootstrap_servers is None:
        return [skipped(CHECK, "nobody said where it is", "set AGENT_KAFKA_BOOTSTRAP_SERVERS")]
    try:
        async with cluster(site.kafka(), seconds=site.timeout_seconds) as kafka:
            found = await kafka.brokers()
            settings = await _settings(kafka, found[0])
    except KafkaTrouble as trouble:
        return [failed(CHECK, str(trouble), trouble.mend)]
    count = f"{len(found)} broker{'s' if len(found) > 1 else ''}"
    return [ok(CHECK, f"{count} at {site.kafka_bootstrap_servers}"), *judge(settings)]


def judge(settings: Mapping[str, str] | None) -> Sequence[Finding]:
    """Judge the settings of a broker; None where they may not be seen."""
    if settings is None:
        return [skipped(CHECK, "agentctl may not see the settings of brokers (DescribeConfigs)")]
    if settings.get("auto.create.topics.enable") == "true":
        return [
            warning(
                CHECK,
                "auto.create.topics.enable: a mistyped name makes a topic with the wrong settings",
                "set auto.create.topics.enable=false on every broker",
            )
        ]
    return []


async def clock(site: Installation) -> Sequence[Finding]:
    """Compare the controller's clock with this one."""
    if site.kafka_bootstrap_servers is None:
        return []
    try:
        reading = await controllers_clock(site.kafka(), seconds=site.timeout_seconds)
    except KafkaTrouble as trouble:
        return [skipped(CLOCK, f"not seen: {trouble}")]
    return [judged(CLOCK, "Kafka's controller", reading)]


async def _settings(kafka: KafkaCluster, broker: int) -> Mapping[str, str] | None:
    try:
        return await kafka.broker_settings(broker)
    except KafkaTrouble:
        return None
