"""The bodies of webhooks as Meta writes them, and their signature (webhooks/overview)."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from simulator.people import Person, Shown

ESCAPES = (("/", "\\/"), ("<", "\\u003C"), ("%", "\\u0025"), ("@", "\\u0040"))


@dataclass(frozen=True, slots=True)
class Business:
    """The business number that people write to."""

    phone_number_id: str
    display_phone_number: str
    account_id: str
    name: str

    def metadata(self) -> dict[str, Any]:
        """Return what the value of every update about this number begins with."""
        return {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": self.display_phone_number,
                "phone_number_id": self.phone_number_id,
            },
        }


@dataclass(frozen=True)
class Update:
    """One change that a webhook tells of. The field decides what the value means."""

    field: str
    value: Mapping[str, Any]
    at: int | None = None
    """Unix seconds, told only of what concerns the account, as Meta does."""

    @cached_property
    def size(self) -> int:
        """The bytes that it takes in a body."""
        return len(encode(self.value))


def message_update(business: Business, person: Person, message: Mapping[str, Any]) -> Update:
    """Return what tells the business of a person's message."""
    contact = contact_of(person, person.shown)
    return Update("messages", {**business.metadata(), "contacts": [contact], "messages": [message]})


def status_update(
    business: Business, person: Person, status: Mapping[str, Any], shown: Shown
) -> Update:
    """Return what tells how far a message of the business got."""
    contact = contact_of(person, shown)
    if status["status"] == "sent":
        contact["profile"].pop("username", None)
    contacts = {} if status["status"] == "failed" else {"contacts": [contact]}
    return Update("messages", {**business.metadata(), **contacts, "statuses": [status]})


def envelope(updates: Sequence[Update], *, account_id: str, merged: bool = False) -> bytes:
    """Return the body of one POST. `merged`: neighbours of one kind share a value if they can."""
    changes = list(_merged(updates)) if merged else list(updates)
    entries = []
    for time, together in groupby(changes, lambda update: update.at):
        entry: dict[str, Any] = {"id": account_id, **({} if time is None else {"time": time})}
        entry["changes"] = [{"value": one.value, "field": one.field} for one in together]
        entries.append(entry)
    return encode({"object": "whatsapp_business_account", "entry": entries})


def encode(envelope: Mapping[str, Any]) -> bytes:
    """Return JSON with the escapes that Meta uses; the signature is over exactly these bytes."""
    written = json.dumps(envelope, ensure_ascii=True, separators=(",", ":"))
    for plain, escaped in ESCAPES:
        written = written.replace(plain, escaped)
    return written.encode()


def sign(app_secret: str, body: bytes) -> str:
    """Return the value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def sender_names(person: Person) -> dict[str, str]:
    """Return the ids under which a message names who wrote it."""
    return names_of(person, person.shown, "from", "from_user_id", "from_parent_user_id")


def recipient_names(person: Person, shown: Shown) -> dict[str, str]:
    """Return the ids under which a status names who got the message."""
    keys = ("recipient_id", "recipient_user_id", "recipient_parent_user_id")
    return names_of(person, shown, *keys)


def contact_of(person: Person, shown: Shown) -> dict[str, Any]:
    """Return the card of a person that goes with what they did."""
    profile = {"name": person.name}
    if person.username is not None:
        profile["username"] = person.username
    return {"profile": profile, **names_of(person, shown, "wa_id", "user_id", "parent_user_id")}


def names_of(person: Person, shown: Shown, phone: str, user_id: str, parent: str) -> dict[str, str]:
    """Return the person's ids under these keys. What is not shown is left out, never empty."""
    names = {}
    if person.wa_id is not None and shown != "user-id":
        names[phone] = person.wa_id
    if shown != "phone" or not names:
        names[user_id] = person.user_id
        if person.parent_user_id is not None:
            names[parent] = person.parent_user_id
    return names


def _merged(updates: Sequence[Update]) -> Iterator[Update]:
    for kind, alike in groupby(updates, lambda update: (update.field, sorted(update.value))):
        together = list(alike)
        if kind[0] == "messages":
            yield Update("messages", _one_value([one.value for one in together]))
        else:
            yield from together


def _one_value(values: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Put the lists of several values behind each other; each person's card stands once."""
    joined: dict[str, Any] = dict(values[0])
    for key in joined.keys() & {"messages", "statuses", "errors"}:
        joined[key] = [one for value in values for one in value[key]]
    if "contacts" in joined:
        cards = [card for value in values for card in value["contacts"]]
        joined["contacts"] = [card for n, card in enumerate(cards) if card not in cards[:n]]
    return joined
