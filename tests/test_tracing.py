"""The trace of one message, from webhook to CRM, S3 and back, as a collector would get it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

from demo.conversation import CLAIM, SendsPhoto
from demo.events import Published, Reader
from demo.person import Person
from devstack.services import SERVICES, module_of
from devstack.stack import Stack
from domain.values import message_id
from streaming.traced import Traced
from telemetry.receiver import receiving
from telemetry.reference import TELLERS
from telemetry.spans import Exported, Linked, read
from watching import Meet, events_until, of, of_person, until

pytestmark = pytest.mark.system

Node: TypeAlias = tuple[str, str, str, list["Node"]]
"""Service, name and kind of a span, and what is below it."""

PROCESS_COMMANDS, SEND_COMMANDS = "process session-commands", "send session-commands"
PROCESS_EVENTS, SEND_EVENTS = "process session-events", "send session-events"
GRAPH = "POST /{version}/{phone_number_id}/messages"


@pytest.fixture(scope="module")
def file(whole_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where every service exports its spans to for as long as the tests of this module run."""
    spans = tmp_path_factory.mktemp("traces") / "spans.jsonl"
    site = whole_stack.site
    with receiving(spans) as address:
        _restart(Stack(site.root, site.run, variables=_exporting_to(address)))
        yield spans
        _restart(whole_stack)


def _exporting_to(address: str) -> dict[str, dict[str, str]]:
    at_once = {"OTEL_BSP_SCHEDULE_DELAY": "200"}
    return {
        name: {f"{module_of(name).upper()}_OTLP_ENDPOINT": address, **at_once} for name in SERVICES
    }


def _restart(stack: Stack) -> None:
    stack.stop(*SERVICES)
    stack.start(*SERVICES)


async def test_the_trace_of_one_message_leads_from_the_webhook_to_the_call_of_the_crm(
    file: Path, meet: Meet, events: Reader
) -> None:
    person = meet()
    await person.introduce("Xanthippe Ypsilon")
    wamid = await person.write("hello, my secret is qwxyz")
    seen = await events_until(
        events,
        lambda seen: {"crm.notified.v1", "reply.sent.v1"} <= set(_types(seen, person)),
        "a reply sent and the CRM told",
    )
    own = of_person(seen, person)
    (received,) = of(own, "message.received.v1")
    assert received.data["message_id"] == str(message_id(wamid))
    origin = received.traceparent or ""

    spans = await _spans_until(file, origin, lambda spans: _count(spans, PROCESS_COMMANDS) == 4)

    told = [_told_of("sender", GRAPH), *[_told_of("crm-notifier", "POST")] * 2]
    assert _shape(spans) == [
        _node("ingress", "POST /webhook", "SERVER", _sent("ingress", sorted(told)))
    ]
    (taken,) = _below(spans, _one(spans, "ingress", SEND_COMMANDS))
    assert taken.span_id == origin[36:52], "events come from the span of their command"
    heard = [span for span in spans if span.name == PROCESS_EVENTS]
    types = {event.id: event.type for event in own if event.traceparent == origin}
    assert sorted(types[span.attributes["messaging.message.id"]] for span in heard) == [
        "contact.identified.v1",
        "reply.requested.v1",
        "session.initiated.v1",
    ]
    calls = {span.name: span for span in spans if span.kind == "CLIENT"}
    told_by = {name: call.attributes["http.response.status_code"] for name, call in calls.items()}
    assert told_by == {GRAPH: 200, "POST": 204}
    await _belongs_to_a_batch_and_to_a_transaction(file, taken)
    _holds_to_the_page(read(file))
    _says_nothing_of(file, person.wa_id, "Xanthippe", "Ypsilon", "qwxyz", wamid)


async def test_the_trace_of_a_photo_leads_to_the_graph_api_and_into_the_bucket(
    file: Path, meet: Meet, events: Reader
) -> None:
    person = meet()
    await person.introduce("Xanthippe Ypsilon")
    for act in CLAIM[: CLAIM.index(SendsPhoto())]:
        await act.do(person)
        await person.next_reply()
    await SendsPhoto("the-leak-at-home.jpg").do(person)
    seen = await events_until(
        events, lambda seen: "file.stored.v1" in _types(seen, person), "the photo stored"
    )
    (uploaded,) = of(of_person(seen, person), "file.uploaded.v1")
    origin = uploaded.traceparent or ""

    spans = await _spans_until(
        file, origin, lambda spans: any(one.service == "file-manager" for one in _done(spans))
    )

    kept = _one(spans, "file-manager", PROCESS_EVENTS)
    assert (kept.parent_id, kept.attributes["messaging.message.id"]) == (origin[36:52], uploaded.id)
    below = _below(spans, kept)
    assert [(span.name, span.kind, span.status) for span in below] == [
        ("S3/ListObjectsV2", "CLIENT", "UNSET"),
        ("GET /{version}/{media_id}", "CLIENT", "UNSET"),
        ("GET", "CLIENT", "UNSET"),
        ("S3/PutObject", "CLIENT", "UNSET"),
        ("S3/PutObject", "CLIENT", "UNSET"),
        (SEND_COMMANDS, "PRODUCER", "UNSET"),
    ]
    assert [span.attributes.get("http.response.status_code") for span in below] == [
        *[200, 200, 200, 200, 200, None]
    ]
    entry, photo = (one.attributes["aws.s3.key"] for one in below[3:5])
    assert entry.startswith("index/contacts/")
    assert entry.endswith(f"/{photo}")
    assert uploaded.data["file_id"] in photo
    _holds_to_the_page(read(file))
    _says_nothing_of(file, person.wa_id, "the-leak-at-home", "under the sink", "Pérez", "ab-123456")


