"""What operators read in their terminal. Nothing personal is ever printed."""

from collections.abc import Sequence

from domain.ports.event_store import RecordedEvent
from domain.ports.operators import SessionLine


def table(sessions: Sequence[SessionLine]) -> str:
    """Lay sessions out, one a line."""
    rows = [("SESSION", "FLOW", "STATUS", "SINCE")]
    rows += [
        (str(line.session_id), line.flow, line.status, f"{line.since:%Y-%m-%d %H:%M:%S}Z")
        for line in sessions
    ]
    return _aligned(rows)


def effects(events: Sequence[RecordedEvent]) -> str:
    """Lay out the events that a command led to."""
    if not events:
        return "no event: it is late, had its effect before, or session-core is behind"
    return _aligned(
        [(one.event.type, str(one.event.stream_id), f"v{one.event.version}") for one in events]
    )


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
