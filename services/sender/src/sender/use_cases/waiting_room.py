"""People whose replies were set aside: in which order, until when, and how much memory it takes."""

import heapq
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from math import inf

from domain.ports.sending_ledger import Deferred, News
from domain.values import ContactId, ReplyId
from sender.use_cases import metrics

_OVERHEAD_BYTES = 1536
"""Of one reply in memory, besides its bytes: measured where each person waits for one."""


@dataclass(slots=True)
class Person:
    """Somebody whose replies wait, the oldest first. `due` is by the monotonic clock."""

    contact: ContactId
    partition: int
    replies: deque[tuple[ReplyId, Deferred]] = field(default_factory=deque)
    due: float = inf
    bugs: int = 0
    is_served: bool = False
    is_first_done: bool = False
    """The oldest reply has its outcome, and is only to be taken out of the ledger."""
    news: News | None = None
    """What of the person's news is kept in the ledger."""


class WaitingRoom:
    """Whoever is in it is due some time; `most_bytes` is when it counts as full."""

    def __init__(self, most_bytes: int) -> None:
        self.keys: dict[bytes, Person] = {}
        """By the key of their events."""
        self._most_bytes = most_bytes
        self._bytes = 0
        self._people: dict[ContactId, Person] = {}
        self._replies: dict[ReplyId, Person] = {}
        self._due: list[tuple[float, int, Person]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._replies)

    @property
    def is_full(self) -> bool:
        """Whether nothing more may be set aside."""
        return self._bytes >= self._most_bytes

    def person(self, contact: ContactId) -> Person | None:
        """Return the person, if anything of theirs waits."""
        return self._people.get(contact)

    def who_waits_for(self, reply: ReplyId) -> Person | None:
        """Return whose reply this is, if it waits."""
        return self._replies.get(reply)

    def add(self, partition: int, reply: ReplyId, deferred: Deferred, due: float) -> Person:
        """Let a reply wait behind the others of its person; `due` counts for the first."""
        person = self._people.get(deferred.contact_id)
        if person is None:
            person = Person(deferred.contact_id, partition)
            self._people[person.contact] = self.keys[str(person.contact).encode()] = person
            self.put_off(person, due)
        person.replies.append((reply, deferred))
        self._replies[reply] = person
        self._count(len(deferred.event) + _OVERHEAD_BYTES)
        return person

    def remove_first(self, person: Person) -> None:
        """Forget the person's oldest reply; who has none left leaves."""
        reply, deferred = person.replies.popleft()
        person.is_first_done, person.bugs = False, 0
        del self._replies[reply]
        self._count(-len(deferred.event) - _OVERHEAD_BYTES)
        if not person.replies:
            del self._people[person.contact]
            del self.keys[str(person.contact).encode()]

    def put_off(self, person: Person, due: float) -> None:
        """Let the person be due at another time."""
        person.due = due
        heapq.heappush(self._due, (due, next(self._numbers), person))

    def wake(self, person: Person) -> None:
        """Let the person be due now."""
        self.put_off(person, -inf)

    def wake_all(self) -> None:
        """Let everybody be due now."""
        self._due.clear()
        for person in self._people.values():
            self.wake(person)

    def earliest(self) -> float:
        """Return when somebody is due next, never for an empty room."""
        while self._due and not self._counts(*self._due[0]):
            heapq.heappop(self._due)
        return self._due[0][0] if self._due else inf

    def next_due(self, now: float) -> Person | None:
        """Return somebody who is due, to be served and put off."""
        if self.earliest() > now:
            return None
        person = heapq.heappop(self._due)[2]
        person.is_served = True
        return person

    def clear(self) -> None:
        """Forget everybody."""
        self.keys.clear()
        self._people.clear()
        self._replies.clear()
        self._due.clear()
        self._count(-self._bytes)

    def _counts(self, due: float, _: int, person: Person) -> bool:
        """Say whether an appointment still holds: it was not changed, nobody serves the person."""
        is_here = self._people.get(person.contact) is person
        return is_here and person.due == due and not person.is_served

    def _count(self, more: int) -> None:
        self._bytes += more
        metrics.DEFERRED.set(len(self._replies))
        metrics.DEFERRED_BYTES.set(self._bytes)
