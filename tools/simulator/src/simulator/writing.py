"""A person writes: the message is on their phone, and a webhook tells the business."""

from collections.abc import Callable, Mapping
from typing import Any

from simulator.envelopes import Business, message_update, sender_names
from simulator.graph_errors import TOO_BIG, webhook_error
from simulator.ids import new_wamid
from simulator.media import INBOUND_MOST, MediaStore, kind_from_person
from simulator.people import Entry, People, Person, at
from simulator.webhooks import Delivery, Webhook

PLATFORM_KEYS = frozenset({"from", "from_user_id", "id", "timestamp"})
"""What the platform adds to a message, and nobody else may."""


class Writing:
    """What people do with their phones."""

    def __init__(
        self,
        business: Business,
        people: People,
        media: MediaStore,
        delivery: Delivery,
        clock: Callable[[], float],
    ) -> None:
        self._business = business
        self._people = people
        self._media = media
        self._delivery = delivery
        self._clock = clock

    def write(self, key: str, message: Mapping[str, Any]) -> str:
        """Send a message as this person; return its wamid. Raises TooManyPending.

        One with a `group_id` opens no window for the person.
        """
        person = self._people.meet(key)
        now = self._clock()
        content = {k: v for k, v in message.items() if k not in PLATFORM_KEYS}
        self._describe_media(content)
        self._complete_context(content)
        entry = Entry("in", at(now), new_wamid(person.key, from_person=True), content)
        self._delivery.send(self._webhook(person, entry, now))
        if "group_id" not in content:
            person.wrote_at = now
        self._people.add(person, entry)
        return entry.wamid

    def write_file(
        self, key: str, content: bytes, mime_type: str, *, kind: str, name: str, caption: str
    ) -> str:
        """Send a file as this person; return the message's wamid. Raises TooManyPending."""
        if len(content) > INBOUND_MOST:
            error = webhook_error(TOO_BIG, "Media file size too big. Max file size is 100 MB.")
            return self.write(key, {"type": "unsupported", "errors": [error]})
        kind = kind or kind_from_person(mime_type)
        body: dict[str, Any] = {"id": self._media.keep(content, mime_type, name).id}
        if caption:
            body["caption"] = caption
        if kind == "document":
            body["filename"] = name
        return self.write(key, {"type": kind, kind: body})

    def _webhook(self, person: Person, entry: Entry, now: float) -> Webhook:
        message = {
            **sender_names(person),
            "id": entry.wamid,
            "timestamp": str(int(now)),
            **entry.message,
        }
        return Webhook(
            person.lane,
            message_update(self._business, person, message),
            on_answered=lambda: self._people.mark(person, [entry], "delivered"),
            about={"wamid": entry.wamid, "shown": person.shown, "message": entry.message},
        )

    def _describe_media(self, content: dict[str, Any]) -> None:
        body = content.get(content["type"])
        if not isinstance(body, dict):
            return
        media = self._media.find(str(body.get("id")))
        if media is not None:
            described = {"mime_type": media.mime_type, "sha256": media.sha256_base64}
            content[content["type"]] = {**described, **body}

    def _complete_context(self, content: dict[str, Any]) -> None:
        context = content.get("context")
        if isinstance(context, dict) and "id" in context:
            content["context"] = {"from": self._business.display_phone_number, **context}
