"""What goes wrong and when: a pure function of a seed and a length."""

import random
from collections import Counter, defaultdict, deque
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
    "late-failures",
    "stop",
    "lost-answers",
    "lost-calls",
    "slow-answers",
    "throttle",
    "pair-limit",
    "late-statuses",
    "lost-statuses",
    "kill-amid-calls",
    "crm",
]
Nerve: TypeAlias = tuple[str, str]
Span: TypeAlias = tuple[float, float]
FIRST_AT = 4.0
GAPS = (4.0, 7.0)
"""Seconds from the begin of one outage to the next: eleven a minute."""
PLATFORM_GAPS = (4.0, 9.0)
"""The same of what the platform does: nine a minute, beside the outages."""
REST = 3.0
"""Seconds that whatever a fault hit is left alone afterwards."""
PASSING = (1, 2, 4, 80007, 131000, 131016, 131056, 131057, 130429, 133004)
"""Meta's codes after which a reply may be tried again."""
FINAL = (100, 131009, 131026, 131047, 131053)
"""Those after which it may not."""
STOPPING = (190, 368, 131031, 131048)
"""Those that speak of the whole number."""
BEFORE, AFTER = 0, 1
"""Acceptance: sender is killed when the platform has not yet, or has already taken its call."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong `at` a second of the run and is over `lasts` seconds later."""

    at: float
    kind: Kind
    target: str
    lasts: float = 0.0
    number: int = 0
    """Instances wanted, answers to hide, an error code, seconds, or how tight a limit is."""

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
    Card("kill-amid-calls", "sender", (0.2, 4.0), copies=3, numbers=(BEFORE, AFTER)),
)
"""Outages: of processes, and of the wires between them."""

PLATFORM: Sequence[Card] = (
    Card("webhooks", "simulator", (5.0, 15.0), copies=3, numbers=(1, 20, 1000)),
    Card("sends", "simulator", (3.0, 10.0), copies=4, numbers=PASSING),
    Card("sends", "simulator", (2.0, 5.0), copies=2, numbers=FINAL),
    Card("late-failures", "simulator", (2.0, 5.0), numbers=FINAL),
    Card("stop", "simulator", (3.0, 8.0), copies=2, numbers=STOPPING),
    Card("lost-answers", "simulator", (3.0, 10.0), copies=2),
    Card("lost-calls", "simulator", (3.0, 10.0), copies=2),
    Card("slow-answers", "simulator", (3.0, 8.0), copies=2, numbers=(1, 5, 17)),
    Card("throttle", "simulator", (5.0, 15.0), copies=2, numbers=(1, 2, 5)),
    Card("pair-limit", "simulator", (5.0, 15.0), copies=2, numbers=(1, 2, 3)),
    Card("late-statuses", "simulator", (5.0, 15.0), copies=2, numbers=(5, 20, 45)),
    Card("lost-statuses", "simulator", (3.0, 10.0)),
    Card("crm", "simulator", (1.0, 5.0), copies=2, numbers=(500, 503, 429)),
)
"""What the platform and the CRM do. Slow answers of 17 s come after sender has given up on them,
statuses that are 45 s late after its wait for them is over."""


def plan(seed: int, minutes: float) -> list[Fault]:
    """Return the faults of a run in the order in which they begin; all are over at its end."""
    dice = random.Random(seed)  # noqa: S311 - to be repeatable
    planner = _Planner(dice, minutes * 60)
    outages = planner.faults(DECK, GAPS)
    return sorted([*outages, *planner.faults(PLATFORM, PLATFORM_GAPS)], key=lambda one: one.at)


def counted(faults: Sequence[Fault]) -> Counter[str]:
    """Return how many there are of each kind and target."""
    return Counter(f"{fault.kind} {service_of(fault.target)}" for fault in faults)


def missed(faults: Sequence[Fault]) -> list[str]:
    """Return the kinds of fault in the deck, each with its target, of which there is none."""
    known = {f"{card.kind} {card.target}" for card in (*DECK, *PLATFORM)}
    return sorted(known - counted(faults).keys())


class _Planner:
    def __init__(self, dice: random.Random, end: float) -> None:
        self._dice = dice
        self._end = end
        self._busy: defaultdict[Nerve, list[Span]] = defaultdict(list)
        self._running: Counter[str] = Counter()

    def faults(self, deck: Sequence[Card], gaps: Span) -> Iterator[Fault]:
        drawn: deque[Card] = deque()
        at = FIRST_AT
        while at < self._end - 1:
            card = self._draw(deck, drawn, at)
            if card is not None:
                yield self._fault(card, at)
            at += self._dice.uniform(*gaps)

    def _draw(self, deck: Sequence[Card], drawn: deque[Card], at: float) -> Card | None:
        """Take the first card whose target is well; the others keep their place."""
        if len(drawn) < len(deck):
            fresh = [card for card in deck for _ in range(card.copies)]
            self._dice.shuffle(fresh)
            drawn.extend(fresh)
        for card in drawn:
            if self._is_well(card, at):
                drawn.remove(card)
                return card
        return None

    def _is_well(self, card: Card, at: float) -> bool:
        end = at + card.lasts[1] + REST
        spans = [span for nerve in _nerves(card) for span in self._busy[nerve]]
        return all(end <= busy_from or busy_until <= at for busy_from, busy_until in spans)

    def _fault(self, card: Card, at: float) -> Fault:
        lasts = min(self._dice.uniform(*card.lasts), self._end - at)
        number = self._dice.choice(card.numbers)
        if card.kind == "scale" and number == (self._running[card.target] or 1):
            number = card.numbers[number % len(card.numbers)]
        target = card.target
        if card.kind == "scale":
            self._running[card.target] = number
        elif card.kind in {"kill", "pause", "kill-amid-calls"}:
            target = self._instance(card.target)
        for nerve in _nerves(card):
            self._busy[nerve].append((at, at + lasts + REST))
        return Fault(round(at, 1), card.kind, target, round(lasts, 1), number)

    def _instance(self, service: str) -> str:
        chosen = self._dice.randint(1, self._running[service] or 1)
        return service if chosen == 1 else f"{service}-{chosen}"


def _nerves(card: Card) -> Sequence[Nerve]:
    """Return what the fault occupies: processes, and ways in which the outside misbehaves."""
    match card.kind:
        case "sends" | "late-failures" | "stop":
            return [("weather", "codes")]
        case "throttle" | "pair-limit":
            return [("weather", "limits")]
        case "slow-answers":
            return [("weather", "pace")]
        case "kill-amid-calls":
            return [("weather", "pace"), ("process", card.target)]
        case "webhooks" | "crm" | "lost-answers" | "lost-calls" | "late-statuses" | "lost-statuses":
            return [("weather", card.kind)]
        case "cut" | "hide-answers" | "shut-out":
            return [("wire", card.target)]
        case _:
            return [("process", card.target)]
