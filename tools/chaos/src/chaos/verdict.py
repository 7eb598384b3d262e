"""What came of checking one promise."""

from dataclasses import dataclass, field
from typing import Any

MOST_EXAMPLES = 10


@dataclass(slots=True)
class Verdict:
    """`checked` counts what was looked at, `apart` what is told beside it, `broken` the rest."""

    name: str
    promise: str
    checked: dict[str, int] = field(default_factory=dict)
    apart: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    unavailable: str | None = None
    """Why it could not be checked; counts as broken."""

    @property
    def holds(self) -> bool:
        """Say whether the promise was kept."""
        return not self.broken and self.unavailable is None

    def to_json(self) -> dict[str, Any]:
        """Return it for the report; examples hold ids of ours, nothing personal."""
        return {
            "name": self.name,
            "promise": self.promise,
            "holds": self.holds,
            "checked": self.checked,
            "apart": self.apart,
            "broken": len(self.broken),
            "examples": self.broken[:MOST_EXAMPLES],
            "unavailable": self.unavailable,
        }
