"""What operators did, as it stands on the topic `operator-acts`."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

ActKind: TypeAlias = Literal["redriving", "redriven", "skipped", "replayed"]


class ParkedPlace(NamedTuple):
    """Where a parked record stands: on whose topic of parked records, and where there."""

    source: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """Name it as the command line does."""
        return f"{self.source}/{self.partition}/{self.offset}"


class Act(NamedTuple):
    """One act. Holds nothing personal, as long as operators write nothing personal into `why`."""

    kind: ActKind
    at: datetime
    by: str
    about: str
    """A parked place, or what was replayed."""
    why: str = ""
    details: Mapping[str, Any] = {}

    def encoded(self) -> bytes:
        """Return it as it is written."""
        told = {
            "act": self.kind,
            "at": self.at.isoformat(),
            "by": self.by,
            "about": self.about,
            "why": self.why,
            **self.details,
        }
        return json.dumps(told).encode()


def read(value: bytes | None) -> Act | None:
    """Return the act that was written, or None for what is none."""
    try:
        told = json.loads(value or b"")
        kind, at = told.pop("act"), datetime.fromisoformat(told.pop("at"))
        return Act(kind, at, told.pop("by"), told.pop("about"), told.pop("why", ""), told)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
