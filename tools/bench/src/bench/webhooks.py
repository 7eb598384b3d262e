"""Webhooks as Meta posts them: signed, one update or many in each."""

import hashlib
import hmac
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bench.claim import NUMBER, wa_id_of

SECRET = "the-app-secret"  # noqa: S105 known to both sides of a bench
MOST_UPDATES = 50
_STATUSES = ("sent", "delivered", "read")
_MESSAGE_EVERY = 11
"""Of 3,300 updates 3,000 are statuses and 300 messages, as Meta counts (throughput)."""
_WORDS = "Hello, my car was hit on the way home. Could you tell me what I have to do now? 🚗"
_HEAD = (
    "POST /webhook HTTP/1.1\r\nHost: ingress.example\r\nUser-Agent: facebookexternalua\r\n"
    "Accept: */*\r\nAccept-Encoding: deflate, gzip\r\nContent-Type: application/json\r\n"
    "Content-Length: {length}\r\nX-Hub-Signature: sha1={sha1}\r\n"
    "X-Hub-Signature-256: sha256={sha256}\r\n\r\n"
)


def requests(bodies: Sequence[bytes]) -> list[bytes]:
    """Give the whole HTTP request of each body."""
    return [_request(body) for body in bodies]


def messages(count: int, *, first: int = 0) -> list[bytes]:
    """Give bodies with one text message each, of so many people."""
    return [_body([_change([_message(number)], [])]) for number in range(first, first + count)]


class Post(NamedTuple):
    """A body, and how many updates it holds."""

    body: bytes
    updates: int


def posts(count: int, sizes: Iterator[int], *, first: int = 0) -> Iterator[Post]:
    """Give bodies that hold `count` updates in all, as many in each as `sizes` says."""
    number, end = first, first + count
    while number < end:
        upto = min(number + next(sizes), end)
        ours = range(number, upto)
        said = [_message(one) for one in ours if one % _MESSAGE_EVERY == 0]
        got = [_status(one) for one in ours if one % _MESSAGE_EVERY]
        yield Post(_body([_change(said, got)]), upto - number)
        number = upto


def sizes_of_posts(seed: int = 1) -> Iterator[int]:
    """Give numbers of updates from 1 to 50, mean 10: mostly few, sometimes many."""
    dice = random.Random(seed)  # noqa: S311 the same for everybody who measures
    while True:
        yield min(MOST_UPDATES, max(1, round(dice.expovariate(1 / _SCALE) + 0.5)))


_SCALE = 9.5
"""Of the exponential: what is cut off above 50 and rounded below leaves a mean of 10."""


def _request(body: bytes) -> bytes:
    head = _HEAD.format(
        length=len(body),
        sha1=hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest(),
        sha256=hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    )
    return head.encode() + body


def _body(changes: list[dict[str, Any]]) -> bytes:
    entry = {"id": "102290129340398", "changes": changes}
    webhook = {"object": "whatsapp_business_account", "entry": [entry]}
    return json.dumps(webhook, separators=(",", ":")).replace("/", "\\/").encode()


def _change(said: list[dict[str, Any]], got: list[dict[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
    }
    if said:
        value["contacts"] = [
            {"profile": {"name": "Ada Lovelace"}, "wa_id": one["from"]} for one in said
        ]
        value["messages"] = said
    if got:
        value["statuses"] = got
    return {"value": value, "field": "messages"}


def _message(number: int) -> dict[str, Any]:
    return {
        "from": wa_id_of(number),
        "id": f"wamid.HBgNNDkxNTIyMjM2MzM3NRUCABIYIDQ{number:016X}==",
        "timestamp": "1795435100",
        "text": {"body": _WORDS},
        "type": "text",
    }


def _status(number: int) -> dict[str, Any]:
    return {
        "id": f"wamid.HBgNNDkxNTIyMjM2MzM3NRUCABEYEjQ{number // 3:016X}==",
        "status": _STATUSES[number % len(_STATUSES)],
        "timestamp": "1795435100",
        "recipient_id": wa_id_of(number // 3),
        "biz_opaque_callback_data": f"00000000-0000-5000-8000-{number // 3:012x}",
        "conversation": {"id": f"{number // 3:032x}", "origin": {"type": "service"}},
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "service"},
    }
