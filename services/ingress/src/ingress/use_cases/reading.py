"""Walks a webhook: each message, status, preference and echo becomes an entry or a problem.

None is lost. News about the account are passed on as they came, also where they lead to commands.

Reasons a part is parked: not-json, wrong-shape, unknown-object, unknown-field, nothing-said,
unconfigured-number, unreadable, unknown-preference, too-large, too-many-updates.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from domain import topics
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
"""Ten times what Meta promises to put into one webhook (webhooks/create-webhook-endpoint)."""

_Make: TypeAlias = Callable[[JsonObject, Change], Entry]
_PARTS: Mapping[str, Sequence[tuple[str, _Make]]] = {
    "messages": (("messages", message_entry), ("statuses", status_entry)),
    "user_preferences": (("user_preferences", consent_entry),),
    "message_echoes": (("message_echoes", echo_entry),),
    "smb_message_echoes": (("message_echoes", echo_entry),),
}
"""Under which key of a change's value there are parts, each to become a command."""

Finding: TypeAlias = Entry | Problem
_Visit: TypeAlias = Callable[[JsonObject, str], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a webhook said. At least one of the three is never empty."""

    commands: tuple[Entry, ...] = ()
    account_updates: tuple[Entry, ...] = ()
    parked: tuple[Problem, ...] = ()


def read(body: bytes, received_at: datetime, *, numbers: Collection[str]) -> Reading:
    """Read the bytes of a webhook for the business `numbers` (their ids). Never raises."""
    try:
        webhook = parse(body)
    except NotJson:
        return Reading(parked=(Problem("not-json", "$"),))
    found = list(islice(_Reader(received_at, numbers).webhook(webhook), _MOST_UPDATES + 1))
    if len(found) > _MOST_UPDATES:
        return Reading(parked=(Problem("too-many-updates", "$"),))
    entries = [finding for finding in found if isinstance(finding, Entry)]
    return Reading(
        tuple(entry for entry in entries if entry.topic is topics.SESSION_COMMANDS),
        tuple(entry for entry in entries if entry.topic is topics.ACCOUNT_UPDATES),
        tuple(finding for finding in found if isinstance(finding, Problem)),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    received_at: datetime
    numbers: Collection[str]

    def webhook(self, webhook: object) -> Iterator[Finding]:
        if not isinstance(webhook, dict):
            yield Problem("wrong-shape", "$")
        elif webhook.get("object", _OBJECT) != _OBJECT:
            yield Problem("unknown-object", "$.object")
        else:
            yield from _each(webhook.get("entry"), "$.entry", self._entry)

    def _entry(self, entry: JsonObject, path: str) -> Iterator[Finding]:
        def visit(change: JsonObject, at: str) -> Iterator[Finding]:
            return self._change(change, at, entry)

        return _each(entry.get("changes"), f"{path}.changes", visit)

    def _change(self, change: JsonObject, path: str, entry: JsonObject) -> Iterator[Finding]:
        field = change.get("field")
        if not isinstance(field, str) or not (field == "messages" or field in ACCOUNT_FIELDS):
            yield Problem("unknown-field", f"{path}.field")
            return
        if field in ACCOUNT_FIELDS:
            yield self._account(field, change, path, entry)
        if field in CONVERSATION_FIELDS:
            yield from self._conversation(change, field, path, entry)

    def _conversation(
        self, change: JsonObject, field: str, path: str, entry: JsonObject
    ) -> Iterator[Finding]:
        value, path = change.get("value"), f"{path}.value"
        if not isinstance(value, dict):
            yield Problem("wrong-shape", path)
            return
        if field == "messages" and value.get("errors"):
            told = {key: value[key] for key in ("metadata", "errors") if key in value}
            yield self._account(field, {"field": field, "value": told}, path, entry)
            if not value.get("messages") and not value.get("statuses"):
                return
        number = identifier(part(value, "metadata").get("phone_number_id"))
        if number is None or number not in self.numbers:
            yield Problem("unconfigured-number" if number else "wrong-shape", path)
            return
        about = Change(
            phone_number_id=number,
            contacts=contacts_of(value),
            sent_at=entry.get("time"),
            received_at=self.received_at,
        )
        yield from _said(value, field, path, about)

    def _account(self, field: str, change: JsonObject, path: str, entry: JsonObject) -> Finding:
        account = identifier(entry.get("id"))
        if account is None:
            return Problem("wrong-shape", path)
        try:
            return account_entry(account, entry.get("time"), field, change, self.received_at)
        except Unreadable as problem:
            return Problem(problem.reason, path)


def _said(value: JsonObject, field: str, path: str, about: Change) -> Iterator[Finding]:
    said = [(name, make) for name, make in _PARTS[field] if value.get(name)]
    if not said:
        yield Problem("nothing-said", path)
    for name, make in said:
        yield from _all(value, name, path, about, make)


def _all(
    value: JsonObject,
    name: str,
    path: str,
    about: Change,
    make: _Make,
) -> Iterator[Finding]:
    def visit(item: JsonObject, at: str) -> Iterator[Finding]:
        try:
            yield make(item, about)
        except Unreadable as problem:
            yield Problem(problem.reason, at + problem.path)

    return _each(value.get(name), f"{path}.{name}", visit)


def _each(items: object, path: str, visit: _Visit) -> Iterator[Finding]:
    """Visit the objects of a list; what is no list, no object, or empty, is a problem."""
    if not isinstance(items, list):
        yield Problem("wrong-shape", path)
    elif not items:
        yield Problem("nothing-said", path)
    else:
        for index, item in enumerate(items):
            at = f"{path}[{index}]"
            if isinstance(item, dict):
                yield from visit(item, at)
            else:
                yield Problem("wrong-shape", at)
