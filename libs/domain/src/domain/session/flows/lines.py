"""On which line of its file each part of a YAML document stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import yaml

Part: TypeAlias = int | str

_OF_STEP = re.compile(r"\bstep(?:s have the id)? (?:number (\d+)|([^\s:,]+))")
_HAS_LINE = re.compile(r"line (\d+): ")
_NUMBERED = re.compile(r"number (\d+)")


class Lines:
    """The lines of a document's parts, each named by keys and indices from the top."""

    def __init__(self, source: str) -> None:
        """Read the document. Raises yaml.YAMLError when it is none."""
        self._root = yaml.compose(source, Loader=yaml.SafeLoader)

    def line(self, path: Sequence[Part]) -> int:
        """Return the line, from 1, of the part, or of the innermost part around it that is there.

        What a reader adds to a path, such as the kind of a step, is passed over.
        """
        if self._root is None:
            return 1
        _, line = _deepest(self._root, tuple(path), self._root.start_mark.line)
        return line + 1

    def items(self, key: str) -> list[str | None]:
        """Return the `id` of each item of the list that stands under a key at the top."""
        listed = [child for name, child in _children(self._root) if name == key]
        return [_id_of(item) for one in listed for _, item in _children(one)]


def located(problems: str, sources: Mapping[str, str]) -> str:
    """Put the line behind the file's name in each line of what is wrong with flows.

    `sources` are their texts by file name.
    """
    known: dict[str, Lines | None] = {}
    return "\n".join(_located(problem, sources, known) for problem in problems.split("\n"))


def _located(problem: str, sources: Mapping[str, str], known: dict[str, Lines | None]) -> str:
    file, colon, words = problem.partition(": ")
    if not colon or file not in sources:
        return problem
    if file not in known:
        known[file] = _lines_of(sources[file])
    lines = known[file]
    if has_line := _HAS_LINE.match(words):
        return f"{file}:{has_line[1]}: {words[has_line.end() :]}"
    if lines is None:
        return problem
    return f"{file}:{lines.line(_path(words, lines))}: {words}"


def _lines_of(source: str) -> Lines | None:
    try:
        return Lines(source)
    except yaml.YAMLError:
        return None


def _path(words: str, lines: Lines) -> tuple[Part, ...]:
    """Find what the words are about: they begin with keys, or name a step."""
    keys = tuple(_key(part) for part in words.split(": "))
    found = _OF_STEP.search(words)
    if found is None:
        return keys
    if found[1]:
        return ("steps", int(found[1]) - 1, *keys[1:])
    ids = lines.items("steps")
    # What is wrong in a called flow is told at the step that calls it.
    name = next((one for one in (found[2], found[2].partition(".")[0]) if one in ids), None)
    if name is None:
        return keys
    # Of two steps with one id it is the second that has to change.
    last = len(ids) - 1 - ids[::-1].index(name)
    inner = name == found[2] and words.startswith("step ")
    return ("steps", last, *(keys[1:] if inner else ()))


def _key(part: str) -> Part:
    """Return an index for an item that is counted from 1."""
    numbered = _NUMBERED.fullmatch(part)
    return int(numbered[1]) - 1 if numbered else part


def _id_of(node: yaml.Node) -> str | None:
    return next((str(one.value) for name, one in _children(node) if name == "id"), None)


def _deepest(node: yaml.Node, path: tuple[Part, ...], line: int) -> tuple[int, int]:
    """Return how many parts of the path are there, and the line of the last one."""
    if not path:
        return 0, line
    passed_over = _deepest(node, path[1:], line)
    for key, child in _children(node):
        if key == str(path[0]):
            start = _line_of(node, child)
            parts, found = _deepest(child, path[1:], start)
            return max((parts + 1, found), passed_over, key=lambda one: one[0])
    return passed_over


def _children(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield str(key.value), child
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield str(index), child


def _line_of(node: yaml.Node, child: yaml.Node) -> int:
    """Give the line of a key, whose value may begin below, or of an item."""
    keys = node.value if isinstance(node, yaml.MappingNode) else ()
    return next(
        (key.start_mark.line for key, value in keys if value is child), child.start_mark.line
    )
