"""What the platform says that happened: its journal, gathered as it grows."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from chaos.journal import Line
from domain.values import message_id

Told: TypeAlias = tuple[str, str, str]
"""Of a status: the wamid, the status and the reply's id."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message that a person wrote."""

    wamid: str
    by: str
    key: str
    """The id that decides by which way it goes: the number where it is shown, else the user id."""
    in_turn: bool
    sha256: str | None
    """Of the file in it, in base64."""

    @property
    def message_id(self) -> str:
        """Return the id that the system gives it."""
        return str(message_id(self.wamid))


@dataclass(slots=True)
class Platform:
    """Grows line by line."""

    said: dict[str, Said] = field(default_factory=dict)
    """By wamid, in the order of writing."""
    answered: Counter[str] = field(default_factory=Counter)
    """How often the business answered 200 to a message, by wamid."""
    statuses: dict[Told, str] = field(default_factory=dict)
    """The statuses that it answered 200 to, and which ids of the person they named."""
    accepted: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When a reply was taken, by the reply's id."""
    accepted_in_turn: dict[str, int] = field(default_factory=dict)
    """As which of all replies one was first taken, by the reply's id."""
    refused: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    """The codes with which a reply was refused, at once or later, by the reply's id."""
    troubles: Counter[str] = field(default_factory=Counter)
    """What sender met there, and how often."""
    crm: defaultdict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    """What the CRM answered and the hash of what it was told, by idempotency key."""
    lives: int = 0

    def add(self, lines: Iterable[Line]) -> None:
        """Take note of lines of the journal."""
        for line in lines:
            match line["what"]:
                case "started":
                    self.lives += 1
                case "taken" if "message" in line:
                    self.said[line["wamid"]] = _said(line)
                case "answered" if "status" in line:
                    told = (line["wamid"], line["status"], line["reply_id"] or "")
                    self.statuses[told] = line["shown"]
                case "answered" if "wamid" in line:
                    self.answered[line["wamid"]] += 1
                case "accepted":
                    self._accept(line)
                case "refused":
                    self.refused[line["reply_id"] or ""].add(line["code"])
                    self.troubles[f"refused {line['code']}"] += 1
                case "unreached":
                    self.troubles["calls lost"] += 1
                case "crm":
                    self.crm[line["id"] or ""].append((line["answered"], line["sha256"]))
                case _:
                    pass

    def answered_messages(self) -> list[Said]:
        """Return what people wrote and the business took, in the order of writing."""
        return [said for wamid, said in self.said.items() if self.answered[wamid]]

    def _accept(self, line: Line) -> None:
        reply = line["reply_id"] or ""
        self.accepted[reply].append(line["at"])
        self.accepted_in_turn.setdefault(reply, len(self.accepted_in_turn))
        self.troubles["answers lost"] += not line.get("answered", True)
        if line.get("fails") is not None:
            self.refused[reply].add(line["fails"])
            self.troubles[f"failed later {line['fails']}"] += 1


def _said(line: Line) -> Said:
    message = line["message"]
    content = message.get(message["type"])
    return Said(
        wamid=line["wamid"],
        by=line["lane"],
        key="user-id" if line["shown"] == "user-id" else "phone",
        in_turn=line["way"] == "in-turn",
        sha256=content.get("sha256") if isinstance(content, dict) else None,
    )
