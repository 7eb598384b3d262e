from datetime import UTC, datetime

from streaming.answering import answer
from streaming.cloudevents import CloudEvent

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_an_answer_names_its_cause_and_stays_in_its_trace() -> None:
    cause = CloudEvent(
        id="cause",
        type="asked.v1",
        source="asker",
        time=NOON,
        data=b"{}",
        correlation_id="conversation",
        causation_id="something earlier",
        traceparent=TRACE,
    )

    given = answer(
        cause, id="a", type="answered.v1", source="us", time=NOON, data=b"1", subject="s"
    )

    assert (given.causation_id, given.correlation_id) == ("cause", "conversation")
    assert given.traceparent == TRACE
    assert (given.id, given.type, given.source, given.subject) == ("a", "answered.v1", "us", "s")
