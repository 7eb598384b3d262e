"""What was read of people lately, which the requests for their replies could not know yet."""

from datetime import datetime
from itertools import islice
from typing import TypeVar

from domain.ports.sending_ledger import News
from domain.values import SERVICE_WINDOW, ContactId

_MOST = 20_000
"""People. The news of others are older than any reply that waits in memory for its turn."""

T = TypeVar("T")


class Hearsay:
    """Remembers the newest word on each of the people heard of last.

    People go by the key of their events, and instants as they were written: of most nobody asks.
    """

    def __init__(self) -> None:
        self._wrote: dict[bytes, bytes] = {}
        self._opted_out: dict[bytes, bool] = {}

    def wrote(self, person: bytes, at: bytes) -> None:
        """Note a message of this person, `at` an instant of RFC 3339 in UTC."""
        _note(self._wrote, person, max(at, self._wrote.pop(person, b"")))

    def consented(self, person: bytes, *, opted_out: bool) -> None:
        """Note that the person refused messages, or wants them again."""
        self._opted_out.pop(person, None)
        _note(self._opted_out, person, opted_out)

    def window_of(self, contact: ContactId) -> datetime | None:
        """Return when the window closes that the person's latest message opened, if one was heard.

        An instant that cannot be read opens none.
        """
        at = self._wrote.get(_key(contact))
        try:
            return datetime.fromisoformat(at.decode()) + SERVICE_WINDOW if at else None
        except ValueError:
            return None

    def news_of(self, contact: ContactId) -> News:
        """Return the newest word on this person."""
        key = _key(contact)
        at = self._wrote.get(key)
        return News(at.decode(errors="replace") if at else None, self._opted_out.get(key))

    def recall(self, contact: ContactId, news: News) -> None:
        """Take note of news that were heard earlier, unless newer ones were."""
        key = _key(contact)
        if news.wrote_at:
            self.wrote(key, news.wrote_at.encode())
        if news.opted_out is not None and key not in self._opted_out:
            self.consented(key, opted_out=news.opted_out)


def _key(contact: ContactId) -> bytes:
    return str(contact).encode()


def _note(heard: dict[bytes, T], person: bytes, news: T) -> None:
    heard[person] = news
    if len(heard) > _MOST:
        for oldest in list(islice(heard, _MOST // 10)):
            del heard[oldest]
