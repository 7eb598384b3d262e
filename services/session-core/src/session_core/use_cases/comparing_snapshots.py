"""A snapshot beside what the events say of the person up to then."""

from collections.abc import Iterator, Sequence

from domain.codec import UndecodableMessage
from domain.ports.event_store import PastEvent, Snapshot
from domain.ports.rebuilding import StoredEvent
from session_core.use_cases.people import STRANGER, Known, after
from session_core.use_cases.snapshots import UnreadableSnapshot, restore


def snapshot_differs(snapshot: Snapshot, history: Sequence[StoredEvent]) -> Iterator[str]:
    """Yield a sentence if the snapshot is of no use; `history` is all of the person's events.

    What cannot be replayed at all is for others to tell.
    """
    past = [
        PastEvent.of(one.sequence, one.event)
        for one in history
        if one.sequence <= snapshot.sequence
    ]
    name = f"snapshot of contact {snapshot.contact_id} at {snapshot.sequence}"
    try:
        different = list(_different(restore(snapshot), past))
    except UnreadableSnapshot as unreadable:
        yield f"{name} cannot be read: {unreadable}"
        return
    except UndecodableMessage:
        return
    if snapshot.shard != history[0].shard:
        different.append("shard")
    if different:
        yield f"{name} is not what the events say: {', '.join(different)}"


def _different(taken: Known, past: Sequence[PastEvent]) -> Iterator[str]:
    """Name the parts that differ. An old session may be there that was asked for just then."""
    told = after(STRANGER, past)
    if taken.person.contact != told.person.contact:
        yield "contact"
    if taken.person.seen != told.person.seen:
        yield "commands seen"
    for session, kept in taken.person.sessions.items():
        own = after(STRANGER, (event for event in past if event.stream_id == session))
        if own.person.sessions.get(session) != kept:
            yield f"session {session}"
    open_ones = (one for one in told.person.sessions.values() if one.open)
    if any(one.session_id not in taken.person.sessions for one in open_ones):
        yield "open session"
    reached = {event.stream_id: event.version for event in past}
    if any(reached.get(stream) != version for stream, version in taken.versions.items()):
        yield "versions"
