"""The envelope on the wire: CloudEvents 1.0 on Kafka, written binary, read in both modes."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, NoReturn, TypeAlias

from pydantic import TypeAdapter

Headers: TypeAlias = Sequence[tuple[str, bytes]]

_SPECVERSION = ("ce_specversion", b"1.0")
_CONTENT_TYPE = ("content-type", b"application/json")
_STRUCTURED = "application/cloudevents"
STRUCTURED = (("content-type", b"application/cloudevents+json"),)
"""The headers of a record in structured mode, as far as they are needed to read it."""
_JSON_TYPE = re.compile(r"(application|text)/([\w.-]+\+)?json\s*(;.*)?", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,18}")
_BETWEEN = re.compile(r"[ \t\n\r,:]*")
_quoted = TypeAdapter(datetime).serializer.to_json
"""In half the time that `isoformat` takes."""

_KNOWN = (
    "specversion",
    "id",
    "type",
    "source",
    "time",
    "subject",
    "correlationid",
    "causationid",
    "streamversion",
    "sequence",
    "traceparent",
    "datacontenttype",
)
"""Attributes that are read; others may be there."""
_HEADERS = tuple(f"ce_{name}" for name in _KNOWN)
_READ = frozenset((*_HEADERS, "content-type", "traceparent"))


class InvalidCloudEvent(ValueError):
    """The record is no CloudEvent we can read; the message names the attribute, no content."""


class CloudEvent(NamedTuple):
    """One event or command with its envelope. `data` is JSON bytes exactly as on the wire.

    `data` is not parsed here: whether it is the JSON of its `type` is for the reader to say.
    """

    id: str
    type: str
    source: str
    time: datetime
    data: bytes
    subject: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None
    stream_version: int | None = None
    sequence: int | None = None


def encode(event: CloudEvent) -> list[tuple[str, bytes]]:
    """Give the headers of binary mode; the value of the record is `event.data`.

    Raises ValueError for a time without zone: such a time means nothing to its reader.
    """
    headers = [
        *shared_headers(
            source=event.source,
            time=event.time,
            correlation_id=event.correlation_id,
            causation_id=event.causation_id,
            traceparent=event.traceparent,
        ),
        ("ce_id", event.id.encode()),
        ("ce_type", event.type.encode()),
    ]
    if event.subject is not None:
        headers.append(("ce_subject", event.subject.encode()))
    if event.stream_version is not None:
        headers.append(("ce_streamversion", b"%d" % event.stream_version))
    if event.sequence is not None:
        headers.append(("ce_sequence", b"%d" % event.sequence))
    return headers


def encode_structured(event: CloudEvent) -> bytes:
    """Give the one JSON of structured mode (`STRUCTURED`), with the data as it is written.

    Raises ValueError as `encode` does. The data must be JSON.
    """
    known: dict[str, str | int | None] = {
        "specversion": "1.0",
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "time": _rfc3339(event.time).decode(),
        "subject": event.subject,
        "correlationid": event.correlation_id,
        "causationid": event.causation_id,
        "streamversion": event.stream_version,
        "sequence": event.sequence,
        "traceparent": event.traceparent,
        "datacontenttype": "application/json",
    }
    given = {name: content for name, content in known.items() if content is not None}
    return json.dumps(given).encode()[:-1] + b', "data": ' + event.data + b"}"


def shared_headers(
    *,
    source: str,
    time: datetime,
    correlation_id: str | None,
    causation_id: str | None,
    traceparent: str | None,
) -> list[tuple[str, bytes]]:
    """Give the headers that are the same for all events of one cause. Raises as `encode`."""
    headers = [
        _SPECVERSION,
        _CONTENT_TYPE,
        ("ce_source", source.encode()),
        ("ce_time", _rfc3339(time)),
    ]
    if correlation_id is not None:
        headers.append(("ce_correlationid", correlation_id.encode()))
    if causation_id is not None:
        headers.append(("ce_causationid", causation_id.encode()))
    if traceparent is not None:
        headers.append(("traceparent", traceparent.encode()))
    return headers


def decode(value: bytes | None, headers: Headers) -> CloudEvent:
    """Read a record of either mode. Raises InvalidCloudEvent for anything unreadable."""
    if value is None:
        raise InvalidCloudEvent("the value is null")
    given = _known(headers)
    media_type = (_text(given, "content-type") or "application/json").lower()
    if media_type.startswith(_STRUCTURED):
        return _structured(value, given, media_type)
    _require_json(media_type)
    return _event(_attributes(given), value, _traceparent(given))


def _known(headers: Headers) -> dict[str, bytes]:
    """Give what is read of the headers, in whatever letters their names are written."""
    given = dict(headers)
    if _READ.issuperset(given):
        return given
    lowered = {name.lower(): content for name, content in headers}
    return {name: content for name, content in lowered.items() if name in _READ}


def _attributes(given: Mapping[str, bytes]) -> dict[str, str]:
    try:
        return {
            name: content.decode()
            for name, content in given.items()
            if name != "traceparent" and content is not None
        }
    except UnicodeDecodeError:
        unreadable = next(name for name in _HEADERS if not _is_text(given.get(name)))
        raise InvalidCloudEvent(f"header {unreadable} is not UTF-8") from None


def _is_text(content: bytes | None) -> bool:
    try:
        (content or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _structured(value: bytes, given: Mapping[str, bytes], media_type: str) -> CloudEvent:
    if media_type.partition(";")[0].strip() != _STRUCTURED + "+json":
        raise InvalidCloudEvent("the structured format is not JSON")
    members, written = _parse(value)
    attributes = {
        f"ce_{name}": text
        for name in _KNOWN
        if (text := _attribute(name, members.get(name))) is not None
    }
    _require_json(attributes.get("ce_datacontenttype", "application/json").lower())
    traceparent = _traceparent(given) or _traced(attributes.get("ce_traceparent"))
    return _event(attributes, _data(members, written), traceparent)


def _event(attributes: Mapping[str, str], data: bytes, traceparent: str | None) -> CloudEvent:
    if attributes.get("ce_specversion") != "1.0":
        raise InvalidCloudEvent("specversion is not 1.0")
    return CloudEvent(
        _required(attributes, "ce_id"),
        _required(attributes, "ce_type"),
        _required(attributes, "ce_source"),
        _time(_required(attributes, "ce_time")),
        data,
        attributes.get("ce_subject"),
        attributes.get("ce_correlationid"),
        attributes.get("ce_causationid"),
        traceparent,
        _integer(attributes, "ce_streamversion"),
        _integer(attributes, "ce_sequence"),
    )


def _required(attributes: Mapping[str, str], name: str) -> str:
    content = attributes.get(name)
    if not content:
        raise InvalidCloudEvent(f"{name.removeprefix('ce_')} is missing")
    return content


def _integer(attributes: Mapping[str, str], name: str) -> int | None:
    content = attributes.get(name)
    if content is None:
        return None
    if not _INTEGER.fullmatch(content):
        raise InvalidCloudEvent(f"{name.removeprefix('ce_')} is not a whole number")
    return int(content)


def _text(given: Mapping[str, bytes], name: str) -> str | None:
    content = given.get(name)
    if content is None:  # absent, or a header that Kafka carries without a value
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise InvalidCloudEvent(f"header {name} is not UTF-8") from None


def _traceparent(given: Mapping[str, bytes]) -> str | None:
    """Read leniently: W3C Trace Context restarts a broken trace, it does not refuse the message."""
    content = given.get("traceparent")
    return _traced(content.decode()) if content and content.isascii() else None


def _traced(content: str | None) -> str | None:
    """Take what may be one: a NUL, for instance, is no text for PostgreSQL."""
    return content if content and content.isascii() and content.isprintable() else None


def _require_json(media_type: str) -> None:
    if media_type != "application/json" and not _JSON_TYPE.fullmatch(media_type):
        raise InvalidCloudEvent("the data is not JSON")


def _rfc3339(time: datetime) -> bytes:
    if time.tzinfo is None:
        raise ValueError("the time of an event needs a zone")
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return _quoted(time)[1:-1]


def _time(content: str) -> datetime:
    try:
        time = datetime.fromisoformat(content.upper())
    except ValueError:
        raise InvalidCloudEvent("time is not RFC 3339") from None
    if time.tzinfo is None:
        raise InvalidCloudEvent("time has no zone")
    try:
        return time if time.tzinfo is UTC else time.astimezone(UTC)
    except OverflowError:
        raise InvalidCloudEvent("time is beyond all calendars") from None


def _attribute(name: str, content: object) -> str | None:
    match content:
        case bool():
            return "true" if content else "false"
        case int():
            return str(content)
        case None | str():
            _refuse_surrogates(name, content)
            return content
        case _:
            raise InvalidCloudEvent(f"{name} is neither text nor number")


def _refuse_surrogates(name: str, content: str | None) -> None:
    try:
        (content or "").encode()
    except UnicodeEncodeError:
        raise InvalidCloudEvent(f"{name} is not valid Unicode") from None


def _data(members: Mapping[str, Any], written: Mapping[str, str]) -> bytes:
    encoded = members.get("data_base64")
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError:
            raise InvalidCloudEvent("data_base64 is not base64") from None
    if "data" not in written:
        raise InvalidCloudEvent("data is missing")
    return written["data"].encode()


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


_JSON = json.JSONDecoder(parse_constant=_refuse_constant)


def _parse(value: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        text = value.decode()
        members = _JSON.decode(text)
    except (ValueError, RecursionError):
        raise InvalidCloudEvent("the structured event is not JSON") from None
    if not isinstance(members, dict):
        raise InvalidCloudEvent("the structured event is not a JSON object")
    return members, _as_written(text)


def _as_written(text: str) -> dict[str, str]:
    """Give each member's value as its author wrote it; `text` is known to be a JSON object."""
    written = {}
    at = _next(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = _JSON.raw_decode(text, at)
        start = _next(text, at)
        _, end = _JSON.raw_decode(text, start)
        written[name] = text[start:end]
        at = _next(text, end)
    return written


def _next(text: str, at: int) -> int:
    between = _BETWEEN.match(text, at)
    return between.end() if between else at
