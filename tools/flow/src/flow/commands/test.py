"""`flow test`."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from domain.session import FlowBook
from flow import shelf
from flow.commands.terminal import FLOWS, Folder, console, running, show
from flow.live.playing import play_live
from flow.reading import TestFile, read
from flow.report import coverage, failure, left
from flow.trying import play_file
from flow.visiting import Visits, covered, watched

Names = Annotated[
    list[str] | None, typer.Argument(help="Flows, or files of transcripts; without any, all.")
]
Cover = Annotated[
    float, typer.Option(min=0, max=100, help="Percent of each flow's steps to be reached.")
]


Live = Annotated[
    bool, typer.Option("--live", help="Against the running system, through the simulator.")
]


def run(
    names: Names = None, *, flows: Folder = FLOWS, cover: Cover = 0, live: Live = False
) -> None:
    """Play transcripts, and show what goes otherwise."""
    book = shelf.book(flows)
    files = [read(path) for path in shelf.chosen(names or [], flows)]
    if live:
        failed = asyncio.run(_live(files, book))
        raise typer.Exit(1 if failed else 0)
    visits = Visits()
    failed = _rehearse(files, watched(book, visits), visits)
    tested = {file.transcripts.flow for file in files} if names else {*book.current}
    found = [*covered({name: shelf.flow_of(book, name) for name in sorted(tested)}, visits)]
    where = {one.flow.name: shelf.file_of(flows, one.flow) for one in found}
    show(coverage(found, {} if failed else where))
    _sum_up(files, failed)
    too_little = [one.flow.name for one in found if one.share < cover]
    if too_little:
        console.print(f"Less than {cover:g} % of the steps: {', '.join(too_little)}", style="red")
    raise typer.Exit(1 if failed or too_little else 0)


def _rehearse(files: Sequence[TestFile], book: FlowBook, visits: Visits) -> int:
    failed = 0
    for file in files:
        for played in play_file(file, book, visits):
            if played.failed is not None:
                show(failure(file, played.failed))
                failed += 1
    return failed


async def _live(files: Sequence[TestFile], book: FlowBook) -> int:
    known = running()
    console.print("Time passes by firing the timers that would be due then.", style="dim")
    failed = by_today = 0
    for file in files:
        number = -1
        async for went in play_live(file, book, known):
            number += 1
            if went.failed is not None:
                show(failure(file, went.failed))
                failed += 1
            by_today += went.by_today
            if went.left_at is not None:
                show(left(file, number, went.left_at))
    _sum_up(files, failed)
    if by_today:
        console.print(
            f"In {by_today} the day matters: the system says what the engine says on this day."
        )
    return failed


def _sum_up(files: Sequence[TestFile], failed: int) -> None:
    count = sum(len(file.transcripts.transcripts) for file in files)
    console.print(f"{count - failed} of {count} transcripts go as written.")
