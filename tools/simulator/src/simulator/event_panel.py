"""What the panel beside the phone shows: the events of the person, found by their contact."""

import json
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.labels import label_of
from simulator.people import Notify
from streaming.cloudevents import CloudEvent

MOST_CONTACTS = 10_000
MOST_EVENTS = 1_000
MOST_FILES = 10_000


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a file lies in the bucket."""

    bucket: str
    key: str
    mime_type: str


class EventPanel:
    """The latest events per contact, and which contact a number is. All bounded."""

    def __init__(self, notify: Notify, key_of: Callable[[str], str] = str) -> None:
        """`key_of` gives the person's key for any id of theirs."""
        self._notify = notify
        self._key_of = key_of
        self._events: OrderedDict[str, deque[dict[str, Any]]] = OrderedDict()
        self._numbers: dict[str, set[str]] = {}
        self._contacts: dict[str, set[str]] = {}
        self._files: OrderedDict[str, StoredFile] = OrderedDict()
        self.read = 0
        self.unreadable = 0

    def record(self, event: CloudEvent) -> None:
        """Take the next event of the stream. One that is no JSON object is only counted."""
        try:
            data = json.loads(event.data)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            self.unreadable += 1
            return
        self.read += 1
        self._remember_file(event.type, data)
        contact = data.get("contact_id")
        if isinstance(contact, str):
            self._record(contact, _card(event, data, self.read))

    def events_of(self, wa_id: str) -> list[dict[str, Any]]:
        """Return the events of the person with this key, in order of arrival."""
        contacts = self._contacts.get(wa_id, ())
        found = (card for contact in contacts for card in self._events.get(contact, ()))
        return sorted(found, key=lambda card: int(card["arrival"]))

    def file(self, file_id: str) -> StoredFile | None:
        """Return where this file lies, once its `file.stored` was read."""
        return self._files.get(file_id)

    def _record(self, contact: str, card: dict[str, Any]) -> None:
        events = self._events.setdefault(contact, deque(maxlen=MOST_EVENTS))
        events.append(card)
        self._events.move_to_end(contact)
        known = self._numbers.setdefault(contact, set())
        for wa_id in known:
            self._notify("event", wa_id, card)
        for wa_id in set(map(self._key_of, _names(card["type"], card["data"]))) - known:
            known.add(wa_id)
            self._contacts.setdefault(wa_id, set()).add(contact)
            for earlier in events:
                self._notify("event", wa_id, earlier)
        self._forget_the_oldest()

    def _remember_file(self, event_type: str, data: Mapping[str, Any]) -> None:
        if not event_type.startswith("file.stored."):
            return
        where = [data.get(name) for name in ("file_id", "bucket", "key", "mime_type")]
        if all(isinstance(part, str) for part in where):
            file_id, bucket, key, mime_type = map(str, where)
            self._files[file_id] = StoredFile(bucket, key, mime_type)
            if len(self._files) > MOST_FILES:
                self._files.popitem(last=False)

    def _forget_the_oldest(self) -> None:
        while len(self._events) > MOST_CONTACTS:
            contact, _ = self._events.popitem(last=False)
            for wa_id in self._numbers.pop(contact, set()):
                self._contacts[wa_id].discard(contact)
                if not self._contacts[wa_id]:
                    del self._contacts[wa_id]


def _card(event: CloudEvent, data: Mapping[str, Any], arrival: int) -> dict[str, Any]:
    return {
        "arrival": arrival,
        "id": event.id,
        "type": event.type,
        "label": _label(event.type, data),
        "time": event.time.isoformat(),
        "sequence": event.sequence,
        "stream_version": event.stream_version,
        "subject": event.subject,
        "data": data,
    }


def _label(event_type: str, data: Mapping[str, Any]) -> str:
    label = label_of(event_type)
    return f"{label}: the template, the window was closed" if data.get("fallback") else label


def _names(event_type: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Give the person's ids where an event tells them: of who wrote, or whom we answer."""
    personal = data.get("personal")
    if not isinstance(personal, dict):
        return
    if event_type.startswith(("message.received.", "contact.identified.")):
        keys = ("from", "user_id")
    elif event_type.startswith("reply.requested."):
        keys = ("to", "user_id")
    else:
        return
    for key in keys:
        name = personal.get(key)
        if isinstance(name, str) and name:
            yield name.lstrip("+")
