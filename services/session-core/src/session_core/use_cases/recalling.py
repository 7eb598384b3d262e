"""From what the store tells of a person to the person: a snapshot and what happened since."""

from collections.abc import Set as AbstractSet
from uuid import UUID

from domain.ports.event_store import History
from domain.values import SessionId
from session_core.use_cases.people import STRANGER, Known, after, with_old_session
from session_core.use_cases.snapshots import restore


def recall(history: History, named: AbstractSet[UUID] = frozenset()) -> Known:
    """Give the person, with those of the named sessions that are theirs, however old.

    Raises UnreadableSnapshot, or UndecodableMessage for an event of another version.
    """
    taken = history.snapshot
    known, reached = (restore(taken), taken.sequence) if taken else (STRANGER, 0)
    known = after(known, (one for one in history.events if one.sequence > reached))
    for stream in named & {one.stream_id for one in history.events}:
        if stream not in known.person.sessions:
            own = (one for one in history.events if one.stream_id == stream)
            known = with_old_session(known, SessionId(stream), own)
    return known
