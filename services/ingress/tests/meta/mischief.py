"""What can be wrong with a message: one thing after the other, somewhere in it."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    10**30,
    1.5,
    float("inf"),
    "",
    " ",
    "\x00",
    "\ud83d",
    "x" * 600,
    "1795435100",
    "99999999999999999999",
    "²",
    [],
    {},
    [None],
    [[]],
    [{}],
    {"id": {}},
    {"body": 1},
    "wamid.X",
)


class Fault(NamedTuple):
    """Something done to the value at a place; which place is a number modulo their count."""

    kind: str
    place: int
    value: Any


_KINDS = ("drop", "replace", "stringify", "numeric", "wrap", "unwrap", "extra")
FAULTS = st.builds(Fault, st.sampled_from(_KINDS), st.integers(0, 40), st.sampled_from(HOSTILE))
"""One fault. Numbers as strings and strings as numbers are some of them."""


def spoiled(thing: Mapping[str, Any], faults: Sequence[Fault]) -> dict[str, Any]:
    """Give a copy of the object with the faults in it."""
    copied: dict[str, Any] = copy.deepcopy(dict(thing))
    for fault in faults:
        places = list(_places(copied))
        if places:
            _spoil(*places[fault.place % len(places)], fault)
    return copied


def _places(thing: Any) -> list[tuple[Any, Any]]:
    """Give every value as its container and key, the outer ones first."""
    items = thing.items() if isinstance(thing, dict) else enumerate(thing)
    here = [(thing, key) for key, _ in items]
    below = [thing[key] for _, key in here if isinstance(thing[key], dict | list)]
    return here + [place for inner in below for place in _places(inner)]


def _spoil(container: Any, key: Any, fault: Fault) -> None:
    if fault.kind == "drop":
        del container[key]
    elif fault.kind == "extra" and isinstance(container, dict):
        container["invented_tomorrow"] = copy.deepcopy(fault.value)
    else:
        container[key] = _CHANGES.get(fault.kind, _replaced)(container[key], fault)


def _replaced(_: Any, fault: Fault) -> Any:
    return copy.deepcopy(fault.value)


_CHANGES: Mapping[str, Callable[[Any, Fault], Any]] = {
    "stringify": lambda value, _: str(value),
    "numeric": lambda value, _: int(value) if str(value).isdecimal() else 7,
    "wrap": lambda value, _: [value],
    "unwrap": lambda value, _: next(iter(value), None) if isinstance(value, list) else value,
}
