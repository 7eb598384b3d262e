"""Does anybody read what is written, and does anything wait for an operator."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from agentctl.adapters.kafka_trouble import KafkaTrouble
from agentctl.findings import Finding, ok, skipped, warning
from agentctl.installation import Installation
from agentctl.use_cases.lagging import GroupLag, lags, readers_of
from streaming.counting import counted

CHECK = "readers"
OLD_SECONDS = 60.0


async def readers(site: Installation) -> Sequence[Finding]:
    """Check every group that reads."""
    if site.kafka_bootstrap_servers is None:
        return []
    try:
        found = await lags(site.kafka(), readers_of(site.crm_names), seconds=site.timeout_seconds)
    except KafkaTrouble as trouble:
        return [skipped(CHECK, str(trouble))]
    return list(judge(found, now=datetime.now(UTC)))


def judge(found: Sequence[GroupLag], *, now: datetime) -> Iterator[Finding]:
    """Judge how far each group has come."""
    fine = True
    for one in found:
        if not one.members:
            fine = False
            yield warning(CHECK, f"nobody reads as {one.group}", f"start {one.group}")
        age = (now - one.waits_since).total_seconds() if one.waits_since else 0.0
        if one.members and age > OLD_SECONDS:
            fine = False
            yield warning(
                CHECK,
                f"{one.group} is {counted(one.behind, 'record')} behind,"
                f" the oldest {age:.0f} s old",
                f"`agentctl lag {one.group}` says where; its /readyz and log say why",
            )
    if fine:
        yield ok(CHECK, ", ".join(f"{one.group} {one.behind} behind" for one in found))
