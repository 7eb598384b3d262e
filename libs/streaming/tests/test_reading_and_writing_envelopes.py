"""Binary mode out, both modes in, and agreement with the reference implementation."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as ReferenceEvent
from hypothesis import given
from hypothesis import strategies as st

from streaming.cloudevents import (
    STRUCTURED,
    CloudEvent,
    InvalidCloudEvent,
    decode,
    encode,
    encode_structured,
)

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
VALID = {
    "content-type": b"application/json",
    "ce_specversion": b"1.0",
    "ce_id": b"1",
    "ce_type": b"message.received.v1",
    "ce_source": b"/session-core",
    "ce_time": b"2026-11-23T10:00:00Z",
}
texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40)
numbers = st.none() | st.integers(0, 10**17)
times = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 hypothesis adds the zone
    max_value=datetime(2999, 1, 1),  # noqa: DTZ001 the same
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
events = st.builds(
    CloudEvent,
    id=texts,
    type=texts,
    source=texts,
    time=times,
    data=st.dictionaries(texts, json_values, max_size=4).map(
        lambda data: json.dumps(data).encode()
    ),
    subject=st.none() | texts,
    correlation_id=st.none() | texts,
    causation_id=st.none() | texts,
    traceparent=st.none() | st.just(TRACEPARENT),
    stream_version=numbers,
    sequence=numbers,
)


def headers_of(**changes: bytes | None) -> list[tuple[str, bytes]]:
    given_headers = {
        **VALID,
        **{name.replace("content_type", "content-type"): value for name, value in changes.items()},
    }
    return [(name, value) for name, value in given_headers.items() if value is not None]


@given(events)
def test_what_was_written_is_read_back_unchanged(event: CloudEvent) -> None:
    assert decode(event.data, encode(event)) == event


@given(events)
def test_the_reference_implementation_reads_what_we_write(event: CloudEvent) -> None:
    headers = {name: value for name, value in encode(event) if name != "traceparent"}
    read = from_binary(KafkaMessage(headers=headers, key=None, value=event.data), JSONFormat())

    assert (read.get_id(), read.get_type(), read.get_source()) == (
        event.id,
        event.type,
        event.source,
    )
    assert (read.get_time(), read.get_subject()) == (event.time, event.subject)
    assert read.get_datacontenttype() == "application/json"
    assert read.get_data() == json.loads(event.data)
    assert read.get_extension("correlationid") == event.correlation_id
    assert read.get_extension("causationid") == event.causation_id
    sequence = read.get_extension("sequence")
    assert sequence == (None if event.sequence is None else str(event.sequence))


@pytest.mark.parametrize("write", [to_binary, to_structured])
@given(event=events)
def test_we_read_what_the_reference_implementation_writes_in_both_modes(
    write: Any, event: CloudEvent
) -> None:
    message = write(reference(event), JSONFormat())
    read = decode(message.value, list(message.headers.items()))

    assert (read.id, read.type, read.source) == (event.id, event.type, event.source)
    assert (read.time, read.subject, read.sequence) == (event.time, event.subject, event.sequence)
    assert (read.correlation_id, read.causation_id) == (event.correlation_id, event.causation_id)
    assert json.loads(read.data) == json.loads(event.data)


def reference(event: CloudEvent) -> ReferenceEvent:
    attributes: dict[str, Any] = {
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "time": event.time,
        "datacontenttype": "application/json",
        "specversion": "1.0",
    }
    optional = {
        "subject": event.subject,
        "correlationid": event.correlation_id,
        "causationid": event.causation_id,
        "sequence": None if event.sequence is None else str(event.sequence),
    }
    attributes |= {name: value for name, value in optional.items() if value is not None}
    return ReferenceEvent(attributes, json.loads(event.data))


def test_structured_data_keeps_the_bytes_its_author_wrote() -> None:
    written = (
        b'{"id":"1", "specversion":"1.0", "type":"t", "source":"s", "time":"2026-11-23T10:00:00Z",'
        b' "sequence": 7, "data" : {"amount": 1.10, "big": 12345678901234567890123} , "x": [1, 2]}'
    )

    event = decode(written, [("Content-Type", b"application/cloudevents+json; charset=UTF-8")])

    assert event.data == b'{"amount": 1.10, "big": 12345678901234567890123}'
    assert event.sequence == 7


def test_structured_data_may_come_as_base64() -> None:
    written = (
        b'{"id":"1","specversion":"1.0","type":"t","source":"s","time":"2026-11-23T10:00:00Z",'
        b'"data_base64":"eyJhIjoxfQ=="}'
    )

    assert decode(written, [("content-type", b"application/cloudevents+json")]).data == b'{"a":1}'


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ce_id": None}, "id is missing"),
        ({"ce_id": b""}, "id is missing"),
        ({"ce_type": None}, "type is missing"),
        ({"ce_source": None}, "source is missing"),
        ({"ce_time": None}, "time is missing"),
        ({"ce_time": b"yesterday"}, "time is not RFC 3339"),
        ({"ce_time": b"2026-11-23T10:00:00"}, "time has no zone"),
        ({"ce_time": b"9999-12-31T23:59:59-14:00"}, "time is beyond all calendars"),
        ({"ce_time": b"0001-01-01T00:00:00+14:00"}, "time is beyond all calendars"),
        ({"ce_specversion": b"0.3"}, "specversion is not 1.0"),
        ({"ce_specversion": None}, "specversion is not 1.0"),
        ({"ce_subject": b"\xff\xfe"}, "header ce_subject is not UTF-8"),
        ({"ce_sequence": b"-1"}, "sequence is not a whole number"),
        ({"ce_streamversion": b"9" * 5000}, "streamversion is not a whole number"),
        ({"content_type": b"application/avro"}, "the data is not JSON"),
        (
            {"content_type": b"application/cloudevents-batch+json"},
            "the structured format is not JSON",
        ),
    ],
    ids=str,
)
def test_an_unreadable_envelope_is_refused_by_name(
    change: dict[str, bytes | None], told: str
) -> None:
    with pytest.raises(InvalidCloudEvent, match=told):
        decode(b"{}", headers_of(**change))


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"id": NaN}', b"{}", b'{"id":"1"}'],
    ids=lambda value: repr(value[:12]),
)
def test_broken_structured_events_are_refused(value: bytes) -> None:
    with pytest.raises(InvalidCloudEvent):
        decode(value, [("content-type", b"application/cloudevents+json")])


def test_a_tombstone_is_no_event() -> None:
    with pytest.raises(InvalidCloudEvent, match="the value is null"):
        decode(None, headers_of())


def test_headers_we_do_not_read_may_hold_any_bytes() -> None:
    headers = [*headers_of(traceparent=b"\xff"), ("x-legacy", b"\xff\xfe")]

    assert decode(b"{}", headers).traceparent is None


@pytest.mark.parametrize("broken", [b"00-0af7\x00", b"\x00", b"00\n", b""])
def test_a_trace_that_cannot_be_one_is_no_reason_to_refuse_a_record(broken: bytes) -> None:
    assert decode(b"{}", headers_of(traceparent=broken)).traceparent is None


@given(
    st.none() | st.binary(max_size=60),
    st.lists(st.tuples(st.sampled_from([*VALID, "x"]), st.binary())),
)
def test_no_bytes_whatsoever_make_the_reader_fail_otherwise(
    value: bytes | None, noise: list[tuple[str, bytes]]
) -> None:
    for headers in (
        noise,
        [*VALID.items(), *noise],
        [("content-type", b"application/cloudevents+json")],
    ):
        try:
            decode(value, headers)
        except InvalidCloudEvent as refused:
            assert len(str(refused)) < 60  # noqa: PT017 either outcome is right, a third is not


def test_a_refusal_never_quotes_the_payload() -> None:
    with pytest.raises(InvalidCloudEvent) as refused:
        decode(b'{"id": "Anna Schmidt', [("content-type", b"application/cloudevents+json")])

    assert "Anna" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_time_without_zone_cannot_be_written() -> None:
    event = CloudEvent(id="1", type="t", source="s", time=datetime(2026, 1, 1), data=b"{}")  # noqa: DTZ001 the point

    with pytest.raises(ValueError, match="needs a zone"):
        encode(event)


@given(events)
def test_an_event_kept_in_one_piece_is_the_same_event_with_the_same_bytes(
    event: CloudEvent,
) -> None:
    assert decode(encode_structured(event), STRUCTURED) == event


@given(events)
def test_the_reference_implementation_reads_what_is_kept_in_one_piece(event: CloudEvent) -> None:
    read = JSONFormat().read(ReferenceEvent, encode_structured(event))

    assert read.get_id() == event.id
    assert read.get_data() == json.loads(event.data)
