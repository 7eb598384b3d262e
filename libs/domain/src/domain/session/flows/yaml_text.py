"""The text of a flow's file as YAML, and what is easily written wrong in it."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

_CUT_SHORT = re.compile(r"[^\S\n]+#[^\s#]")
TEXTS = frozenset(
    {
        *("ask", "say", "wrong", "title", "description", "button", "more", "done", "needed"),
        *("busy", "note", "late", "unreadable", "unasked_file", "file_failed", "header"),
    }
)
"""Keys under which people's words stand."""


class Mistake(NamedTuple):
    """What is wrong with the text of a file."""

    line: int
    """From 1; 0 where nobody knows."""
    words: str


class Unreadable(ValueError):
    """The text is no YAML, or not what its author means."""

    def __init__(self, *mistakes: Mistake) -> None:
        """Take what is wrong, each with its line."""
        super().__init__("; ".join(one.words for one in mistakes))
        self.mistakes = mistakes


class Loader(yaml.SafeLoader):
    """YAML in which only true and false are booleans: `yes` and `no` are answers."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Return what the node stands for, or raise with its place."""
        try:
            return super().construct_object(node, deep)
        except (ValueError, AttributeError, TypeError) as error:
            why = "there is no such day, time or number"
            raise yaml.constructor.ConstructorError(None, None, why, node.start_mark) from error


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


def documents(source: str, *, in_use: bool = False) -> list[Any]:
    """Return what the documents of a source say.

    Raises Unreadable where it is no YAML, or where a part of it would silently not count; of a
    source that is in use nobody asks for the latter any more.
    """
    try:
        return list(_documents(source, in_use=in_use)) or [None]
    except RecursionError:
        raise Unreadable(Mistake(0, "too many brackets or lists stand in others")) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise Unreadable(Mistake(line, f"this is not YAML: {_why_not(error)}")) from None


def _documents(source: str, *, in_use: bool) -> Iterator[Any]:
    loader = Loader(source)
    try:
        while loader.check_node():
            node = loader.get_node()
            if not in_use and (lost := [*_lost(node, source)]):
                raise Unreadable(*lost)
            yield loader.construct_document(node)
    finally:
        loader.dispose()


def _lost(node: yaml.Node | None, source: str) -> Iterator[Mistake]:
    if node is not None:
        yield from _written_twice(node)
        yield from _cut_short(node, source, "")


def _written_twice(node: yaml.Node) -> Iterator[Mistake]:
    """Find keys of which only the last would count."""
    known: dict[str, int] = {}
    for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
        line = key.start_mark.line + 1
        if str(key.value) in known:
            yield Mistake(
                line,
                f"{key.value} stands on line {known[str(key.value)]} already, and only one of "
                f"them can "
                "count: take one out, or begin the next item with `- `",
            )
        known[str(key.value)] = line
    for child in _values(node):
        yield from _written_twice(child)


def _cut_short(node: yaml.Node, source: str, under: str) -> Iterator[Mistake]:
    """Find texts that YAML ends at a `#`: what follows would be a comment."""
    if isinstance(node, yaml.ScalarNode):
        end = node.end_mark.index
        if under in TEXTS and not node.style and _CUT_SHORT.match(source, end):
            rest = source[end:].partition("\n")[0].strip()
            yield Mistake(
                node.start_mark.line + 1,
                f"{under}: the text ends before {rest}, which is a comment: put it in quotes",
            )
        return
    for name, child in _children(node):
        # Below a text's key stand its languages.
        within = under if under in TEXTS and name not in TEXTS else name
        yield from _cut_short(child, source, within)


def _children(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)
    if isinstance(node, yaml.SequenceNode):
        yield from (("", value) for value in node.value)


def _values(node: yaml.Node) -> Iterator[yaml.Node]:
    return (child for _, child in _children(node))


_QUOTES = "put the text in quotes"
_HINTS = (
    ("mapping values are not allowed", f"{_QUOTES} if it has a colon in it"),
    ("cannot start any token", _QUOTES),
    ("expected alphabetic or numeric", f"{_QUOTES}: * and & mean something to YAML"),
    ("unhashable key", f"{_QUOTES} if it begins with {{{{ or {{"),
    ("undefined alias", f"{_QUOTES}: * and & mean something to YAML"),
    ("could not determine a constructor", f"{_QUOTES}: ! means something to YAML"),
    ("undefined tag handle", f"{_QUOTES}: ! means something to YAML"),
    ("found unexpected end of stream", "a quote or bracket is opened and never closed"),
    ("unknown escape character", "in \"…\" write \\\\ for \\, or use '…'"),
    ("expected ',' or", f"{_QUOTES} if it has one of , : ? [ ] {{ }} in it, or close the bracket"),
    (
        "expected <block end>",
        (
            "keys of one step stand right below each other, and each step begins with `- `; "
            f"{_QUOTES}, all of it, if it begins with a quote or bracket"
        ),
    ),
    ("could not find expected ':'", f"write `key: value`, with a blank; {_QUOTES} if it goes on"),
)


def _why_not(error: yaml.YAMLError) -> str:
    problem = str(getattr(error, "problem", None) or "unreadable characters")
    if "\\t" in problem:
        return "indent with blanks, not tabs"
    hint = next((hint for sign, hint in _HINTS if sign in problem), "")
    return f"{problem}; {hint}" if hint else problem
