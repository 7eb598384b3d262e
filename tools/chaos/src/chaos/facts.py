"""What the system says that happened: its events, gathered as they are stored."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from chaos.store import Stored
from domain.ports.crm import EVERYTHING, FREQUENT

OUTCOMES = (
    "reply.sent.v1",
    "reply.failed.v1",
    "reply.delivered.v1",
    "reply.read.v1",
    "reply.played.v1",
)
"""What may become of a reply, each outranking those before it, as WhatsApp has it."""
NOTABLE = frozenset(event.TYPE for event in EVERYTHING - FREQUENT)


@dataclass(slots=True)
class Reply:
    """What the events say of one reply."""

    requested: int = 0
    request: Stored | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    told: list[Stored] = field(default_factory=list)
    """The events that say that the platform has it."""
    failed: list[Stored] = field(default_factory=list)


@dataclass(slots=True)
class File:
    """What the events say of one file."""

    uploaded: int = 0
    outcomes: list[Stored] = field(default_factory=list)


class Facts:
    """Grows event by event; every event of the store is added once, each shard in its order."""

    def __init__(self) -> None:
        self.events: defaultdict[int, list[Stored]] = defaultdict(list)
        self.ids: Counter[UUID] = Counter()
        self.received: defaultdict[str, list[Stored]] = defaultdict(list)
        self.replies: defaultdict[str, Reply] = defaultdict(Reply)
        self.files: defaultdict[str, File] = defaultdict(File)
        self.notable: dict[str, Stored] = {}
        self.told_crm: Counter[str] = Counter()
        self.types: Counter[str] = Counter()

    def add(self, events: Iterable[Stored]) -> None:
        """Take note of events."""
        for event in events:
            self.events[event.shard].append(event)
            self.ids[event.id] += 1
            self.types[event.type] += 1
            self._note(event)

    def unsettled(self) -> dict[str, int]:
        """Count what still has to happen before the system is quiet."""
        replies = sum(not reply.outcomes for reply in self.replies.values())
        files = sum(not file.outcomes for file in self.files.values())
        crm = sum(not self.told_crm[event] for event in self.notable)
        return {"replies": replies, "files": files, "crm": crm}

    def _note(self, event: Stored) -> None:
        if event.type in NOTABLE:
            self.notable[str(event.id)] = event
        match event.type:
            case "message.received.v1":
                self.received[event.fields["message_id"]].append(event)
            case "reply.requested.v1":
                asked = self.replies[event.fields["reply_id"]]
                asked.requested, asked.request = asked.requested + 1, event
            case "file.uploaded.v1":
                self.files[event.fields["file_id"]].uploaded += 1
            case "file.stored.v1" | "file.rejected.v1":
                self.files[event.fields["file_id"]].outcomes.append(event)
            case "crm.notified.v1" | "crm.rejected.v1":
                self.told_crm[event.fields["event_id"]] += 1
            case outcome if outcome in OUTCOMES:
                reply = self.replies[event.fields["reply_id"]]
                reply.outcomes[outcome] += 1
                (reply.failed if outcome == "reply.failed.v1" else reply.told).append(event)
            case _:
                pass
