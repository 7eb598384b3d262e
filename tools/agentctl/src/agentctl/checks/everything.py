"""All checks, side by side, told in one order."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from agentctl.checks import (
    configuration,
    crm,
    files,
    flows,
    kafka,
    malware,
    parked,
    platform,
    progress,
    services,
    store,
    topics,
    webhook,
)
from agentctl.findings import Finding, failed
from agentctl.installation import Installation

Check = Callable[[Installation], Awaitable[Sequence[Finding]]]

CHECKS: Mapping[str, Check] = {
    "kafka": kafka.brokers,
    "kafka-clock": kafka.clock,
    "topics": topics.topics,
    "postgres": store.store,
    "s3": files.files,
    "clamav": malware.scanner,
    "graph-api": platform.platform,
    "subscription": webhook.subscription,
    "webhook": webhook.door,
    "crm": crm.crm,
    "flows": flows.flows,
    "services": services.services,
    "readers": progress.readers,
    "parked": parked.records,
}
"""By the name that the command line takes."""
CONFIG = "config"


async def examine(
    site: Installation, environ: Mapping[str, str], only: Sequence[str] = ()
) -> Sequence[Finding]:
    """Return what all checks found, or only these."""
    chosen = {name: check for name, check in CHECKS.items() if not only or name in only}
    found = await asyncio.gather(*(_found(name, check, site) for name, check in chosen.items()))
    first = configuration.configuration(environ) if not only or CONFIG in only else ()
    return [*first, *(one for findings in found for one in findings)]


async def _found(name: str, check: Check, site: Installation) -> Sequence[Finding]:
    try:
        return await check(site)
    except Exception as error:  # noqa: BLE001 one broken check must not hide what the others say
        told = f"the check itself broke: {type(error).__name__}"
        return [failed(name, told, "report it; the other lines hold")]
