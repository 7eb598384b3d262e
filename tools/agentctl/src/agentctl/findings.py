"""What a check found, in one line: what is wrong and how to mend it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. Holds no secret and nothing personal."""

    check: str
    state: State
    what: str
    mend: str = ""
    """What to do about it; empty where nothing has to be done."""


def ok(check: str, what: str) -> Finding:
    """Say that all is as it should be."""
    return Finding(check, "ok", what)


def warning(check: str, what: str, mend: str) -> Finding:
    """Say that it works, but somebody should know."""
    return Finding(check, "warning", what, mend)


def failed(check: str, what: str, mend: str) -> Finding:
    """Say that something does not work, or that promises do not hold like this."""
    return Finding(check, "failed", what, mend)


def skipped(check: str, why: str, mend: str = "") -> Finding:
    """Say that nothing was looked at."""
    return Finding(check, "skipped", why, mend)
