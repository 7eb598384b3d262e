"""The published shape of every message: one JSON Schema per type and version, and one AsyncAPI."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from domain.commands import COMMANDS
from domain.events import EVENTS
from domain.topics import ALL, SESSION_COMMANDS, SESSION_EVENTS, Topic

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def files() -> Iterator[tuple[str, str]]:
    """Yield every generated file as (path, text)."""
    for kind, types in (("commands", COMMANDS), ("events", EVENTS)):
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
    }


def _channel(topic: Topic) -> Mapping[str, Any]:
    carried = {
        SESSION_COMMANDS.name: ("commands", COMMANDS),
        SESSION_EVENTS.name: ("events", EVENTS),
    }
    folder, types = carried.get(topic.name, ("", {}))
    return {
        "address": topic.name,
        "description": f"Written by {topic.writer}. Key: {topic.key}.",
        "messages": {
            name: {"name": name, "payload": {"$ref": f"./{folder}/{name}.json"}} for name in types
        },
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


def _operation(topic: Topic) -> Mapping[str, Any]:
    pointer = topic.name.replace("~", "~0").replace("/", "~1")
    return {"action": "send", "channel": {"$ref": f"#/channels/{pointer}"}}


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
