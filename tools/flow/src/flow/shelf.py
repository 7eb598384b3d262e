"""The flows of a folder, and the transcripts beside them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from domain.session import FlowBook, InvalidFlow
from domain.session.flows.flow import Flow

TESTS = ".test.yaml"


class NotThere(Exception):
    """What was named is not there; says what is."""


def flow_files(folder: Path) -> list[Path]:
    """Return the files of flows, without their transcripts."""
    return [path for path in sorted(folder.glob("*.yaml")) if not path.name.endswith(TESTS)]


def transcript_files(folder: Path) -> list[Path]:
    """Return the files of transcripts."""
    return sorted(folder.glob(f"*{TESTS}"))


def sources(folder: Path) -> Mapping[str, str]:
    """Return the text of every flow by file name, as FlowBook takes it. Raises NotThere."""
    files = flow_files(folder)
    if not files:
        raise NotThere(f"there are no flows in {folder}: name the folder with --flows")
    return {path.name: path.read_text(encoding="utf-8") for path in files}


def book(folder: Path) -> FlowBook:
    """Return the flows of a folder. Raises NotThere, and InvalidFlow with files and lines."""
    texts = sources(folder)
    try:
        return FlowBook.of(texts)
    except InvalidFlow as wrong:
        told = dict.fromkeys(str(wrong).split("\n"))
        raise InvalidFlow("\n".join(_in_folder(one, folder, texts) for one in told)) from None


def _in_folder(problem: str, folder: Path, texts: Mapping[str, str]) -> str:
    return f"{folder / problem}" if problem.partition(":")[0] in texts else f"{folder}: {problem}"


def flow_of(flows: FlowBook, name: str) -> Flow:
    """Return a flow by its name. Raises NotThere."""
    if name not in flows.current:
        raise NotThere(f"there is no flow {name}: there are {', '.join(sorted(flows.current))}")
    return flows.current[name]


def file_of(folder: Path, flow: Flow) -> Path:
    """Return the file in which a flow stands."""
    first = flow.source.partition("\n---\n")[0]
    return next(
        path
        for path in flow_files(folder)
        if path.read_text(encoding="utf-8") in (flow.source, first)
    )


def chosen(names: Sequence[str], folder: Path) -> Iterator[Path]:
    """Find transcripts by the name of their flow or by their path; without names, all.

    Raises NotThere.
    """
    if not names:
        yield from transcript_files(folder)
    for name in names:
        path = Path(name) if name.endswith(TESTS) else folder / f"{name}{TESTS}"
        if not path.is_file():
            raise NotThere(f"there is no file {path}")
        yield path
