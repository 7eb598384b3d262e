"""A restart takes hardly longer than its imports: what `run` does not need is not imported."""

import subprocess
import sys

DEAR = {"aiohttp", "fastapi", "httpx", "opentelemetry.exporter", "requests"}
MODULES = "import sys, session_core.__main__; print(*sys.modules)"
BUILT = """
from domain.commands import COMMANDS
print(*(command.__pydantic_complete__ for command in COMMANDS.values()))
"""


def test_who_serves_no_query_api_and_exports_no_traces_imports_nothing_for_it() -> None:
    assert DEAR.isdisjoint(words(MODULES))


def test_messages_are_built_only_once_they_are_used() -> None:
    assert set(words(BUILT)) == {"False"}


def words(program: str) -> list[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603 our own
