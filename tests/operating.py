"""What an operator does at a terminal."""

import asyncio
import os
import subprocess
import sys

from devstack.stack import Stack


async def session_core(stack: Stack, *arguments: str, code: int = 0) -> str:
    """Run the operator's command line as a person at a terminal does; it shall end with `code`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "session_core", *arguments),
        env={**os.environ, **stack.environment("session-core"), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == code, output.decode()
    return output.decode()
