"""Transcripts that join those of a file. What stands in it stays as it is, with its comments."""

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from flow.reading import TestFile, parse
from flow.shelf import TESTS
from flow.writing import written

_KEY = "transcripts"


class CannotKeep(Exception):
    """The file takes no more transcripts, or not this one; says why."""


def room(path: Path, flow: str, asked: str | None, otherwise: str) -> str:
    """Return the name under which a transcript can be added: the one asked for, or another.

    Raises CannotKeep, and InvalidTranscript where the file is one but with mistakes.
    """
    if not path.name.endswith(TESTS):
        raise CannotKeep(f"{path}: only files that end in {TESTS} are played: name one")
    if path.is_dir() or not path.parent.is_dir():
        raise CannotKeep(f"{path}: there is no folder {path.parent}, or this is one")
    there = _there(_text(path), path)
    if there is None:
        return asked or otherwise
    if there.transcripts.flow != flow:
        raise CannotKeep(f"{path} is about {there.transcripts.flow}: name a file of {flow}")
    names = {one.name for one in there.transcripts.transcripts}
    if asked in names:
        raise CannotKeep(f"{path} has a transcript {asked!r}: give this one another --name")
    return asked or next(name for name in _counted(otherwise) if name not in names)


def add(path: Path, flow: str, transcript: Mapping[str, Any]) -> None:
    """Write the transcript behind those that are there.

    Raises CannotKeep, and InvalidTranscript where the file is one but with mistakes.
    """
    room(path, flow, transcript["name"], "")
    text = _text(path)
    new = written(flow, [transcript])
    if "\r\n" in text:
        new = new.replace("\n", "\r\n")
    whole = text + new if _there(text, path) is None else _joined(text, new, path)
    parse(whole, path)
    path.write_bytes(whole.encode())


def _text(path: Path) -> str:
    return path.read_bytes().decode() if path.is_file() else ""


def _there(text: str, path: Path) -> TestFile | None:
    """Read the file, or nothing where there are at most comments in it."""
    return None if all(map(_says_nothing, text.splitlines())) else parse(text, path)


def _says_nothing(line: str) -> bool:
    return line.strip()[:1] in ("", "#")


def _counted(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name} ({number})" for number in count(2))


def _joined(text: str, new: str, path: Path) -> str:
    items, end = _items(text)
    if items.flow_style:
        raise CannotKeep(f"{path}: write its transcripts one below the other, not in [ ]")
    lines = text.splitlines(keepends=True)
    own = new.splitlines(keepends=True)[2:]
    blank = "\r\n" if own[0].endswith("\r\n") else "\n"
    margin = " " * items.start_mark.column
    shifted = [margin + line.removeprefix("  ") if line.strip() else line for line in own]
    before = "".join(lines[:end])
    before += "" if before.endswith("\n") else blank
    after = [blank, *lines[end:]] if end < len(lines) else []
    return "".join([before, *([] if before.endswith(blank * 2) else [blank]), *shifted, *after])


def _items(text: str) -> tuple[yaml.SequenceNode, int]:
    """Find the transcripts, and how many lines there are up to the end of the last one."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    entries = root.value
    lines = text.splitlines()
    at = next(number for number, (key, _) in enumerate(entries) if key.value == _KEY)
    if at + 1 == len(entries):
        return entries[at][1], len(lines)
    end = entries[at + 1][0].start_mark.line
    while _says_nothing(lines[end - 1]):
        end -= 1
    return entries[at][1], end
