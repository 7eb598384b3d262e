"""What the figures were measured on: cores, memory, interpreter, servers and libraries."""

import os
import platform
from importlib.metadata import version

import psutil  # type: ignore[import-untyped]  # ships no types

_LIBRARIES = ("aiokafka", "asyncpg", "pydantic", "uvloop")


def machine() -> dict[str, str | int]:
    """Describe the machine in words and numbers that mean something elsewhere."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def _cores() -> int:
    return os.cpu_count() or 1
