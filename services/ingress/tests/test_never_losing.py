"""Whatever is signed is kept: as a command, as account news, or parked. Nothing raises."""

import json
from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.codec import decode_command
from domain.ports.command_log import Entry
from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.use_cases.reading import Reading

Read = Callable[[bytes], Reading]
Make = Callable[..., Any]

NAMES = st.sampled_from(
    [
        *("object", "entry", "id", "time", "changes", "field", "value", "metadata"),
        *("phone_number_id", "messages", "statuses", "errors", "contacts", "user_preferences"),
        *("type", "timestamp", "text", "body", "image", "voice", "location", "latitude"),
        *("interactive", "button_reply", "button", "title", "unsupported", "system", "code"),
        *("from", "from_user_id", "user_id", "wa_id", "recipient_id", "profile", "name"),
    ]
)
WORDS = st.sampled_from(
    [
        *("messages", "user_preferences", "account_update", "calls", "106540352242922"),
        *("text", "image", "interactive", "button", "location", "unsupported", "stop", "read"),
        *("15551234567", "US.1349", "wamid.A", "whatsapp_business_account"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
MESSAGE = st.fixed_dictionaries(
    {"id": SCALARS, "from": SCALARS},
    optional={
        "type": SCALARS,
        "timestamp": JSON,
        "text": JSON,
        "image": JSON,
        "location": JSON,
        "button": JSON,
        "interactive": JSON,
    },
)
STATUS = st.fixed_dictionaries(
    {"id": SCALARS, "status": SCALARS},
    optional={
        "recipient_id": JSON,
        "timestamp": JSON,
        "errors": JSON,
        "biz_opaque_callback_data": JSON,
    },
)


def _finite(value: object) -> bytes:
    return json.dumps(value).replace("NaN", "0").replace("Infinity", "0").encode()


@given(body=st.binary() | JSON.map(_finite))
def test_reading_never_raises_and_always_finds_something(reading: Read, body: bytes) -> None:
    found = reading(body)

    assert found.commands or found.account_updates or found.parked


@settings(max_examples=50)
@given(
    messages=st.lists(MESSAGE | JSON, min_size=1, max_size=3),
    statuses=st.lists(STATUS | JSON, min_size=1, max_size=3),
)
def test_each_message_and_status_is_a_command_or_parked(
    reading: Read, change: Make, messages: list[object], statuses: list[object]
) -> None:
    changes = [change(messages=messages, statuses=statuses, contacts=messages)]
    webhook = {"entry": [{"id": "1", "changes": changes}]}

    found = reading(_finite(webhook))

    assert len(found.commands) + len(found.parked) == len(messages) + len(statuses)
    for entry in found.commands:
        decode_command(entry.type, entry.data)


@given(value=JSON, field=WORDS)
def test_the_same_webhook_always_gives_the_same_ids(
    reading: Read, value: object, field: str
) -> None:
    change = {"field": field, "value": value}
    body = _finite({"entry": [{"id": "1", "time": 1, "changes": [change]}]})

    first, again = reading(body), reading(body)

    assert first == again


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(webhook=JSON)
async def test_signed_json_is_always_answered_and_kept(
    door: httpx.AsyncClient,
    log: MemoryCommandLog,
    signature: Callable[[bytes], str],
    webhook: object,
) -> None:
    body, before = _finite(webhook), len(log.entries)

    headers = {"x-hub-signature-256": signature(body)}
    answer = await door.post("/webhook", content=body, headers=headers)

    kept = log.entries[before:]
    assert answer.status_code == 200
    assert kept
    assert all(isinstance(entry, Entry) or entry.body == body for entry in kept)
