"""What is told of replies and waits to be read."""

from typing import Protocol


class NewsUnavailable(Exception):
    """What was told until now cannot be read at the moment."""


class Outlook(Protocol):
    """Looks ahead in `session-events`, past what waits to be handled."""

    async def look(self, partition: int) -> None:
        """Return once every outcome was heard that stands in the partition when this is called.

        Raises NewsUnavailable.
        """
        ...
