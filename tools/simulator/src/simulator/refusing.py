"""Whether a well-formed send is accepted, and what becomes of it if so."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.failures import Failures
from simulator.faults import FaultBoard
from simulator.graph_errors import (
    IN_MAINTENANCE,
    NEEDS_NUMBER,
    STOPPED_MARKETING,
    WINDOW_CLOSED,
    GraphError,
    Unreached,
)
from simulator.number import Number
from simulator.people import Person
from simulator.templates import Template, Templates

WINDOW_S = 24 * 60 * 60
TOLD = "The simulator was told to refuse this"


@dataclass(frozen=True, slots=True)
class Fate:
    """Of a message that was accepted."""

    category: str = "service"
    """Under which Meta bills it."""
    fails: int | None = None
    """The code with which a status webhook says that it did not reach the person."""
    answered: bool = True
    """Whether the business hears that it was accepted."""


class Refusals:
    """Told failures come first, then faults by chance, then what a real number would meet."""

    def __init__(
        self,
        *,
        faults: FaultBoard,
        failures: Failures,
        number: Number,
        templates: Templates,
        clock: Callable[[], float],
        dice: random.Random,
    ) -> None:
        self._faults = faults
        self._failures = failures
        self._number = number
        self._templates = templates
        self._clock = clock
        self._dice = dice

    def decide(self, person: Person, body: Mapping[str, Any]) -> Fate:
        """Return what becomes of this message. Raises GraphError, or Unreached: nobody got it."""
        fate = self._told(person) or self._by_chance()
        self._refuse_by_number(person)
        template = self._templates.usable(body)
        if template is None:
            self._refuse_outside_window(person)
        else:
            fate = _of_template(fate, template, person, by_user_id="to" not in body)
        return fate

    def _told(self, person: Person) -> Fate | None:
        failure = self._failures.take(person)
        if failure is None:
            return None
        if failure.how == "unreached":
            raise Unreached
        if failure.how == "refused" and failure.code is not None:
            raise GraphError(failure.code, TOLD)
        return Fate(fails=failure.code, answered=failure.how != "lost")

    def _by_chance(self) -> Fate:
        fault = self._faults.now.sends
        if self._dice.random() < fault.unreached:
            raise Unreached
        code = fault.error_code if self._dice.random() < fault.share else None
        if code is not None and not fault.later:
            raise GraphError(code, TOLD)
        return Fate(fails=code, answered=self._dice.random() >= fault.lost)

    def _refuse_by_number(self, person: Person) -> None:
        if self._number.in_maintenance:
            raise GraphError(IN_MAINTENANCE, "The throughput of this number is being upgraded")
        rates = self._faults.rates(self._number.limits.rates)
        if rates is None:
            return
        code = self._number.limits.refuse(person.lane, self._clock(), rates)
        if code is not None:
            raise GraphError(code, "Message failed to send because there were too many messages")

    def _refuse_outside_window(self, person: Person) -> None:
        if person.wrote_at is None or self._clock() - person.wrote_at > WINDOW_S:
            raise GraphError(
                WINDOW_CLOSED,
                "Message failed to send because more than 24 hours have passed since the customer "
                "last replied to this number.",
            )


def _of_template(fate: Fate, template: Template, person: Person, *, by_user_id: bool) -> Fate:
    if template.category == "authentication" and by_user_id:
        raise GraphError(NEEDS_NUMBER, "Authentication templates need a phone number")
    stopped = template.category == "marketing" and not person.takes_marketing
    fails = STOPPED_MARKETING if stopped and fate.fails is None else fate.fails
    return Fate(template.category, fails, fate.answered)
