"""On which line of its file each part of a YAML document stands."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import yaml

Part: TypeAlias = int | str


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


def _deepest(node: yaml.Node, path: tuple[Part, ...], line: int) -> tuple[int, int]:
    """Return how many parts of the path are there, and the line of the last one."""
    if not path:
        return 0, line
    passed_over = _deepest(node, path[1:], line)
    for key, child in _children(node):
        if key == str(path[0]):
            start = child.start_mark.line if isinstance(path[0], int) else _line_of(node, child)
            parts, found = _deepest(child, path[1:], start)
            return max((parts + 1, found), passed_over, key=lambda one: one[0])
    return passed_over


def _children(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            yield str(key.value), child
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield str(index), child


def _line_of(node: yaml.Node, child: yaml.Node) -> int:
    """Give the line of a key: its value may begin below."""
    return next(
        (key.start_mark.line for key, value in node.value if value is child), child.start_mark.line
    )
