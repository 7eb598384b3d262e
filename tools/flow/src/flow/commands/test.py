"""`flow test`."""

from typing import Annotated

import typer

from flow import shelf
from flow.commands.common import FLOWS, Folder, console, show
from flow.reading import read
from flow.report import coverage, failures
from flow.trying import play_file
from flow.visiting import Visits, covered, watched

Names = Annotated[
    list[str] | None, typer.Argument(help="Flows, or files of transcripts; without any, all.")
]
Cover = Annotated[
    float, typer.Option(min=0, max=100, help="Percent of each flow's steps to be reached.")
]


def run(names: Names = None, *, flows: Folder = FLOWS, cover: Cover = 0) -> None:
    """Play transcripts, and show what goes otherwise."""
    visits = Visits()
    book = shelf.book(flows)
    watched_book = watched(book, visits)
    files = [read(path) for path in shelf.chosen(names or [], flows)]
    failed = count = 0
    for file in files:
        played = [*play_file(file, watched_book, visits)]
        show(failures(file, played))
        failed += sum(one.failed is not None for one in played)
        count += len(played)
    tested = {file.transcripts.flow for file in files} if names else {*book.current}
    found = [*covered({name: shelf.flow_of(book, name) for name in sorted(tested)}, visits)]
    where = {one.flow.name: shelf.file_of(flows, one.flow) for one in found}
    show(coverage(found, {} if failed else where))
    console.print(f"{count - failed} of {count} transcripts go as written.")
    too_little = [one.flow.name for one in found if one.share < cover]
    if too_little:
        console.print(f"Less than {cover:g} % of the steps: {', '.join(too_little)}", style="red")
    raise typer.Exit(1 if failed or too_little else 0)
