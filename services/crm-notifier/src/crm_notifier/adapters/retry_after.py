"""How long a server asks us to wait: the `Retry-After` header (RFC 9110, section 10.2.3)."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 3600.0
"""Seconds. Whoever asks for more is asked again after this."""


def pause_of(header: str | None, now: datetime | None = None) -> float | None:
    """Return the pause in seconds, within 0 and LONGEST; None where the header says nothing."""
    if header is None:
        return None
    seconds = _seconds(header.strip(), now or datetime.now(UTC))
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)


def _seconds(header: str, now: datetime) -> float | None:
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # of a year or a zone beyond all calendars
        return None
    return (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
