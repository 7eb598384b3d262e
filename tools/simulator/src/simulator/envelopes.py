"""The bodies of webhooks as Meta writes them, and their signature (webhooks/overview)."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


def message_webhook(business: Business, person: Person, message: Mapping[str, Any]) -> bytes:
    """Return the body that tells the business of a person's message."""
    return _body(business, {"contacts": [_contact(person, person.shown)], "messages": [message]})


def status_webhook(
    business: Business, person: Person, status: Mapping[str, Any], shown: Shown
) -> bytes:
    """Return the body that tells how far a message of the business got."""
    known = [] if status["status"] == "failed" else [_contact(person, shown)]
    contacts = {"contacts": known} if known else {}
    return _body(business, {**contacts, "statuses": [status]})


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
    return _names(person, person.shown, phone="from", user_id="from_user_id")


def recipient_names(person: Person, shown: Shown) -> dict[str, str]:
    """Return the ids under which a status names who got the message."""
    return _names(person, shown, phone="recipient_id", user_id="recipient_user_id")


def _contact(person: Person, shown: Shown) -> dict[str, Any]:
    names = _names(person, shown, phone="wa_id", user_id="user_id")
    return {"profile": {"name": person.name}, **names}


def _names(person: Person, shown: Shown, *, phone: str, user_id: str) -> dict[str, str]:
    names = {} if shown == "user-id" else {phone: person.wa_id}
    return names if shown == "phone" else {**names, user_id: person.user_id}


def _body(business: Business, content: Mapping[str, Sequence[Any]]) -> bytes:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": business.display_phone_number,
            "phone_number_id": business.phone_number_id,
        },
        **content,
    }
    change = {"value": value, "field": "messages"}
    entry = {"id": business.account_id, "changes": [change]}
    return encode({"object": "whatsapp_business_account", "entry": [entry]})
