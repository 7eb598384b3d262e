"""Flows that an author could have written: every kind of step, in any order that is allowed."""

import re
from collections.abc import Sequence
from random import Random
from typing import Any

import yaml
from hypothesis import strategies as st

from domain.session.flows.wording import EVERY

LANGUAGES = ("en", "es")
EVERYWHERE = ("wrong", "unreadable", "unasked_file", "late", "file_failed")
"""What a flow says at any step."""
SPANS = ("1s", "45s", "10m", "2h", "30h", "8d")
WORDS = (
    "Hello.",
    "What now?",
    "So it is {{ NAME }}.",
    "{{ NAME }}",
    "{{ upper(NAME) }} and {{ 1 + 1 }}",
    '{{ plural(NAME, "# thing", "# things") }}',
    '{{ date(today, "long") }}: {{ money(NAME, "EUR") }}',
    "{{ contact.name }}",
    "{{ v1.size }}",
)
FORMULAS = (
    "NAME",
    "NAME + 1",
    "NAME > 3",
    'NAME == "yes"',
    "NAME == null",
    'v1.field == "shipped"',
    "size(NAME) > 1",
    "1 / 0 == 1",
    "has(v1.status)",
    'v1.items.exists(one, one == "a")',
    "NAME.map(one, one)",
    "v1.items.filter(one, one.id != null)",
    "true",
    "[NAME, NAME]",
    '[{"id": "a", "title": NAME}, {"id": "b", "title": "Bee"}]',
    '["red", "green", "green", ""]',
    'now + duration("2h")',
    'timestamp("2026-11-25T10:00:00Z")',
    'today - duration("1d")',
    "contact.opted_out || session.began_at > now",
    "number(NAME, 2)",
    'join(NAME, "; ")',
    'matches(string(NAME), "^[0-9]+$")',
)

OBJECTS: tuple[dict[str, Any], ...] = (
    {},
    {"field": "shipped", "items": ["a", {"id": None}], "status": None},
    {"items": {"a": 1}, "size": [1, 2]},
)


def alike(text: str) -> dict[str, str]:
    """Return a text that is the same in every language."""
    return {EVERY: text}


def option(name: str, title: str) -> dict[str, Any]:
    """Return a choice that has one title."""
    return {"id": name, "title": alike(title)}


FILE_WORDS = {"needed": alike("One more."), "more": alike("More?"), "done": alike("Done")}
KINDS: tuple[dict[str, Any], ...] = (
    {"text": {}},
    {"text": {"min": 2, "max": 20}},
    {"pattern": {"matches": "[A-Z]{2}[0-9]{3}", "upper": True}},
    {"number": {"min": 1, "max": 10, "whole": True}},
    {"number": {}},
    {"date": {"earliest": "today"}},
    {"time": {"earliest": "08:00", "latest": "17:00"}},
    {"phone": {}},
    {"email": {}},
    {"location": {}},
    {"contact": {}},
    {"files": {"kinds": ["image", "pdf"], "max": 3, **FILE_WORDS}},
    {"files": {"kinds": ["audio"], "min": 2, "max": 2, "max_mb": 1, **FILE_WORDS}},
    {"choice": {"options": [option("yes", "Yes"), option("no", "No")]}},
    {
        "choice": {
            "language": True,
            "options": [option("en", "English"), option("es", "Español")],
        }
    },
    {
        "choice": {
            "button": alike("Choose"),
            "options": [option(f"o{n}", f"Option {n}") for n in range(5)],
        }
    },
)


def texts(r: Random, names: Sequence[str]) -> Any:
    """Return a wording, once or in every language, that names what is known."""

    def one() -> str:
        return r.choice(WORDS).replace("NAME", r.choice(names))

    if r.random() < 0.5:
        return alike(one())
    return {language: one() for language in LANGUAGES}


def formulas(r: Random, names: Sequence[str]) -> str:
    """Return an expression that may well fail."""
    return r.choice(FORMULAS).replace("NAME", r.choice(names))


def moments(r: Random) -> str:
    """Return expressions that give a moment, most of them."""
    return r.choice(
        (
            'now + duration("90m")',
            'today + duration("33h")',
            "today",
            'timestamp("2026-11-25T10:00:00Z")',
            "null",
        )
    )


