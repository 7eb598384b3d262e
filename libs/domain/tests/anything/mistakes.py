"""Mistakes that authors, editors and merges make in files of flows."""

from pathlib import Path
from random import Random
from typing import Any

import yaml
from hypothesis import strategies as st

from domain.session.flows.yaml_text import Loader

FLOWS = {
    file.name: file.read_text()
    for file in sorted((Path(__file__).parents[4] / "flows").glob("*.yaml"))
    if not file.name.endswith(".test.yaml")
}
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**30, 1.5, float("nan"), "", " ", "x", "{{", "{{ x", "{{ 1 + }}", "a.b"),
    *([], {}, [None], {"": ""}, {1: 2}, [[[[]]]], "9" * 300, "(", "*", "10m", "end", "..", "\x07"),
    *({"*": "x"}, {"en": ""}, {"xx-": "y"}, "2026-02-30", "25:99", "today", "null", "true"),
)
LINES = (
    *("  - {id: end, complete: {outcome: done}}", "steps:", "- 5", "? [a]", "&a [*a]", "<<: *x"),
    *(
        "when: 2026-13-45",
        "x: !!python/object:os.system ls",
        "n: !!int ten",
        "\t",
        "---",
        "%YAML 9",
    ),
    *("a: 0x", "b: 1_000", "c: 1:99", "t: !!timestamp x", "k: !!binary '*'", "}", "'", "é: \ud83d"),
    *("default: 2026-01-01", "n: " + "9" * 5000, "d: " + "[" * 500, "e: !!set {a}", "f: .nan"),
)


def mistaken(seed: int) -> str:
    """Return a flow with some mistakes in its text or its structure."""
    r = Random(seed)  # noqa: S311  # a mistake is no secret
    source = r.choice([*FLOWS.values()])
    if r.random() < 0.5:
        return _mistyped(r, source)
    data = yaml.load(source, Loader)  # noqa: S506  # a SafeLoader
    for _ in range(r.randint(1, 3)):
        _spoil(r, data)
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False)


def _mistyped(r: Random, source: str) -> str:
    lines = source.splitlines()
    for _ in range(r.randint(1, 3)):
        at = r.randrange(len(lines))
        match r.choice(("drop", "twice", "insert", "indent", "letter", "swap")):
            case "drop":
                del lines[at]
            case "twice":
                lines.insert(at, lines[at])
            case "insert":
                lines.insert(at, r.choice(("", "  ", "      ")) + r.choice(LINES))
            case "indent":
                lines[at] = "  " + lines[at]
            case "swap":
                other = r.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case _:
                place = r.randrange(len(lines[at]) + 1)
                lines[at] = (
                    lines[at][:place] + r.choice("{}[]:,'\"#&*!|>%@`\x00-? ") + lines[at][place:]
                )
    return "\n".join(lines)


def _spoil(r: Random, data: Any) -> None:
    """Change one thing somewhere within."""
    place = data
    while True:
        keys = [*place] if isinstance(place, dict) else [*range(len(place))]
        if not keys:
            return
        key = r.choice(keys)
        inner = place[key]
        if isinstance(inner, dict | list) and inner and r.random() < 0.8:
            place = inner
            continue
        match r.choice(("odd", "odd", "drop", "more")):
            case "odd":
                place[key] = r.choice(ODD)
            case "drop":
                del place[key]
            case _ if isinstance(place, dict):
                place[r.choice(("say", "ask", "wait", "next", "text", "x", "default", "id"))] = (
                    inner
                )
            case _:
                place.append(inner)
        return


MISTAKES = st.integers(0, 2**32 - 1).map(mistaken)
