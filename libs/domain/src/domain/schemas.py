"""The published shape of every message: one JSON Schema per type and version, and one AsyncAPI."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from domain import account_updates
from domain.commands import COMMANDS
from domain.events import EVENTS
from domain.topics import ACCOUNT_UPDATES, ALL, SESSION_COMMANDS, SESSION_EVENTS, Topic

_ENVELOPE = {
    "ce_specversion": "1.0",
    "ce_id": "Names the message; a repeat has the same.",
    "ce_source": "The service that wrote it.",
    "ce_type": "Names the payload, as `<noun>.<verb>.v<n>`.",
    "ce_time": "RFC 3339, UTC.",
    "content-type": "application/json",
    "ce_subject": "The stream: session id, or contact id for `contact.*`.",
    "ce_correlationid": "The same for all that one webhook or order led to.",
    "ce_causationid": "The `ce_id` of what led to it.",
    "traceparent": "W3C Trace Context.",
}
_OPTIONAL = frozenset({"ce_subject", "ce_correlationid", "ce_causationid", "traceparent"})
_OF_EVENTS = {
    "ce_streamversion": "The number of the event within its stream, from 1.",
    "ce_sequence": "The number of the event within its partition, dense from 1.",
}

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def files() -> Iterator[tuple[str, str]]:
    """Yield every generated file as (path, text)."""
    news = account_updates.ACCOUNT_UPDATES
    for kind, types in (("commands", COMMANDS), ("events", EVENTS), ("account-updates", news)):
        for name, model in types.items():
            schema = {"$schema": DIALECT, "$id": name, **model.model_json_schema()}
            yield f"{kind}/{name}.json", _text(schema)
    yield "asyncapi.json", _text(asyncapi())


def asyncapi() -> Mapping[str, Any]:
    """Return the AsyncAPI 3.0 document of all topics."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "WhatsApp Agent",
            "version": "1",
            "description": "CloudEvents 1.0 in binary mode; the header ce_type names the message.",
        },
        "channels": {topic.name: _channel(topic) for topic in ALL},
        "operations": {f"write-{topic.name}": _operation(topic) for topic in ALL},
        "components": {
            "schemas": {
                "commandHeaders": _headers(_ENVELOPE),
                "eventHeaders": _headers({**_ENVELOPE, **_OF_EVENTS}, also=("ce_subject",)),
            }
        },
    }


def _channel(topic: Topic) -> Mapping[str, Any]:
    carried = {
        SESSION_COMMANDS.name: ("command", "commands", COMMANDS),
        SESSION_EVENTS.name: ("event", "events", EVENTS),
        ACCOUNT_UPDATES.name: ("command", "account-updates", account_updates.ACCOUNT_UPDATES),
    }
    kind, folder, types = carried.get(topic.name, ("", "", {}))
    return {
        "address": topic.name,
        "description": f"Written by {topic.writer}. Key: {topic.key}.",
        "messages": {name: _message(kind, folder, name) for name in types},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": list(topic.cleanup),
                    "max.message.bytes": topic.max_message_bytes,
                    **(
                        {"retention.ms": int(topic.retention.total_seconds() * 1000)}
                        if topic.retention
                        else {}
                    ),
                },
            }
        },
    }


def _message(kind: str, folder: str, name: str) -> Mapping[str, Any]:
    return {
        "name": name,
        "contentType": "application/json",
        "headers": {"$ref": f"#/components/schemas/{kind}Headers"},
        "payload": {"$ref": f"./{folder}/{name}.json"},
    }


def _headers(said: Mapping[str, str], also: Collection[str] = ()) -> Mapping[str, Any]:
    """Describe headers, which Kafka carries as UTF-8."""
    required = [name for name in said if name not in _OPTIONAL or name in also]
    properties = {name: {"type": "string", "description": what} for name, what in said.items()}
    return {"type": "object", "required": required, "properties": properties}


def _operation(topic: Topic) -> Mapping[str, Any]:
    pointer = topic.name.replace("~", "~0").replace("/", "~1")
    return {"action": "send", "channel": {"$ref": f"#/channels/{pointer}"}}


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
