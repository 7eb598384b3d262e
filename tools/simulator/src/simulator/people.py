"""The people with their phones, and everything that was said, in order."""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from simulator.ids import user_id_of

Tick: TypeAlias = Literal["sent", "delivered", "read"]
Shown: TypeAlias = Literal["both", "phone", "user-id"]
"""Which ids of a person the business gets to see."""
Notify: TypeAlias = Callable[[str, str, Mapping[str, Any]], None]
"""Called with what happened, whom it concerns (`wa_id`) and the details."""

RANK: Mapping[Tick, int] = {"sent": 0, "delivered": 1, "read": 2}
WA_ID = r"^\d{5,20}$"
FIRST_NAMES = ("Ana", "Bruno", "Chidi", "Dana", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas")
LAST_NAMES = ("Lima", "Costa", "Okafor", "Weiss", "Kaya", "Lund", "Novak", "Sato", "Reyes", "Berg")
NAMES = [f"{first} {last}" for last in LAST_NAMES for first in FIRST_NAMES]


@dataclass(slots=True)
class Entry:
    """One message on the person's phone."""

    direction: Literal["in", "out"]
    at: datetime
    wamid: str
    message: Mapping[str, Any]
    reply_id: str | None = None
    tick: Tick = "sent"
    shown: Shown = "both"
    """By which ids the statuses of this message name the person."""

    def transcript(self) -> dict[str, Any]:
        """Return the line of the transcript."""
        return {
            "direction": self.direction,
            "at": self.at.isoformat(),
            "wamid": self.wamid,
            "reply_id": self.reply_id,
            "message": self.message,
        }

    def bubble(self) -> dict[str, Any]:
        """Return what the chat page draws."""
        return {**self.transcript(), "tick": self.tick}


@dataclass(slots=True)
class Person:
    """Somebody with a phone. `entries` is bounded: the oldest messages are forgotten."""

    wa_id: str
    name: str
    entries: deque[Entry] = field(default_factory=deque)
    wrote_at: float | None = None
    """Unix seconds of the person's last message: the 24-hour window counts from here."""
    shown: Shown = "both"

    @property
    def user_id(self) -> str:
        """The business-scoped user id."""
        return user_id_of(self.wa_id)


class People:
    """All people, by number. Bounded: whoever was quiet for longest is forgotten first."""

    def __init__(
        self, notify: Notify, *, most_people: int = 10_000, most_messages: int = 10_000
    ) -> None:
        self._notify = notify
        self._most_people = most_people
        self._most_messages = most_messages
        self._people: OrderedDict[str, Person] = OrderedDict()
        self._by_wamid: dict[str, tuple[Person, Entry]] = {}
        self._by_user_id: dict[str, Person] = {}

    def everybody(self) -> list[Person]:
        """Return the people, the latest active first."""
        return list(reversed(self._people.values()))

    def find(self, wa_id: str) -> Person | None:
        """Return the person of this number, if we know them."""
        return self._people.get(wa_id)

    def by_user_id(self, user_id: str) -> Person | None:
        """Return the person of this business-scoped user id, if we know them."""
        return self._by_user_id.get(user_id)

    def by_wamid(self, wamid: str) -> tuple[Person, Entry] | None:
        """Return whose message this is, and the message."""
        return self._by_wamid.get(wamid)

    def meet(self, wa_id: str, name: str | None = None) -> Person:
        """Return the person of this number, new or known; a name given replaces the old one."""
        person = self._people.get(wa_id)
        if person is None:
            person = self._people[wa_id] = Person(wa_id, name or self._free_name(wa_id))
            self._by_user_id[person.user_id] = person
            self._forget_the_quietest()
        elif name:
            person.name = name
        else:
            return person
        self._notify("person", wa_id, {"wa_id": wa_id, "name": person.name})
        return person

    def add(self, person: Person, entry: Entry) -> None:
        """Put a message on the person's phone."""
        if len(person.entries) >= self._most_messages:
            self._by_wamid.pop(person.entries.popleft().wamid, None)
        person.entries.append(entry)
        self._by_wamid[entry.wamid] = (person, entry)
        self._people.move_to_end(person.wa_id)
        self._notify("message", person.wa_id, entry.bubble())

    def mark(self, person: Person, entries: Iterable[Entry], tick: Tick) -> None:
        """Raise the ticks of these messages; a tick never goes back."""
        for entry in entries:
            if RANK[entry.tick] < RANK[tick]:
                entry.tick = tick
                self._notify("tick", person.wa_id, {"wamid": entry.wamid, "tick": tick})

    def mark_read_up_to(self, person: Person, wamid: str | None = None) -> None:
        """Mark the person's messages read: up to `wamid` (earlier ones too, as Meta), else all."""
        read = []
        for entry in person.entries:
            if entry.direction == "in":
                read.append(entry)
            if entry.wamid == wamid:
                break
        self.mark(person, read, "read")

    def show_typing(self, person: Person) -> None:
        """Let the person see that the business is writing."""
        self._notify("typing", person.wa_id, {})

    def _free_name(self, wa_id: str) -> str:
        """Give the number a name of its own, always the same if nobody else has it."""
        first_choice = int.from_bytes(hashlib.sha256(wa_id.encode()).digest()[:2])
        ring = NAMES[first_choice % len(NAMES) :] + NAMES[: first_choice % len(NAMES)]
        few = len(self._people) < 2 * len(NAMES)
        taken = {person.name for person in self._people.values()} if few else frozenset(NAMES)
        return next((name for name in ring if name not in taken), f"{ring[0]} {wa_id}")

    def _forget_the_quietest(self) -> None:
        while len(self._people) > self._most_people:
            _, person = self._people.popitem(last=False)
            self._by_user_id.pop(person.user_id, None)
            for entry in person.entries:
                self._by_wamid.pop(entry.wamid, None)


def at(now: float) -> datetime:
    """Return the instant of these unix seconds."""
    return datetime.fromtimestamp(now, tz=UTC)
