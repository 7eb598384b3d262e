"""I7: what session-core itself says of its store, by the commands that operators have."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

from chaos.verdict import Verdict
from devstack.stack import Stack

PROMISES = {
    "rebuild": "state rebuilt from events alone is the state in use",
    "verify": "session-core's own look at I1 to I3 and I7 finds nothing",
}
_UNKNOWN_COMMAND = 2
LIMIT_S = 600


async def own_check(stack: Stack, command: str) -> Verdict:
    """Run `session-core rebuild` or `verify` against the stack."""
    verdict = Verdict(f"I7 {command}", PROMISES[command])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "session_core", command, "--json"),
        env={**os.environ, **stack.environment("session-core")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        output, errors = await process.communicate()
    judge(verdict, process.returncode or 0, output, errors)
    return verdict


def judge(verdict: Verdict, code: int, output: bytes, errors: bytes) -> None:
    """Read what the command said: exit code 0 and `holds`, or findings."""
    if code == _UNKNOWN_COMMAND and b"No such command" in errors:
        verdict.unavailable = "session-core has no such command"
        return
    try:
        told: dict[str, Any] = json.loads(output)
    except ValueError:
        verdict.unavailable = f"exit code {code} and no JSON: {errors.decode()[-300:]}"
        return
    figures = {name: value for name, value in told.items() if name != "findings"}
    verdict.checked = _figures(figures.get("invariants") or figures)
    verdict.broken = [json.dumps(finding) for finding in told.get("findings") or []]
    if (code != 0 or told.get("holds") is not True) and not verdict.broken:
        verdict.broken.append(f"exit code {code}, holds: {told.get('holds')}")


def _figures(told: Any, path: str = "") -> dict[str, int]:
    """Return the numbers somewhere in what was told, under their paths."""
    if isinstance(told, int) and not isinstance(told, bool):
        return {path: told}
    if not isinstance(told, dict):
        return {}
    found: dict[str, int] = {}
    for name, inner in told.items():
        found |= _figures(inner, f"{path}.{name}".lstrip("."))
    return found
