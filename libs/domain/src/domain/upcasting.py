"""Messages of an older version, brought to today's: as data, before anybody gives them a shape."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

Data: TypeAlias = Mapping[str, Any]


class CannotUpcast(ValueError):
    """The data is not what was published under its type. Says which step, never the values."""


@dataclass(frozen=True, slots=True)
class Upcast:
    """One step: the version that comes next, and how its data follows from that of this one.

    `change` is pure: it returns new data and leaves what it was given as it is.
    """

    to: str
    change: Callable[[Data], Data]


Upcasts: TypeAlias = Mapping[str, Upcast]

UPCASTS: Upcasts = MappingProxyType({})
"""The step from every older version, by the type that it leaves. None is older yet."""


def upcast(message_type: str, data: Data, upcasts: Upcasts = UPCASTS) -> tuple[str, Data]:
    """Take every step from this type on; a type without one is returned as it came.

    Raises CannotUpcast.
    """
    while (step := upcasts.get(message_type)) is not None:
        try:
            data = step.change(data)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            reason = f"{message_type} to {step.to}: {type(error).__name__}"
            raise CannotUpcast(reason) from None
        message_type = step.to
    return message_type, data


def unreachable(published: set[str], current: set[str], upcasts: Upcasts = UPCASTS) -> set[str]:
    """Return the types that were published once and no chain of steps leads to today's."""
    return {one for one in published if _end(one, upcasts) not in current}


def _end(message_type: str, upcasts: Upcasts) -> str:
    passed: set[str] = set()
    while message_type in upcasts and message_type not in passed:
        passed.add(message_type)
        message_type = upcasts[message_type].to
    return message_type
