"""Named tuples with one field changed."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

TupleT = TypeVar("TupleT", bound=NamedTuple)


def setting(kind: type[TupleT], field: str) -> Callable[[TupleT, Any], TupleT]:
    """Give what `_replace` does for this one field, in a third of the time.

    Most events change one field, and folding them is what a replay does most.
    """
    at, new = kind._fields.index(field), tuple.__new__

    def set_to(before: TupleT, value: Any) -> TupleT:
        values = [*before]
        values[at] = value
        return new(kind, values)

    return set_to


def setting_all(kind: type[TupleT], *fields: str, **fixed: Any) -> Callable[..., TupleT]:
    """Give the same for several fields; `fixed` are those that become the same each time."""
    places = [kind._fields.index(field) for field in fields]
    constants = [(kind._fields.index(field), value) for field, value in fixed.items()]
    new = tuple.__new__

    def set_to(before: TupleT, *values: Any) -> TupleT:
        changed = [*before]
        for at, value in constants:
            changed[at] = value
        for at, value in zip(places, values, strict=True):
            changed[at] = value
        return new(kind, changed)

    return set_to
