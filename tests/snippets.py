"""What a page of the documentation tells its reader to write and to run."""

import re
import shlex
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from flow.__main__ import app

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PROMPT = re.compile(r"^\w{3} \d\d:\d\d:\d\d > ")
_APPENDED = ", at its end"
"""Behind the name of a file: what follows is added to it."""
ANYTHING = "…"
"""In what a command prints: whatever stands there, on this line or as this line."""


class Snippet(NamedTuple):
    """A block of a page, and the line on which it begins."""

    language: str
    text: str
    line: int


class Run(NamedTuple):
    """A command, what its reader types into it, and what the page says that it prints."""

    command: list[str]
    typed: str
    shown: str


def snippets(page: str) -> Iterator[Snippet]:
    """Yield the blocks of a page, in its order."""
    for found in _BLOCK.finditer(page):
        yield Snippet(found[1], found[2], page.count("\n", 0, found.start()) + 1)


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody who does all that a page says, in a folder."""

    folder: Path

    def follow(self, snippet: Snippet) -> None:
        """Write the file or run the commands. Raises AssertionError where the page is wrong."""
        match snippet.language:
            case "yaml":
                self._write(snippet.text)
            case "diff":
                self._change(snippet.text)
            case "console":
                for run in runs(snippet.text):
                    self._run(run, snippet.line)
            case _:
                return

    def _write(self, text: str) -> None:
        name = text.partition("\n")[0].removeprefix("# ")
        path = self.folder / name.removesuffix(_APPENDED)
        before = path.read_text() if name.endswith(_APPENDED) else ""
        path.write_text(before + text)

    def _change(self, text: str) -> None:
        head, *lines = text.splitlines()
        path = self.folder / head.removeprefix("# ")
        old, new = (
            "".join(f"{line[1:]}\n" for line in lines if line[0] == sign) for sign in ("-", "+")
        )
        before = path.read_text()
        assert before.count(old) == 1, f"{old!r} is not in {path.name}"
        path.write_text(before.replace(old, new))

    def _run(self, run: Run, line: int) -> None:
        printed = self.printed(run)
        assert _fits(run.shown, printed), f"line {line} of the page; really: {printed}"

    def printed(self, run: Run) -> str:
        """Run a command of the page, and return what it prints."""
        program, *arguments = run.command
        if program == "touch":
            (self.folder / arguments[0]).touch()
            return ""
        assert program == ".venv/bin/flow", program
        with chdir(self.folder):
            done = CliRunner().invoke(app, arguments, input=run.typed)
        if done.exception is None or isinstance(done.exception, SystemExit):
            return done.output
        return f"{done.output}{done.exception}\n"


def runs(text: str) -> Iterator[Run]:
    """Yield the commands of a block; what its reader types is not printed where none is there."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        typed, shown = "", ""
        for line in lines:
            prompt = _PROMPT.match(line)
            typed += f"{line[prompt.end() :]}\n" if prompt else ""
            shown += prompt[0] if prompt else f"{line}\n"
        yield Run(shlex.split(command), typed, shown)


def _fits(shown: str, printed: str) -> bool:
    lines = (r"(?:.*\n)*?" if line == ANYTHING else _line(line) for line in _bare(shown))
    return re.fullmatch("".join(lines), "".join(f"{line}\n" for line in _bare(printed))) is not None


def _line(shown: str) -> str:
    return ".*".join(re.escape(part) for part in shown.split(ANYTHING)) + r"\n"


def _bare(text: str) -> list[str]:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip().split("\n")
