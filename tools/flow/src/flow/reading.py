"""From the text of a `*.test.yaml` file to transcripts, or to sentences about what is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from domain.session.flows.lines import Lines
from flow.transcript import (
    Asked,
    Begin,
    CameFrom,
    Card,
    LookupAnswer,
    Rejection,
    Sending,
    Somebody,
    Tap,
    TemplateButton,
    Transcript,
    Transcripts,
    Turn,
    Where,
)

JSON = frozenset({"found", "query", "data", "form", "variables"})
"""Keys below which numbers are numbers; everywhere else, words are as they are written."""


_PARTS: Mapping[str, type[BaseModel]] = {
    "": Transcripts,
    "transcripts": Transcript,
    "turns": Turn,
    "contact": Somebody,
    "begin": Begin,
    "tap": Tap,
    "send": Sending,
    "location": Where,
    "card": Card,
    "template_button": TemplateButton,
    "referral": CameFrom,
    "lookup": LookupAnswer,
    "file": Rejection,
    "asked": Asked,
}
"""What stands below a key."""


class InvalidTranscript(ValueError):
    """The file cannot be played; every line of the message names a place and what to do."""


@dataclass(frozen=True, slots=True)
class TestFile:
    """Transcripts, and where in their file each part of them stands."""

    __test__ = False
    path: Path
    transcripts: Transcripts
    lines: Lines

    def line_of(self, transcript: int, turn: int) -> int:
        """Return the line of a turn; both are counted from 0."""
        return self.lines.line(("transcripts", transcript, "turns", turn))


class _Loader(yaml.SafeLoader):
    """YAML without days and times: what JSON has, it has."""


_Loader.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(path: Path) -> TestFile:
    """Read a file. Raises InvalidTranscript."""
    return parse(path.read_text(encoding="utf-8"), path)


def parse(source: str, path: Path) -> TestFile:
    """Understand what stands in the file. Raises InvalidTranscript."""
    try:
        lines = Lines(source)
        node = yaml.compose(source, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        why = getattr(error, "problem", None) or "unreadable characters"
        raise InvalidTranscript(f"{path}:{line}: this is not YAML: {why}") from None
    if twice := list(_written_twice(node)):
        raise InvalidTranscript("\n".join(f"{path}:{problem}" for problem in twice))
    return TestFile(path, _understood(_plain(node), path, lines), lines)


def _written_twice(node: yaml.Node | None) -> Iterator[str]:
    """Find keys of which the second would silently count: an expectation less."""
    if isinstance(node, yaml.MappingNode):
        known = set[str]()
        for key, value in node.value:
            if key.value in known:
                yield f"{key.start_mark.line + 1}: {key.value} is written twice: keep one"
            known.add(key.value)
            yield from _written_twice(value)
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _written_twice(item)


def _plain(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {
            key.value: _json(value) if key.value in JSON else _plain(value)
            for key, value in node.value
        }
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return None
    return node.value


def _json(node: yaml.Node) -> Any:
    return yaml.constructor.SafeConstructor().construct_document(node)


def _understood(data: Any, path: Path, lines: Lines) -> Transcripts:
    try:
        return Transcripts.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A list that is too short only because its items are wrong is no news.
        problems = [one for one in found if one["type"] != "too_short"] or found
        told = (f"{path}:{lines.line(one['loc'])}: {_in_words(one)}" for one in problems)
        raise InvalidTranscript("\n".join(told)) from None


def _in_words(problem: ErrorDetails) -> str:
    known = {
        "extra_forbidden": f"is not known here: {_meant(problem['loc'])}",
        "missing": "is missing: add it",
        "model_type": "has keys of its own, such as `key: value`",
    }
    words = known.get(problem["type"], problem["msg"].removeprefix("Value error, "))
    return f"{_named(problem['loc'])}: {words}"


def _meant(place: Sequence[int | str]) -> str:
    """Say which key was meant, where one looks like it."""
    *around, key = (part for part in place if isinstance(part, str))
    known = _PARTS[around[-1] if around else ""].model_fields
    close = sorted(get_close_matches(key, known), key=lambda one: one[0] != key[0])
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"


def _named(place: Sequence[int | str]) -> str:
    """Name a place as a person counts, from 1."""
    said: list[str] = []
    for part, before in zip(place, ("", *place), strict=False):
        if isinstance(part, int):
            said[-1:] = [f"{str(before).removesuffix('s')} {part + 1}"]
        else:
            said.append(part)
    return ", ".join(said) or "the file"
