"""Downloads made visible: bars on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from devstack.jars import Report


@contextmanager
def download_report(console: Console) -> Iterator[Report]:
    """Give a report that draws on `console` for as long as the block lasts."""
    if not console.is_terminal:
        yield _plain(console)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield _drawn(progress)


def _plain(console: Console) -> Report:
    def report(what: str, done: int, total: int) -> None:
        if done == 0:
            console.print(f"Downloading {what} (once)")
        elif done == total:
            console.print(f"Downloaded {what}")

    return report


def _drawn(progress: Progress) -> Report:
    bars: dict[str, TaskID] = {}

    def report(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = progress.add_task(f"Downloading {what}", total=None)
        progress.update(bars[what], completed=done, total=total or None)

    return report
