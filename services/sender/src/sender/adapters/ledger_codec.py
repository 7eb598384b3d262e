"""The ledger's records as JSON, and what to make of one that cannot be read."""

import json
from typing import get_args
from uuid import UUID

from domain.ports.sending_ledger import LedgerEntry, Stage
from domain.values import ReplyId

_STAGES = frozenset(get_args(Stage))
_JSON = json.JSONEncoder(separators=(",", ":"))
_NEVER_DONE_WITH = 2**63 - 1


def encode(entry: LedgerEntry) -> bytes:
    """Return the value of the record."""
    content = {"stage": entry.stage, "attempt": entry.attempt, "offset": entry.offset}
    return _JSON.encode(content).encode()


def decode(value: bytes) -> LedgerEntry:
    """Read a record; one that says nothing clear means that a call may have been made."""
    try:
        content = json.loads(value)
        if content["stage"] in _STAGES:
            return LedgerEntry(content["stage"], int(content["attempt"]), int(content["offset"]))
    except (ValueError, TypeError, KeyError):
        pass
    return LedgerEntry("sending", 1, _NEVER_DONE_WITH)


def reply_of(key: bytes | None) -> ReplyId | None:
    """Return whose record it is; None when the key is nobody's."""
    try:
        return ReplyId(UUID((key or b"").decode("ascii")))
    except ValueError:
        return None
