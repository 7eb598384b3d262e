"""What an operator does at a terminal."""

import asyncio
import os
import subprocess
import sys

from devstack.stack import Stack


async def session_core(stack: Stack, *arguments: str, fails: bool | None = False) -> str:
    """Run the operator's command line as a person at a terminal does; None means: it may fail."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "session_core", *arguments),
        env={**os.environ, **stack.environment("session-core"), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert fails is None or bool(process.returncode) == fails, output.decode()
    return output.decode()
