"""What goes wrong and when: a pure function of a seed and a length."""

import random
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from devstack.services import service_of

Kind: TypeAlias = Literal[
    "kill",
    "pause",
    "restart",
    "cut",
    "hide-answers",
    "shut-out",
    "scale",
    "webhooks",
    "sends",
    "crm",
]
FIRST_AT = 4.0
GAPS = (4.0, 7.0)
"""Seconds from the begin of one fault to the next: eleven a minute."""
REST = 3.0
"""Seconds that whatever a fault hit is left alone afterwards."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong `at` a second of the run and is over `lasts` seconds later."""

    at: float
    kind: Kind
    target: str
    lasts: float = 0.0
    number: int = 0
    """Instances wanted, or answers to hide."""

    def __str__(self) -> str:
        number = f" {self.number}" if self.number else ""
        lasts = f" for {self.lasts:.1f} s" if self.lasts else ""
        return f"{self.at:7.1f}  {self.kind} {self.target}{number}{lasts}"


@dataclass(frozen=True, slots=True)
class Card:
    """A kind of fault in the deck: how long it lasts, how often it is in, what it counts to."""

    kind: Kind
    target: str
    lasts: tuple[float, float] = (0.0, 0.0)
    copies: int = 1
    numbers: tuple[int, ...] = (0,)


DECK: Sequence[Card] = (
    Card("kill", "session-core", (0.2, 4.0), copies=4),
    Card("kill", "sender", (0.2, 4.0), copies=3),
    Card("kill", "ingress", (0.2, 4.0), copies=2),
    Card("kill", "file-manager", (0.2, 4.0), copies=2),
    Card("kill", "crm-notifier", (0.2, 4.0), copies=2),
    Card("pause", "session-core", (1.0, 16.0), copies=4),
    Card("pause", "sender", (1.0, 16.0), copies=3),
    Card("pause", "ingress", (1.0, 8.0)),
    Card("pause", "file-manager", (1.0, 16.0)),
    Card("pause", "crm-notifier", (1.0, 16.0)),
    Card("kill", "kafka", (0.5, 3.0)),
    Card("restart", "kafka", (0.0, 1.0)),
    Card("pause", "kafka", (1.0, 6.0)),
    Card("kill", "postgres", (0.5, 3.0)),
    Card("restart", "postgres", (0.0, 1.0)),
    Card("pause", "postgres", (1.0, 6.0)),
    Card("kill", "s3", (0.5, 4.0)),
    Card("pause", "s3", (1.0, 6.0)),
    Card("kill", "simulator", (0.2, 2.0)),
    Card("pause", "simulator", (1.0, 6.0)),
    Card("cut", "kafka", copies=2),
    Card("cut", "postgres", copies=2),
    Card("hide-answers", "kafka", copies=4, numbers=(1, 2, 3)),
    Card("hide-answers", "postgres", copies=4, numbers=(1, 2, 3)),
    Card("shut-out", "kafka", (0.5, 5.0)),
    Card("shut-out", "postgres", (0.5, 5.0)),
    Card("scale", "session-core", copies=5, numbers=(1, 2, 3)),
    Card("scale", "sender", copies=2, numbers=(1, 2)),
    Card("scale", "file-manager", numbers=(1, 2)),
    Card("scale", "crm-notifier", numbers=(1, 2)),
    Card("webhooks", "simulator", (5.0, 15.0), copies=3),
    Card("sends", "simulator", (3.0, 10.0), copies=2, numbers=(0, 1, 131000, 131056, 130429)),
    Card("crm", "simulator", (1.0, 5.0), numbers=(500, 503, 429)),
)


def plan(seed: int, minutes: float) -> list[Fault]:
    """Return the faults of a run in the order in which they begin; all are over at its end."""
    planner = _Planner(random.Random(seed), minutes * 60)  # noqa: S311 - to be repeatable
    return list(planner.faults())


def counted(faults: Sequence[Fault]) -> Counter[str]:
    """Return how many there are of each kind and target."""
    return Counter(f"{fault.kind} {service_of(fault.target)}" for fault in faults)


def missed(faults: Sequence[Fault]) -> list[str]:
    """Return the kinds of fault in the deck, each with its target, of which there is none."""
    known = {f"{card.kind} {card.target}" for card in DECK}
    return sorted(known - counted(faults).keys())


class _Planner:
    def __init__(self, dice: random.Random, end: float) -> None:
        self._dice = dice
        self._end = end
        self._deck: deque[Card] = deque()
        self._busy: dict[tuple[str, str], float] = {}
        self._running: Counter[str] = Counter()

    def faults(self) -> Iterator[Fault]:
        at = FIRST_AT
        while at < self._end - 1:
            card = self._draw(at)
            if card is not None:
                yield self._fault(card, at)
            at += self._dice.uniform(*GAPS)

    def _draw(self, at: float) -> Card | None:
        """Take the first card whose target is well; the others keep their place."""
        if len(self._deck) < len(DECK):
            fresh = [card for card in DECK for _ in range(card.copies)]
            self._dice.shuffle(fresh)
            self._deck.extend(fresh)
        for card in self._deck:
            if self._busy.get(_nerve(card), 0.0) <= at:
                self._deck.remove(card)
                return card
        return None

    def _fault(self, card: Card, at: float) -> Fault:
        lasts = min(self._dice.uniform(*card.lasts), self._end - at)
        number = self._dice.choice(card.numbers)
        if card.kind == "scale" and number == (self._running[card.target] or 1):
            number = card.numbers[number % len(card.numbers)]
        target = card.target
        if card.kind == "scale":
            self._running[card.target] = number
        elif card.kind in {"kill", "pause"}:
            target = self._instance(card.target)
        self._busy[_nerve(card)] = at + lasts + REST
        return Fault(round(at, 1), card.kind, target, round(lasts, 1), number)

    def _instance(self, service: str) -> str:
        chosen = self._dice.randint(1, self._running[service] or 1)
        return service if chosen == 1 else f"{service}-{chosen}"


def _nerve(card: Card) -> tuple[str, str]:
    """Return what the fault occupies: a process, or one way in which the outside misbehaves."""
    if card.kind in {"webhooks", "sends", "crm"}:
        return ("weather", card.kind)
    if card.kind in {"cut", "hide-answers", "shut-out"}:
        return ("wire", card.target)
    return ("process", card.target)
