"""What a run came to, as a table for people and as JSON."""

import json
import os
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from chaos.schedule import Fault, counted, missed
from chaos.verdict import MOST_EXAMPLES, Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """The run, what was done to it, and what came of it."""

    seed: int
    minutes: float
    faults: Sequence[Fault]
    died: Counter[str]
    people: Counter[str]
    events: Counter[str]
    verdicts: Sequence[Verdict]

    @property
    def holds(self) -> bool:
        """Say whether every promise was kept."""
        return all(verdict.holds for verdict in self.verdicts)

    @property
    def again(self) -> str:
        """Return the command that repeats the faults of this run."""
        people = self.people["invited"]
        return f"make chaos MINUTES={self.minutes:g} SEED={self.seed} PEOPLE={people}"

    @property
    def words(self) -> Sequence[str]:
        """Return the verdict in words, what was left out, and the command that repeats it."""
        names = ", ".join(one.name for one in self.verdicts if one.holds == self.holds)
        told = [f"All promises held: {names}." if self.holds else f"BROKEN: {names}."]
        if left_out := missed(self.faults):
            told.append(f"Too short for every kind of fault, missing: {', '.join(left_out)}.")
        return [*told, f"The same faults again: {self.again}"]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON knows it."""
        return {
            "seed": self.seed,
            "minutes": self.minutes,
            "again": self.again,
            "holds": self.holds,
            "faults": {"total": len(self.faults), **dict(sorted(counted(self.faults).items()))},
            "faults that did not occur": missed(self.faults),
            "died by themselves": dict(self.died),
            "people": dict(self.people),
            "events": {"total": self.events.total(), **dict(sorted(self.events.items()))},
            "invariants": [verdict.to_json() for verdict in self.verdicts],
            "machine": {
                "cores": os.cpu_count(),
                "system": platform.platform(),
                "python": platform.python_version(),
            },
        }

    def write(self, path: Path) -> None:
        """Put the JSON into a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.to_json(), indent=1) + "\n")

    def show(self, console: Console) -> None:
        """Print the tables."""
        console.print(_faults(self.faults, self.died))
        console.print(verdict_table(self.verdicts))
        for verdict in self.verdicts:
            for line in verdict.broken[:MOST_EXAMPLES]:
                console.print(f"  {verdict.name}: {line}", style="red", markup=False)
            if verdict.unavailable:
                console.print(
                    f"  {verdict.name}: NOT AVAILABLE, {verdict.unavailable}", style="red"
                )
        people = ", ".join(f"{number} {what}" for what, number in self.people.items())
        console.print(f"People: {people}. Events: {self.events.total()}.")
        for line in self.words:
            style = "bold green" if self.holds else "bold red"
            console.print(line, style=style, markup=False, soft_wrap=True)


def _faults(faults: Sequence[Fault], died: Counter[str]) -> Table:
    table = Table("fault", "times", title=f"{len(faults)} faults", box=None, title_justify="left")
    for what, times in sorted(counted(faults).items()):
        table.add_row(what, str(times))
    for name, times in sorted(died.items()):
        table.add_row(f"{name} ended by itself", str(times))
    return table


def verdict_table(verdicts: Sequence[Verdict]) -> Table:
    """Give a line for each promise."""
    table = Table("", "checked", "broken", "apart", title="", box=None)
    for verdict in verdicts:
        checked = ", ".join(f"{number} {what}" for what, number in verdict.checked.items())
        apart = ", ".join(f"{number} {what}" for what, number in verdict.apart.items() if number)
        broken = "[green]0" if verdict.holds else f"[red]{len(verdict.broken) or '?'}"
        table.add_row(verdict.name, checked, broken, apart)
    return table