def definitions(
    r: Random, name: str, called: Sequence[str] = (), *, most: int = 7
) -> dict[str, Any]:
    """Return a flow of all kinds of steps that leads to an end from everywhere."""
    count = r.randint(1, most)
    ids = [f"s{number}" for number in range(count)]
    steps: list[dict[str, Any]] = []
    for number, step_id in enumerate(ids):
        after = [*ids[number + 1 :], "end"]
        anywhere = [*ids, "end"]
        steps.extend(_steps(r, step_id, after, anywhere, _known(steps), called=called))
    steps.append(
        {
            "id": "end",
            "complete": {
                "outcome": "done",
                "say": (texts(r, ["v0"])),
                "data": {"total": (formulas(r, _known(steps)))},
            },
        }
    )
    return {
        "name": name,
        "title": "Anything",
        **{name: alike(f"It is {name}.") for name in EVERYWHERE},
        "agent": {"words": ["agent"], "say": alike("One moment.")},
        "languages": list(LANGUAGES),
        "triggers": {
            "variables": {
                "v0": {"default": r.choice(("x", "7", " "))},
                "v1": {"type": "object", "default": r.choice(OBJECTS)},
            }
        },
        "expires_after_hours": r.choice((200, 400)),
        "steps": steps,
    }


def _known(steps: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names that the steps so far have made known."""
    asked = ("ask", "flow_form", "lookup", "wait", "call")
    known = [step["id"] for step in steps if any(kind in step for kind in asked)]
    return ["v0", *known, *(name for step in steps for name in step.get("set", ()))]


def _steps(
    r: Random,
    step_id: str,
    after: Sequence[str],
    anywhere: Sequence[str],
    names: Sequence[str],
    *,
    called: Sequence[str],
) -> list[dict[str, Any]]:
    kinds = ["ask", "ask", "ask", "say", "branch", "set", "hand_off", "template"]
    kinds += ["flow_form", "lookup", "wait", "complete", *(["call"] * 2 if called else ())]
    step: dict[str, Any] = {"id": step_id}
    match r.choice(kinds):
        case "ask":
            return [step | (_questions(r, anywhere, names))]
        case "say":
            return [step | {"say": (texts(r, names))} | (_shown(r))]
        case "branch":
            return [step | (_branches(r, after, names))]
        case "set":
            made = {f"{step_id}_{at}": (formulas(r, names)) for at in range(r.randint(1, 2))}
            return [step | {"set": made}]
        case "hand_off":
            handing = {"say": (texts(r, names)), "note": "About {{ v0 }}"}
            return [step | {"hand_off": handing | (_leases(r, anywhere))}]
        case "template":
            return [step | {"template": {"name": "hello", "language": "en", "body": ["{{ v0 }}"]}}]
        case "flow_form":
            form = {"flow": "120", "ask": (texts(r, names)), "button": alike("Fill in")}
            if r.random() < 0.5:
                form |= {"screen": "FIRST", "data": {"known": (formulas(r, names))}}
            return [step | {"flow_form": form} | (_patience(r, anywhere, names))]
        case "lookup":
            looking = {
                "name": "order-status",
                "query": {"order": (formulas(r, names))},
                "timeout": r.choice(SPANS[:4]),
            }
            ways: dict[str, Any] = {"not_found": r.choice(after), "failed": r.choice(after)}
            busy = {"busy": (texts(r, names))} if r.random() < 0.5 else {}
            return [step | {"lookup": looking} | ways | busy]
        case "wait":
            return [step | {"wait": _waits(r), "personal": r.random() < 0.5}]
        case "call":
            flow = r.choice(called)
            return [step | {"call": {"flow": flow, "with": {"v0": (formulas(r, names))}}}]
        case _:
            ending = {"outcome": "early", "data": {"why": (formulas(r, names))}}
            leads = {"when": (formulas(r, names)), "to": f"{step_id}_end"}
            fork = step | {"branch": [leads], "otherwise": after[0]}
            return [fork, {"id": f"{step_id}_end", "complete": ending}]


def _questions(r: Random, anywhere: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    kind = r.choice(KINDS) if r.random() < 0.75 else _found_out(r, names)
    question = {"ask": (texts(r, names)), **kind, "personal": r.random() < 0.5}
    question["late"] = r.choice(("point-out", "go-back", "ignore"))
    if r.random() < 0.5:
        question["wrong"] = texts(r, names)
    if r.random() < 0.5:
        question |= {"retries": r.randint(0, 2), "otherwise": r.choice(anywhere)}
    return question | (_patience(r, anywhere, names))


def _found_out(r: Random, names: Sequence[str]) -> dict[str, Any]:
    each: dict[str, Any] = {"of": (formulas(r, names))}
    if r.random() < 0.5:
        each |= {"id": "item", "title": "upper(item)", "description": "string(item)"}
    written = [option("other", "Another one")] if r.random() < 0.5 else []
    return {"choice": {"each": each, "options": written, "button": alike("Choose")}}


def _patience(r: Random, anywhere: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    # Later ones are for windows that have closed, which not every flow can be.
    sooner, later = sorted(r.sample(range(len(SPANS) if r.random() < 0.1 else 4), 2))
    patience: dict[str, Any] = {}
    if r.random() < 0.5:
        patience["timeout"] = {"after": SPANS[later], "to": r.choice(anywhere)}
    if r.random() < 0.5:
        patience["reminder"] = {
            "after": SPANS[sooner],
            "say": (texts(r, names)),
            "times": r.randint(1, 3),
        }
    return patience


def _leases(r: Random, anywhere: Sequence[str]) -> dict[str, Any]:
    if r.random() < 0.5:
        return {}
    lease: dict[str, Any] = {"after": r.choice(SPANS)}
    if r.random() < 0.5:
        lease["to"] = r.choice(anywhere)
    return {"lease": lease}


def _branches(r: Random, after: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    cases: list[dict[str, Any]] = [
        {"when": (formulas(r, names)), "to": r.choice(after)} for _ in range(r.randint(1, 3))
    ]
    cases.append(
        {
            "answer": r.choice(names),
            "is": ["yes", "filled"],
            "to": r.choice(after),
        }
    )
    return {"branch": cases, "otherwise": after[0]}


def _waits(r: Random) -> dict[str, Any]:
    match r.choice(("for", "until", "collect")):
        case "for":
            return {"for": r.choice(SPANS)}
        case "until":
            return {"until": moments(r)}
        case _:
            return {"collect": r.choice(SPANS[:4]), "most": r.randint(1, 4)}


def _shown(r: Random) -> dict[str, Any]:
    page = {"title": r.choice((alike("Open"), alike("{{ v0 }}"))), "url": "https://example.org"}
    return r.choice(
        (
            {},
            {},
            {"media": {"type": "image", "link": "https://example.org/a.jpg"}},
            {"media": {"type": "audio", "id": "123"}},
            {"place": {"latitude": 1.5, "longitude": 2.5, "name": "Here"}},
            {"link": page},
        )
    )


def book(seed: int) -> tuple[dict[str, str], str]:
    """Return flows by file name, and what `main` becomes one day.

    There are a main flow, those that it calls, and another one.
    """
    r = Random(seed)  # noqa: S311  # a flow is no secret
    inner = definitions(r, "inner", most=3)
    middle = definitions(r, "middle", ("inner",), most=3)
    main = _mains(r)
    later = written(_mains(r)) if r.random() < 0.3 else renamed(written(main))
    other = definitions(r, "other", most=2)
    other["triggers"]["keywords"] = ["other"]
    other["opt_out"] = {"words": ["unsubscribe"], "say": alike("No more.")}
    flows = (main, middle, inner, other)
    return {f"{flow['name']}.yaml": written(flow) for flow in flows}, later


def _mains(r: Random) -> dict[str, Any]:
    main = definitions(r, "main", ("inner", "middle"))
    main["triggers"]["default"] = True
    return main | (_everywhere(r, [step["id"] for step in main["steps"]]))


def _everywhere(r: Random, steps: Sequence[str]) -> dict[str, Any]:
    what: dict[str, Any] = {
        "agent": {"words": ["agent"], "say": (texts(r, ["v0"]))} | (_leases(r, steps)),
        "back": ["back"],
        "restart": ["restart"],
        "stop": {"words": ["stop"], "say": alike("Bye.")},
        "language_words": {"en": ["english"], "es": ["español"]},
        "opt_in": {"words": ["subscribe"], "say": alike("Welcome back.")},
        "read_receipts": r.random() < 0.5,
    }
    if r.random() < 0.5:
        ways: dict[str, Any] = {"say": (texts(r, ["v0"])), "to": r.choice(steps)}
        way = r.choice(("say", "to"))
        what["window_closing"] = {
            "before": r.choice(SPANS[:4]),
            way: ways[way],
        }
    if r.random() < 0.5:
        what["template"] = {"name": "come_back", "language": "en", "body": ["{{ v0 }}"]}
    return what


def written(flow: dict[str, Any]) -> str:
    """Return the flow as YAML."""
    return yaml.safe_dump(flow, allow_unicode=True, sort_keys=False)


def renamed(name: str) -> str:
    """Give each step of the main flow in this text its other name, and back again."""
    return re.sub(r"\b([st])(\d)", lambda found: "ts"["ts".index(found[1]) - 1] + found[2], name)


BOOKS = st.integers(0, 2**32 - 1).map(book)
