"""Walks a webhook: each message, status, preference and echo becomes an entry or a problem.

None is lost. News about the account are passed on as they came, also where they lead to commands.

Reasons a part is parked: not-json, wrong-shape, unknown-object, unknown-field, nothing-said,
unconfigured-number, unreadable, unknown-preference, too-large, too-many-updates.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, TypeGuard

from domain.ports.command_log import Entry, Problem
from ingress.use_cases.entries import (
    Change,
    account_entry,
    consent_entry,
    echo_entry,
    message_entry,
    status_entry,
)
from ingress.use_cases.fields import ACCOUNT_FIELDS, CONVERSATION_FIELDS
from ingress.use_cases.lenient import JsonObject, Unreadable, identifier, part
from ingress.use_cases.parsing import NotJson, parse
from ingress.use_cases.people import contacts_of

_OBJECT = "whatsapp_business_account"

_MOST_UPDATES = 10_000
"""Ten times what Meta promises to put into one webhook (webhooks/create-webhook-endpoint);
entries and changes are counted, too."""

_Make: TypeAlias = Callable[[JsonObject, Change], Entry]
_PARTS: Mapping[str, Sequence[tuple[str, _Make]]] = {
    "messages": (("messages", message_entry), ("statuses", status_entry)),
    "user_preferences": (("user_preferences", consent_entry),),
    "message_echoes": (("message_echoes", echo_entry),),
    "smb_message_echoes": (("message_echoes", echo_entry),),
}
"""Under which key of a change's value there are parts, each to become a command."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a webhook said. At least one of the three is never empty."""

    commands: tuple[Entry, ...] = ()
    account_updates: tuple[Entry, ...] = ()
    parked: tuple[Problem, ...] = ()


class _TooMany(Exception):
    """More than any webhook has."""


def read(body: bytes, received_at: datetime, *, numbers: Collection[str]) -> Reading:
    """Read the bytes of a webhook for the business `numbers` (their ids). Never raises."""
    reader = _Reader(received_at, numbers)
    try:
        reader.webhook(parse(body))
    except NotJson:
        return Reading(parked=(Problem("not-json", "$"),))
    except _TooMany:
        return Reading(parked=(Problem("too-many-updates", "$"),))
    return Reading(tuple(reader.commands), tuple(reader.updates), tuple(reader.problems))


class _Reader:
    """Goes through a webhook once; where something is, is said only of what is a problem."""

    def __init__(self, received_at: datetime, numbers: Collection[str]) -> None:
        self.commands: list[Entry] = []
        self.updates: list[Entry] = []
        self.problems: list[Problem] = []
        self._received_at = received_at
        self._numbers = numbers
        self._left = _MOST_UPDATES
        self._entry = self._change = 0

    def webhook(self, webhook: object) -> None:
        if not isinstance(webhook, dict):
            self._problem("wrong-shape", "$")
        elif webhook.get("object", _OBJECT) != _OBJECT:
            self._problem("unknown-object", "$.object")
        else:
            entries = webhook.get("entry")
            if not _is_filled(entries):
                self._nothing_in(entries, "$.entry")
                return
            self._count(len(entries))
            for self._entry, entry in enumerate(entries):
                if isinstance(entry, dict):
                    self._changes(entry)
                else:
                    self._problem("wrong-shape", f"$.entry[{self._entry}]", counted=True)

    def _changes(self, entry: JsonObject) -> None:
        changes = entry.get("changes")
        if not _is_filled(changes):
            self._nothing_in(changes, f"$.entry[{self._entry}].changes")
            return
        self._count(len(changes))
        for self._change, change in enumerate(changes):
            if isinstance(change, dict):
                self._told(change, entry)
            else:
                self._problem("wrong-shape", self._here(), counted=True)

    def _told(self, change: JsonObject, entry: JsonObject) -> None:
        field = change.get("field")
        if field == "messages":
            self._conversation(change, field, entry)
        elif not isinstance(field, str) or field not in ACCOUNT_FIELDS:
            self._problem("unknown-field", f"{self._here()}.field")
        else:
            self._account(field, change, "", entry)
            if field in CONVERSATION_FIELDS:
                self._conversation(change, field, entry)

    def _conversation(self, change: JsonObject, field: str, entry: JsonObject) -> None:
        value = change.get("value")
        if not isinstance(value, dict):
            self._problem("wrong-shape", f"{self._here()}.value")
            return
        if field == "messages" and value.get("errors"):
            told = {key: value[key] for key in ("metadata", "errors") if key in value}
            self._account(field, {"field": field, "value": told}, ".value", entry)
            if not value.get("messages") and not value.get("statuses"):
                return
        number = identifier(part(value, "metadata").get("phone_number_id"))
        if number is None or number not in self._numbers:
            reason = "unconfigured-number" if number else "wrong-shape"
            self._problem(reason, f"{self._here()}.value")
            return
        about = Change(number, contacts_of(value), entry.get("time"), self._received_at)
        self._said(value, field, about)

    def _said(self, value: JsonObject, field: str, about: Change) -> None:
        is_empty = True
        for name, make in _PARTS[field]:
            if items := value.get(name):
                is_empty = False
                self._items(items, name, make, about)
        if is_empty:
            self._problem("nothing-said", f"{self._here()}.value")

    def _items(self, items: object, name: str, make: _Make, about: Change) -> None:
        if not _is_filled(items):
            self._nothing_in(items, f"{self._here()}.value.{name}")
            return
        self._count(len(items))
        for index, item in enumerate(items):
            try:
                self.commands.append(make(_object(item), about))
            except Unreadable as problem:
                path = f"{self._here()}.value.{name}[{index}]{problem.path}"
                self._problem(problem.reason, path, counted=True)

    def _account(self, field: str, change: JsonObject, within: str, entry: JsonObject) -> None:
        account = identifier(entry.get("id"))
        if account is None:
            self._problem("wrong-shape", self._here() + within)
            return
        self._count()
        try:
            update = account_entry(account, entry.get("time"), field, change, self._received_at)
        except Unreadable as problem:
            self._problem(problem.reason, self._here() + within, counted=True)
        else:
            self.updates.append(update)

    def _here(self) -> str:
        return f"$.entry[{self._entry}].changes[{self._change}]"

    def _nothing_in(self, items: object, path: str) -> None:
        self._problem("nothing-said" if items == [] else "wrong-shape", path)

    def _problem(self, reason: str, path: str, *, counted: bool = False) -> None:
        if not counted:
            self._count()
        self.problems.append(Problem(reason, path))

    def _count(self, more: int = 1) -> None:
        self._left -= more
        if self._left < 0:
            raise _TooMany


def _is_filled(items: object) -> TypeGuard[list[object]]:
    return isinstance(items, list) and bool(items)


def _object(item: object) -> JsonObject:
    if not isinstance(item, dict):
        raise Unreadable("", "wrong-shape")
    return item
