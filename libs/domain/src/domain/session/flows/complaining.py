"""What pydantic complains of, in the words of somebody who writes flows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from domain.session.flows.definition import Definition
from domain.session.flows.steps import KINDS

_WRITTEN: Mapping[str, str] = {
    r"^[a-z][a-z0-9-]{0,39}$": (
        "is a small letter, and small letters, digits and hyphens after it; 40 at most"
    ),
    r"^[a-z][a-z0-9_]{0,39}$": (
        "is a small letter, and small letters, digits and underscores after it; 40 at most"
    ),
    r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$": "is no code of a language, such as en, es or pt-BR",
    r"^[0-9a-f]{16}$": "is the version of a flow: 16 digits and letters from a to f, in quotes",
    r"^[A-Z]{2}$": "is no code of a country, such as ES",
}
"""What names look like, by the pattern that says so."""

_QUOTES = "put it in quotes"


def in_words(problem: ErrorDetails, data: Any) -> str:
    """Name the step by its id, and the place in it, and say what its author can do."""
    return f"{': '.join(_place(problem['loc'], data)) or 'the file'}: {_words(problem)}"


def _place(loc: tuple[int | str, ...], data: Any) -> Iterator[str]:
    parts = [part for part in loc if part != "[key]"]
    if len(parts) > 1 and parts[0] == "steps":
        step = data["steps"][parts[1]]
        name = step.get("id") if isinstance(step, dict) else None
        yield f"step {name if isinstance(name, str) else f'number {int(parts[1]) + 1}'}"
        parts = parts[3:]
    for part in parts:
        yield f"number {part + 1}" if isinstance(part, int) else part


def _words(problem: ErrorDetails) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if kind in _SENTENCES:
        return _SENTENCES[kind](context)
    if kind in _BY_PROBLEM:
        return _BY_PROBLEM[kind](problem)
    return problem["msg"].removeprefix("Value error, ")


def _one_of(context: Mapping[str, Any]) -> str:
    return f"is one of {context['expected']}".replace("'", "")


_NUMBER = "is a number, such as 5"
_LIST = "is a list: write [one, another], or each on a line that begins with `- `"
_KEYS = "has keys of its own: look them up in the reference of the language"

_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "dict_type": lambda _: _KEYS,
    "tuple_type": lambda _: _LIST,
    "list_type": lambda _: _LIST,
    "int_type": lambda _: _NUMBER,
    "int_parsing": lambda _: _NUMBER,
    "int_from_float": lambda _: "is a whole number",
    "float_type": lambda _: _NUMBER,
    "float_parsing": lambda _: _NUMBER,
    "bool_type": lambda _: "is true or false",
    "bool_parsing": lambda _: "is true or false",
    "literal_error": _one_of,
    "greater_than_equal": lambda its: f"is at least {its['ge']}",
    "greater_than": lambda its: f"is more than {its['gt']}",
    "less_than_equal": lambda its: f"is at most {its['le']}",
    "string_too_short": lambda _: "is empty: write something, or take it out",
    "string_too_long": lambda its: f"has at most {its['max_length']} letters",
    "too_short": lambda its: f"at least {its['min_length']} needed here",
    "too_long": lambda its: (
        f"at most {its['max_length']} can stand here, not {its['actual_length']}"
    ),
    "string_pattern_mismatch": lambda its: _WRITTEN.get(
        its["pattern"], f"does not look like {its['pattern']}"
    ),
}


def _no_text(problem: ErrorDetails) -> str:
    match problem["input"]:
        case None:
            return "is empty: write something, or take it out"
        case dict() | list():
            return f"is a text: {_QUOTES}"
        case _:
            return f"is a text: {_QUOTES}, or YAML takes it for something else"


def _unknown_key(problem: ErrorDetails) -> str:
    *above, key = problem["loc"]
    return f"is not known here{_meant(str(key), _keys(tuple(above)))}"


def _no_kind(problem: ErrorDetails) -> str:
    written = problem["input"]
    keys = [str(key) for key in written] if isinstance(written, dict) else []
    kinds = [key for key in keys if key in KINDS]
    if len(kinds) > 1:
        more = f"; this one has {' and '.join(kinds)}: make each a step of its own"
    else:
        known = {*KINDS, *_keys(("steps", 0))}
        more = next((_unknown(key) for key in keys if key not in known), "")
    return problem["msg"] + more


def _unknown(key: str) -> str:
    return f"; {key} is not known here" + _meant(key, KINDS)


def _no_model(problem: ErrorDetails) -> str:
    if not problem["loc"]:
        return "has keys of its own, such as `name: claim`"
    keys = sorted(_keys(problem["loc"]))
    return f"has keys of its own: {', '.join(keys)}" if 0 < len(keys) <= _FEW else _KEYS


_BY_PROBLEM: Mapping[str, Callable[[ErrorDetails], str]] = {
    "string_type": _no_text,
    "extra_forbidden": _unknown_key,
    "kind_of_step": _no_kind,
    "model_type": _no_model,
    "model_attributes_type": _no_model,
}


def _meant(key: str, known: Iterable[str]) -> str:
    """Ask whether the author meant what is nearly the same, else tell what there is."""
    names = sorted(known)
    near = get_close_matches(key.lower(), names, 1)
    if near:
        return f"; did you mean {near[0]}?"
    return f": there are {', '.join(names)}" if 0 < len(names) <= _FEW else ""


_FEW = 16


def _keys(path: tuple[int | str, ...]) -> set[str]:
    """Return the keys that can stand at this place."""
    models: tuple[type[BaseModel], ...] = (Definition,)
    for part in path:
        if isinstance(part, int):
            continue
        named = [one for one in models if part in _fields(one)]
        below = _models_at_steps(path, part) or tuple(
            model for one in named for model in _models(_fields(one)[part])
        )
        models = below if named or below else models
    return {key for one in models for key in _fields(one)}


def _models_at_steps(path: tuple[int | str, ...], part: str) -> tuple[type[BaseModel], ...]:
    """Return the model of a step, whose kind stands behind its number in the path."""
    if path[0] != "steps" or len(path) < _KIND + 1 or path[_KIND] is not part:
        return ()
    steps = _models(_fields(Definition)["steps"])
    return tuple(one for one in steps if part in _fields(one))


_KIND = 2


def _fields(model: type[BaseModel]) -> Mapping[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


@cache
def _models(annotation: Any) -> tuple[type[BaseModel], ...]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return (annotation,)
    return tuple(model for one in get_args(annotation) for model in _models(one))
