"""What a benchmark found, as `.run/bench.json` holds it; other tools read that file."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, TypeAdapter

Better: TypeAlias = Literal["higher", "lower"]


class Result(BaseModel):
    """One line of the list. `detail` holds sizes, both sides' figures and the single runs."""

    model_config = ConfigDict(frozen=True)
    name: str
    value: float
    bar: float
    better: Better
    holds: bool
    unit: str
    detail: dict[str, Any]


_RESULTS = TypeAdapter(list[Result])


def judged(
    name: str, value: float, *, bar: float, better: Better, unit: str, detail: Mapping[str, Any]
) -> Result:
    """Say whether the value reaches its bar; a value that equals it does."""
    holds = value >= bar if better == "higher" else value <= bar
    return Result(
        name=name,
        value=value,
        bar=bar,
        better=better,
        holds=holds,
        unit=unit,
        detail=dict(detail),
    )


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Give the median of the rounds' ratios: both sides of a round met the same machine.

    Raises ValueError unless there are equally many of both, and at least one.
    """
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def read(path: Path) -> list[Result]:
    """Give what was written before, nothing if there is none."""
    return _RESULTS.validate_json(path.read_bytes()) if path.exists() else []


def write(path: Path, results: Iterable[Result]) -> None:
    """Replace the results of the same names and keep the others, in one step."""
    kept = {result.name: result for result in read(path)}
    kept.update({result.name: result for result in results})
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_bytes(_RESULTS.dump_json([kept[name] for name in sorted(kept)], indent=1))
    draft.replace(path)
