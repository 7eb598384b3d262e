"""Whole webhooks, with a list of what is in them and where."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from meta.messages import MESSAGES
from meta.mischief import FAULTS, spoiled
from meta.statuses import CONTACTS, OTHER_FIELDS, PREFERENCES, STATUSES

NUMBER = "106540352242922"
KINDS = {"messages": MESSAGES, "statuses": STATUSES}


class Item(NamedTuple):
    """A message or a status: its path, and its id if it has one that can be read."""

    path: str
    id: str | None


class Sent(NamedTuple):
    """A body, and what it says."""

    body: bytes
    items: tuple[Item, ...]


class _Part(NamedTuple):
    kind: str
    thing: dict[str, Any]


def _parts(faults: int) -> st.SearchStrategy[list[_Part]]:
    def part(kind: str, shape: dict[str, Any], done: Sequence[Any]) -> _Part:
        return _Part(kind, spoiled(shape, done))

    shapes = [(kind, shape) for kind, several in KINDS.items() for shape in several]
    drawn = st.tuples(st.sampled_from(shapes), st.lists(FAULTS, max_size=faults))
    return st.lists(
        drawn.map(lambda one: part(one[0][0], one[0][1], one[1])), min_size=1, max_size=3
    )


def _webhooks(faults: int, envelope_faults: int) -> st.SearchStrategy[Sent]:
    numbers = st.sampled_from((NUMBER, NUMBER, NUMBER, int(NUMBER), "999", None))
    return st.builds(
        _sent,
        _parts(faults),
        contacts=st.sampled_from((None, *CONTACTS)),
        number=numbers if faults else st.just(NUMBER),
        other=st.none() | st.sampled_from(OTHER_FIELDS),
        envelope=st.lists(FAULTS, max_size=envelope_faults),
        first=st.integers(0, 10**6),
    )


@st.composite
def crowded(draw: st.DrawFn) -> Sent:
    """Up to a thousand updates in one webhook, some of them wrong."""
    parts = draw(_parts(2))
    count = draw(st.integers(100, 1000))
    return _sent([parts[number % len(parts)] for number in range(count)], first=draw(st.just(1)))


def preferences() -> st.SearchStrategy[bytes]:
    """Bodies that say what people prefer."""

    def body(shape: dict[str, Any], faults: Sequence[Any]) -> bytes:
        told = [spoiled(shape, faults)]
        value = {"metadata": {"phone_number_id": NUMBER}, "user_preferences": told}
        return _written([{"field": "user_preferences", "value": value}])

    return st.builds(body, st.sampled_from(PREFERENCES), st.lists(FAULTS, max_size=3))


def _sent(
    parts: Sequence[_Part],
    *,
    contacts: dict[str, Any] | None = None,
    number: Any = NUMBER,
    other: tuple[str, dict[str, Any]] | None = None,
    envelope: Sequence[Any] = (),
    first: int = 0,
) -> Sent:
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": number},
    }
    if contacts is not None:
        value["contacts"] = [contacts]
    for kind in KINDS:
        told = [dict(part.thing) for part in parts if part.kind == kind]
        if told:
            value[kind] = list(_numbered(told, f"{kind[0]}{first}"))
    changes = [{"field": "messages", "value": value}]
    if other is not None:
        changes.append({"field": other[0], "value": other[1]})
    webhook = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    webhook = spoiled(webhook, envelope)
    return Sent(_encoded(webhook), tuple(_items(webhook)))


def _numbered(things: Iterable[dict[str, Any]], name: str) -> Iterator[dict[str, Any]]:
    """Give each an id of its own, unless the id is what is wrong with it."""
    for number, thing in enumerate(things):
        yield {**thing, "id": f"wamid.{name}.{number}"} if thing.get("id") == "wamid.X" else thing


def _items(webhook: Any) -> Iterator[Item]:
    """Find what is still a message or a status, wherever the mischief left the lists whole."""
    for entry_path, entry in _each(webhook, "entry", "$"):
        for change_path, change in _each(entry, "changes", entry_path):
            if not isinstance(change, dict) or change.get("field") != "messages":
                continue
            value = change.get("value")
            for kind in KINDS:
                for path, thing in _each(value, kind, f"{change_path}.value"):
                    yield Item(path, _id(thing))


def _each(holder: Any, name: str, path: str) -> Iterator[tuple[str, Any]]:
    things = holder.get(name) if isinstance(holder, dict) else None
    if isinstance(things, list):
        for index, thing in enumerate(things):
            yield f"{path}.{name}[{index}]", thing


def _id(thing: Any) -> str | None:
    found = thing.get("id") if isinstance(thing, dict) else None
    known = isinstance(found, str | int) and not isinstance(found, bool)
    return str(found) if known and found != "" else None


def _written(changes: Sequence[Any]) -> bytes:
    webhook = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    return _encoded(webhook)


def _encoded(webhook: Any) -> bytes:
    return json.dumps(webhook).replace("/", "\\/").encode()


VALID = _webhooks(0, 0)
"""As documented."""
NEARLY = _webhooks(2, 0)
"""With something wrong in a message or a status."""
HOSTILE_MIX = _webhooks(5, 3)
"""With several things wrong anywhere."""
