"""Nobody's number, name or words in what the system writes about itself."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chaos.journal import Line
from chaos.verdict import Verdict

PROMISE = "logs, metrics, spans, headers and keys hold no number, name or word of anybody"
_SAID = frozenset(
    {"body", "caption", "filename", "title", "description", "text", "name", "formatted_name"}
    | {"first_name", "last_name", "phone", "email", "address"}
)
"""Members of a message that hold what somebody says, or is called."""
_SHORTEST = 6
_IDS: Mapping[str, re.Pattern[str]] = {
    "the id of a message, which encodes a number": re.compile(r"wamid\.[A-Za-z0-9+/=_-]{8,}"),
    "a person's id": re.compile(r"(?<![A-Za-z0-9])US\.[A-Za-z0-9]{4,}"),
    "a number": re.compile(r"(?<![0-9A-Fa-f])1555[0-9]{7}(?![0-9A-Fa-f])"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the people of a run used: their numbers, names and words."""

    numbers: frozenset[str]
    words: frozenset[str]


def known(lines: Iterable[Line], people: Iterable[Mapping[str, Any]]) -> Known:
    """Gather it from the journal of the platform, and from its list of people."""
    numbers, words = set[str](), set[str]()
    for line in lines:
        numbers.add(str(line.get("lane", "")))
        words.update(_words(line.get("message") or {}))
    for person in people:
        numbers.add(str(person["wa_id"]))
        words.add(str(person["name"]))
    return Known(
        frozenset(number for number in numbers if number.isdigit()),
        frozenset(filter(_tells_somebody_apart, words)),
    )


def private(told: Iterable[tuple[str, str]], people: Known) -> Verdict:
    """Search what was told; each source has a name and its text."""
    verdict = Verdict("privacy", PROMISE)
    lines: Counter[str] = Counter()
    for name, text in told:
        lines["logs" if name.endswith(".log") else name] += len(text.splitlines())
        verdict.broken += [f"{name}, line {line}: {what}" for line, what in _found(text, people)]
    verdict.checked = {
        **{f"lines of {what}": count for what, count in lines.items()},
        "numbers": len(people.numbers),
        "words": len(people.words),
    }
    if not all(verdict.checked.values()):
        verdict.unavailable = "something told nothing at all, or nobody was there"
    return verdict


def _found(text: str, people: Known) -> Iterator[tuple[int, str]]:
    """Give lines and what stands there, never the thing itself."""
    for what, pattern in _IDS.items():
        for found in pattern.finditer(text):
            if what != "a number" or found[0] in people.numbers:
                yield _line(text, found.start()), what
    lowered = text.lower()
    for words in people.words:
        for written in {words.lower(), json.dumps(words)[1:-1].lower()}:
            at = lowered.find(written)
            if at >= 0:
                yield _line(text, at), "a name or words"


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _words(message: Any) -> Iterator[str]:
    """Give what is said somewhere in a message, line by line: a log would escape its ends."""
    if isinstance(message, list):
        for part in message:
            yield from _words(part)
    elif isinstance(message, dict):
        for name, part in message.items():
            if isinstance(part, str) and name in _SAID:
                yield from map(str.strip, part.splitlines())
            else:
                yield from _words(part)


def _tells_somebody_apart(words: str) -> bool:
    """Say whether words can be looked for: single common ones are names of flows and fields."""
    is_common = words.isascii() and words.replace("-", "").isalpha()
    return len(words) >= _SHORTEST and not is_common
