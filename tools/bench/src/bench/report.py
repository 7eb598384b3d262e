"""The results as a table, with what both sides did."""

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.results import Result


def show(console: Console, results: Iterable[Result], machine: dict[str, Any]) -> None:
    """Print one line a result, and what it was measured on."""
    table = Table(box=None, pad_edge=False)
    for column in ("benchmark", "value", "bar", "", "both sides (medians)"):
        table.add_column(column, justify="right" if column in ("value", "bar") else "left")
    for result in results:
        sign = "≥" if result.better == "higher" else "≤"
        verdict = "[green]holds[/]" if result.holds else "[red]fails[/]"
        table.add_row(
            result.name,
            f"{result.value:,.3f} {'' if result.unit == 'ratio' else result.unit}".rstrip(),
            f"{sign} {result.bar:g}",
            verdict,
            sides(result),
        )
    console.print(table)
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()), style="dim")


def sides(result: Result) -> str:
    """Give the median of the first figure of each side's runs: that is what the ratio is of."""
    told = []
    for name, runs in result.detail.items():
        if _are_runs(runs):
            figure = next(iter(runs[0]))
            middle = median(run[figure] for run in runs)
            told.append(f"{name} {middle:,.6g} {figure}")
    return "; ".join(told)


def _are_runs(candidate: Any) -> bool:
    return (
        isinstance(candidate, Sequence)
        and bool(candidate)
        and all(isinstance(run, dict) and run for run in candidate)
    )
