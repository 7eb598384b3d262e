"""What the desk goes by: the port, and how an answer is written down."""

from collections.abc import Sequence
from typing import Any, Protocol, Self

from pydantic import BaseModel, ConfigDict, model_validator


class Entry(BaseModel):
    """What is answered when the question has these members, whatever else it has."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    when: dict[str, Any] = {}
    found: dict[str, Any] | None = None
    """Words may name what the query has, as `{day}`, and `{today}`; with `+3` three days later."""
    not_found: bool = False
    failed: bool = False
    silent: bool = False
    """Answer nothing: the flow goes on when its patience ends."""

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if (self.found is not None) + self.not_found + self.failed + self.silent != 1:
            raise ValueError("name exactly one of found, not_found, failed and silent")
        return self


class Unreadable(Exception):
    """What the desk goes by cannot be read now."""


class Knowledge(Protocol):
    """What the desk goes by."""

    def entries(self, name: str) -> Sequence[Entry] | None:
        """Return what is known about this, or None: others answer it. Raises Unreadable."""
        ...
