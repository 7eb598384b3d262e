"""Does anything wait that could not be handled."""

from collections.abc import Iterator, Mapping, Sequence

from agentctl.adapters.kafka_trouble import KafkaTrouble
from agentctl.findings import Finding, ok, skipped, warning
from agentctl.installation import Installation
from agentctl.use_cases.parking import parked, sources, waiting
from domain.ports.event_store import StoreFailure
from domain.ports.parked_commands import ParkedLines
from session_core.app.parked import parked_lines

CHECK = "parked"
_MOST = 1000


async def records(site: Installation) -> Sequence[Finding]:
    """Count what waits, wherever it does."""
    if site.kafka_bootstrap_servers is None:
        return [skipped(CHECK, "nobody said where Kafka is")]
    try:
        found = {
            source.name: len(waiting(await parked(site.kafka(), source)))
            for source in sources(site.crm_names)
        }
    except KafkaTrouble as trouble:
        return [skipped(CHECK, f"not seen: {trouble}", trouble.mend)]
    return list(judge({"commands": await _commands(site), **found}))


def judge(counts: Mapping[str, int]) -> Iterator[Finding]:
    """Judge how many wait."""
    for name, count in counts.items():
        if count:
            told = f"{count} of {name} wait{'s' if count == 1 else ''} for an operator"
            yield warning(CHECK, told, f"`agentctl parked list {name}`")
    if not any(counts.values()):
        yield ok(CHECK, "nothing waits")


async def _commands(site: Installation) -> int:
    if site.database_url is None:
        return 0
    try:
        lines = await parked_lines(site.store(), ParkedLines(waiting=True), limit=_MOST)
    except StoreFailure:
        return 0  # the check of PostgreSQL says why
    return len(lines)
