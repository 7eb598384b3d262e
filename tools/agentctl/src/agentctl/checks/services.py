"""Do the services say that they are ready, and if not, why."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from agentctl.adapters.http import Http, HttpTrouble, http
from agentctl.findings import Finding, failed, ok, skipped, warning
from agentctl.installation import Installation

CHECK = "ready"
_RUNBOOK = "docs/how-to/when-a-shard-stands-still.md, and its log"


async def services(site: Installation) -> Sequence[Finding]:
    """Ask `/readyz` of each service."""
    if not site.services:
        return [skipped(CHECK, "nobody said where the services are", "set AGENT_SERVICES")]
    async with http(seconds=site.timeout_seconds) as client:
        asked = (_one(client, name, url) for name, url in sorted(site.services.items()))
        return await asyncio.gather(*asked)


async def _one(client: Http, name: str, url: str) -> Finding:
    check = f"{CHECK} {name}"
    try:
        answer = await client.ask("GET", f"{url.rstrip('/')}/readyz")
    except HttpTrouble as trouble:
        return failed(check, str(trouble), f"start {name}, or look why it ended")
    told = _told(answer.json())
    if answer.status != HTTPStatus.OK:
        return failed(check, told or f"answers {answer.status}", _RUNBOOK)
    if told:
        return warning(check, told, "it works on; look at what it names")
    return ok(check, name)


def _told(body: Any) -> str:
    if not isinstance(body, dict):
        return ""
    return str(body.get("reason") or body.get("note") or "")