def _node(service: str, name: str, kind: str, *below: Node) -> Node:
    return service, name, kind, list(below)


def _sent(service: str, then: Iterable[Node] = ()) -> Node:
    """A command that a service sends, and session-core's part in it."""
    taken = _node("session-core", PROCESS_COMMANDS, "CONSUMER", *then)
    return _node(service, SEND_COMMANDS, "PRODUCER", taken)


def _told_of(service: str, call: str) -> Node:
    """An event that a service hears of, calls somebody for, and tells session-core of."""
    called = _node(service, call, "CLIENT")
    return _node(service, PROCESS_EVENTS, "CONSUMER", called, _sent(service))


def _shape(spans: Sequence[Exported], parent: str = "") -> list[Node]:
    here = [span for span in spans if span.parent_id == parent]
    return sorted(
        (span.service, span.name, span.kind, _shape(spans, span.span_id)) for span in here
    )


def _types(seen: list[Published], person: Person) -> list[str]:
    return [event.type for event in of_person(seen, person)]


async def _spans_until(
    file: Path, traceparent: str, enough: Callable[[list[Exported]], bool]
) -> list[Exported]:
    """Return the spans of a trace, by begin, once they are enough and no more are coming."""

    async def look() -> list[Exported] | None:
        spans = [span for span in read(file) if span.trace_id == traceparent[3:35]]
        known = {span.span_id for span in spans} | {""}
        is_whole = all(span.parent_id in known for span in spans)
        return sorted(spans, key=lambda one: one.begin) if is_whole and enough(spans) else None

    return await until(look, "the spans of the trace")


async def _belongs_to_a_batch_and_to_a_transaction(file: Path, taken: Exported) -> None:
    """Hold what many messages share against what links it to this one."""
    (back,) = taken.links
    here = {"messaging.message.id": taken.attributes["messaging.message.id"]}

    async def look() -> tuple[Exported, list[Exported], Exported] | None:
        spans = read(file)
        batch = [span for span in spans if span.span_id == back.span_id]
        shared = [span for span in spans if span.trace_id == back.trace_id]
        sent = [span for span in spans if Linked(taken.trace_id, taken.span_id) in span.links]
        sent = [span for span in sent if span.name == SEND_EVENTS]
        return (batch[0], shared, sent[0]) if batch and sent else None

    batch, shared, sent = await until(look, "the batch and the transaction")
    assert (batch.name, batch.kind, batch.parent_id) == (PROCESS_COMMANDS, "CONSUMER", "")
    assert batch.trace_id != taken.trace_id
    (link,) = [one for one in batch.links if one.trace_id == taken.trace_id]
    assert link.span_id == taken.parent_id
    assert link.attributes.items() >= here.items()
    assert batch.attributes["messaging.batch.message_count"] >= 1
    below = [(span.name, span.kind) for span in _below(shared, batch)]
    assert below[-1] == ("append event", "CLIENT")
    assert set(below[:-1]) <= {("load event", "CLIENT")}
    appended = _one(shared, "session-core", "append event")
    assert appended.attributes["db.operation.batch.size"] >= 3
    assert (sent.service, sent.kind, sent.parent_id) == ("session-core", "CLIENT", "")


def _holds_to_the_page(spans: Iterable[Exported]) -> None:
    """Let no span be, and say, anything that docs/reference/telemetry.md does not list."""
    for span in spans:
        listed = [one for one in _listed(span.service) if _is(span, one)]
        assert listed, f"{span.service}: {span.name} ({span.kind}) is not on the page"
        allowed = {"error.type", *(name for one in listed for name in one.attributes)}
        assert set(span.attributes) <= allowed, span.name
        assert span.beside == ""
        assert set(span.resource) == {
            *("service.name", "service.namespace", "service.instance.id"),
            *("telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"),
        }


def _listed(service: str) -> list[Traced]:
    told = [teller for teller in TELLERS if teller.name in {"Every service", service}]
    return [span for teller in told for span in teller.spans]


def _is(span: Exported, one: Traced) -> bool:
    name = one.named(span.attributes.get("messaging.destination.name", ""))
    return (span.name, span.kind) == (name, one.kind.name)


def _says_nothing_of(file: Path, *personal: str) -> None:
    exported = file.read_text()
    assert [one for one in personal if one in exported] == []


def _count(spans: Iterable[Exported], name: str) -> int:
    return sum(span.name == name for span in spans)


def _done(spans: Iterable[Exported]) -> list[Exported]:
    return [span for span in spans if span.name == SEND_COMMANDS]


def _one(spans: Iterable[Exported], service: str, name: str) -> Exported:
    (found,) = [span for span in spans if (span.service, span.name) == (service, name)]
    return found


def _below(spans: Iterable[Exported], parent: Exported) -> list[Exported]:
    below = [span for span in spans if span.parent_id == parent.span_id]
    return sorted(below, key=lambda one: one.begin)
