"""The ledger's records: what their keys and values say, and what to make of one that says nothing.

| key | value |
|---|---|
| `<reply id>` | the newest entry |
| `deferred/<reply id>` | a request that is set aside: one CloudEvent, structured |
| `person/<contact id>` | news of somebody whose replies are set aside |

Whoever knows only the first kind skips the others: their keys are no ids.
"""

import json
from collections.abc import Sequence
from typing import Any, get_args
from uuid import UUID

from domain.ports.sending_ledger import Deferred, LedgerEntry, News, Stage
from domain.values import ContactId, ReplyId, write_uuid

DEFERRED, PERSON = b"deferred/", b"person/"
JSON = [("content-type", b"application/json")]

_STAGES = frozenset(get_args(Stage))
_JSON = json.JSONEncoder(separators=(",", ":"))
_NEVER_DONE_WITH = 2**63 - 1


def encode(entry: LedgerEntry) -> bytes:
    """Return the value of the record."""
    unsure = ',"unsure":true' if entry.is_unsure else ""
    told = f'"stage":"{entry.stage}","attempt":{entry.attempt},"offset":{entry.offset}{unsure}'
    return b"{%b}" % told.encode()


def decode(value: bytes) -> LedgerEntry:
    """Read a record; one that says nothing clear means that a call may have been made."""
    try:
        content = json.loads(value)
        if content["stage"] in _STAGES:
            return LedgerEntry(
                content["stage"],
                int(content["attempt"]),
                int(content["offset"]),
                content.get("unsure") is True,
            )
    except (ValueError, TypeError, KeyError):
        pass
    return LedgerEntry("sending", 1, _NEVER_DONE_WITH)


def key_of(reply: ReplyId) -> bytes:
    """Return the key of a reply's entries."""
    return write_uuid(reply)


def reply_of(key: bytes | None) -> ReplyId | None:
    """Return whose entry it is; None when the key is nobody's."""
    return ReplyId(found) if (found := _id(key or b"")) else None


def deferred_key(reply: ReplyId) -> bytes:
    """Return the key of a request that is set aside."""
    return DEFERRED + key_of(reply)


def deferred_headers(deferred: Deferred) -> list[tuple[str, bytes]]:
    """Return what is to be known of such a request before it is read."""
    return [
        ("content-type", b"application/cloudevents+json"),
        ("contact-id", str(deferred.contact_id).encode()),
        ("offset", b"%d" % deferred.offset),
    ]


def deferred_of(record: Any) -> tuple[ReplyId, Deferred] | None:
    """Read a request that is set aside; None where the record is none that we wrote."""
    reply = _id(record.key.removeprefix(DEFERRED))
    headers: dict[str, bytes] = dict(record.headers)
    contact = _id(headers.get("contact-id", b""))
    offset = headers.get("offset", b"")
    if reply is None or contact is None or not offset.isdigit():
        return None
    return ReplyId(reply), Deferred(ContactId(contact), int(offset), record.value)


def news_key(contact: ContactId) -> bytes:
    """Return the key of a person's news."""
    return PERSON + str(contact).encode()


def encode_news(news: News) -> bytes:
    """Return the value of the record."""
    return _JSON.encode({"wrote_at": news.wrote_at, "opted_out": news.opted_out}).encode()


def news_of(record: Any) -> tuple[ContactId, News] | None:
    """Read a person's news; None where the record is none that we wrote."""
    contact = _id(record.key.removeprefix(PERSON))
    try:
        content = json.loads(record.value)
        news = News(content.get("wrote_at"), content.get("opted_out"))
    except (ValueError, AttributeError):
        return None
    return (ContactId(contact), news) if contact else None


def tombstoned(key: bytes, prefix: bytes) -> Sequence[UUID]:
    """Return whom a record without value speaks of."""
    found = _id(key.removeprefix(prefix))
    return () if found is None else (found,)


def _id(key: bytes) -> UUID | None:
    try:
        return UUID(key.decode("ascii"))
    except ValueError:
        return None
