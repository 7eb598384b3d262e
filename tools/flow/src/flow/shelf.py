"""The flows of a folder, and the transcripts beside them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

TESTS = ".test.yaml"


def flow_files(folder: Path) -> list[Path]:
    """Return the files of flows, without their transcripts."""
    return [path for path in sorted(folder.glob("*.yaml")) if not path.name.endswith(TESTS)]


def transcript_files(folder: Path) -> list[Path]:
    """Return the files of transcripts."""
    return sorted(folder.glob(f"*{TESTS}"))


def sources(folder: Path) -> Mapping[str, str]:
    """Return the text of every flow by file name, as FlowBook takes it."""
    return {path.name: path.read_text(encoding="utf-8") for path in flow_files(folder)}


def chosen(names: list[str], folder: Path) -> Iterator[Path]:
    """Find transcripts by the name of their flow or by their path; without names, all."""
    if not names:
        yield from transcript_files(folder)
    for name in names:
        path = Path(name)
        yield path if path.name.endswith(TESTS) else folder / f"{name}{TESTS}"
