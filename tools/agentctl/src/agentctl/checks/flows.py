"""Would session-core start with these flows."""

import asyncio
from collections.abc import Sequence

from agentctl.findings import Finding, failed, ok, skipped
from agentctl.installation import Installation
from session_core.app import problem_of_flows

CHECK = "flows"


async def flows(site: Installation) -> Sequence[Finding]:
    """Read the flows as session-core does."""
    if site.flows_dir is None:
        return [skipped(CHECK, "nobody said where they are", "set AGENT_FLOWS_DIR")]
    problem = await asyncio.to_thread(problem_of_flows, site.flows_dir)
    if problem is not None:
        return [failed(CHECK, problem.splitlines()[0], "`flow check` lists everything")]
    return [ok(CHECK, f"all in {site.flows_dir} are right")]
