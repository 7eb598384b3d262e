"""Walks a webhook: each message, status, preference and echo becomes an entry or a problem.

None is lost. News about the account are passed on as they came, also where they lead to commands.

Reasons a part is parked: not-json, wrong-shape, unknown-object, unknown-field, nothing-said,
unconfigured-number, unreadable, unknown-preference, too-large, too-many-updates.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

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
    """Goes through a webhook once; lists are walked in place, since few are longer than one."""

    def __init__(self, received_at: datetime, numbers: Collection[str]) -> None:
        self.commands: list[Entry] = []
        self.updates: list[Entry] = []
        self.problems: list[Problem] = []
        self._received_at = received_at
        self._numbers = numbers
        self._left = _MOST_UPDATES

    def webhook(self, webhook: object) -> None:
        if not isinstance(webhook, dict):
            self._problem("wrong-shape", "$")
        elif webhook.get("object", _OBJECT) != _OBJECT:
            self._problem("unknown-object", "$.object")
        else:
            for number, entry in self._objects(webhook.get("entry"), "$.entry"):
                path = f"$.entry[{number}].changes"
                for index, change in self._objects(entry.get("changes"), path):
                    self._change(change, f"{path}[{index}]", entry)

    def _change(self, change: JsonObject, path: str, entry: JsonObject) -> None:
        field = change.get("field")
        if not isinstance(field, str) or not (field == "messages" or field in ACCOUNT_FIELDS):
            self._problem("unknown-field", f"{path}.field")
            return
        if field in ACCOUNT_FIELDS:
            self._account(field, change, path, entry)
        if field in CONVERSATION_FIELDS:
            self._conversation(change, field, f"{path}.value", entry)

    def _conversation(self, change: JsonObject, field: str, path: str, entry: JsonObject) -> None:
        value = change.get("value")
        if not isinstance(value, dict):
            self._problem("wrong-shape", path)
            return
        if field == "messages" and value.get("errors"):
            told = {key: value[key] for key in ("metadata", "errors") if key in value}
            self._account(field, {"field": field, "value": told}, path, entry)
            if not value.get("messages") and not value.get("statuses"):
                return
        number = identifier(part(value, "metadata").get("phone_number_id"))
        if number is None or number not in self._numbers:
            self._problem("unconfigured-number" if number else "wrong-shape", path)
            return
        about = Change(number, contacts_of(value), entry.get("time"), self._received_at)
        self._said(value, field, path, about)

    def _said(self, value: JsonObject, field: str, path: str, about: Change) -> None:
        said = [(name, make) for name, make in _PARTS[field] if value.get(name)]
        if not said:
            self._problem("nothing-said", path)
        for name, make in said:
            at = f"{path}.{name}"
            for index, item in self._objects(value[name], at):
                try:
                    self.commands.append(make(item, about))
                except Unreadable as problem:
                    self._problem(problem.reason, f"{at}[{index}]{problem.path}", counted=True)

    def _account(self, field: str, change: JsonObject, path: str, entry: JsonObject) -> None:
        account = identifier(entry.get("id"))
        if account is None:
            self._problem("wrong-shape", path)
            return
        self._count()
        try:
            update = account_entry(account, entry.get("time"), field, change, self._received_at)
        except Unreadable as problem:
            self._problem(problem.reason, path, counted=True)
        else:
            self.updates.append(update)

    def _objects(self, items: object, path: str) -> Iterator[tuple[int, JsonObject]]:
        """Give the objects of a list; what is no list, no object, or empty, is a problem."""
        if not isinstance(items, list):
            self._problem("wrong-shape", path)
        elif not items:
            self._problem("nothing-said", path)
        else:
            for index, item in enumerate(items):
                if isinstance(item, dict):
                    self._count()
                    yield index, item
                else:
                    self._problem("wrong-shape", f"{path}[{index}]")

    def _problem(self, reason: str, path: str, *, counted: bool = False) -> None:
        if not counted:
            self._count()
        self.problems.append(Problem(reason, path))

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _TooMany
