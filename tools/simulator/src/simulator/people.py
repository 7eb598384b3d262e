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
"""Which ids of a person the business gets to see. Who has no number shows the user id."""
Notify: TypeAlias = Callable[[str, str, Mapping[str, Any]], None]
"""Called with what happened, whom it concerns (`key`) and the details."""

RANK: Mapping[Tick, int] = {"sent": 0, "delivered": 1, "read": 2}
WA_ID = r"^\d{5,20}$"
USER_ID = r"^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$"
KEY = rf"{WA_ID}|{USER_ID}"
"""How the control API names a person: by number, or by user id who has none."""
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
    category: str = "service"
    """Under which Meta bills it."""

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

    wa_id: str | None
    """The number; None for whom the business can only ever know by user id."""
    user_id: str
    """The business-scoped user id (business-scoped-user-ids)."""
    name: str
    lane: str
    """What keeps the person's webhooks in order, also when number and id change."""
    entries: deque[Entry] = field(default_factory=deque)
    wrote_at: float | None = None
    """Unix seconds of the person's last message: the 24-hour window counts from here."""
    shown: Shown = "both"
    parent_user_id: str | None = None
    username: str | None = None
    takes_marketing: bool = True

    @property
    def key(self) -> str:
        """The name of the person in the control API."""
        return self.wa_id or self.user_id


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
        self._dialled: dict[str, str] = {}
        self._given: set[str] = set()

    def everybody(self) -> list[Person]:
        """Return the people, the latest active first."""
        return list(reversed(self._people.values()))

    def find(self, key: str) -> Person | None:
        """Return the person of this number or user id, if we know them."""
        return self._people.get(key) or self.by_user_id(key)

    def by_user_id(self, user_id: str) -> Person | None:
        """Return the person of this business-scoped or parent user id, if we know them."""
        return self._by_user_id.get(user_id)

    def key_of(self, name: str) -> str:
        """Return the key of the person who goes by this number or user id, else the name itself."""
        person = self.find(name)
        return person.key if person else name

    def by_wamid(self, wamid: str) -> tuple[Person, Entry] | None:
        """Return whose message this is, and the message."""
        return self._by_wamid.get(wamid)

    def meet(self, key: str, name: str | None = None) -> Person:
        """Return the person of this number or user id, new or known; a name replaces the old."""
        person = self.find(self._dialled.get(key, key))
        if person is None:
            person = self._people[key] = self._newcomer(key, name)
            self._by_user_id[person.user_id] = person
            self._forget_the_quietest()
        elif name:
            person.name = name
        else:
            return person
        self._notify("person", person.key, {"wa_id": person.key, "name": person.name})
        return person

    def dial(self, number: str, person: Person) -> None:
        """Let another spelling of the number lead to this person, as in Brazil and Mexico."""
        self._dialled[number] = person.key

    def adopt(self, person: Person, parent_user_id: str) -> None:
        """Give the person a parent user id, under which a managed business may write to them."""
        person.parent_user_id = parent_user_id
        self._by_user_id[parent_user_id] = person

    def change_ids(self, person: Person, *, wa_id: str | None) -> None:
        """Give the person another number, or none, and another user id; the old ones are free.

        Raises ValueError when somebody else has the number.
        """
        if wa_id is not None and self._people.get(wa_id, person) is not person:
            raise ValueError("somebody else has this number")
        del self._people[person.key]
        self._by_user_id.pop(person.user_id, None)
        person.wa_id = wa_id
        person.user_id = self._fresh_user_id(wa_id or person.user_id)
        if person.parent_user_id is not None:
            self._by_user_id.pop(person.parent_user_id, None)
            self.adopt(person, person.user_id.replace(".", ".ENT.", 1))
        self._people[person.key] = self._by_user_id[person.user_id] = person

    def add(self, person: Person, entry: Entry) -> None:
        """Put a message on the person's phone."""
        if len(person.entries) >= self._most_messages:
            self._by_wamid.pop(person.entries.popleft().wamid, None)
        person.entries.append(entry)
        self._by_wamid[entry.wamid] = (person, entry)
        self._people.move_to_end(person.key)
        self._notify("message", person.key, entry.bubble())

    def mark(self, person: Person, entries: Iterable[Entry], tick: Tick) -> None:
        """Raise the ticks of these messages; a tick never goes back."""
        for entry in entries:
            if RANK[entry.tick] < RANK[tick]:
                entry.tick = tick
                self._notify("tick", person.key, {"wamid": entry.wamid, "tick": tick})

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
        self._notify("typing", person.key, {})

    def _newcomer(self, key: str, name: str | None) -> Person:
        known_by_id = "." in key
        user_id = key if known_by_id else self._fresh_user_id(key)
        self._given.add(user_id)
        wa_id = None if known_by_id else key
        return Person(wa_id, user_id, name or self._free_name(key), lane=key)

    def _fresh_user_id(self, key: str) -> str:
        """Give an id that nobody had: whoever gets a used number is another user."""
        user_id, turn = user_id_of(key), 1
        while user_id in self._given:
            user_id, turn = user_id_of(f"{key} {turn}"), turn + 1
        self._given.add(user_id)
        return user_id

    def _free_name(self, key: str) -> str:
        """Give the person a name of their own, always the same if nobody else has it."""
        first_choice = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2])
        ring = NAMES[first_choice % len(NAMES) :] + NAMES[: first_choice % len(NAMES)]
        few = len(self._people) < 2 * len(NAMES)
        taken = {person.name for person in self._people.values()} if few else frozenset(NAMES)
        return next((name for name in ring if name not in taken), f"{ring[0]} {key}")

    def _forget_the_quietest(self) -> None:
        while len(self._people) > self._most_people:
            _, person = self._people.popitem(last=False)
            self._by_user_id.pop(person.user_id, None)
            self._given.discard(person.user_id)
            for entry in person.entries:
                self._by_wamid.pop(entry.wamid, None)


def at(now: float) -> datetime:
    """Return the instant of these unix seconds."""
    return datetime.fromtimestamp(now, tz=UTC)
