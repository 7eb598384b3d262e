"""The envelope of a message that answers another: what links the two is carried over here."""

from datetime import datetime

from streaming.cloudevents import CloudEvent
from streaming.tracing import current_traceparent


def answer(
    cause: CloudEvent,
    *,
    id: str,  # noqa: A002 - the attribute's name in CloudEvents
    type: str,  # noqa: A002 - the same
    source: str,
    time: datetime,
    data: bytes,
    subject: str,
) -> CloudEvent:
    """Return the answer to `cause`: same correlation, caused by it, in the same trace."""
    return CloudEvent(
        id=id,
        type=type,
        source=source,
        time=time,
        data=data,
        subject=subject,
        correlation_id=cause.correlation_id,
        causation_id=cause.id,
        traceparent=current_traceparent() or cause.traceparent,
    )
