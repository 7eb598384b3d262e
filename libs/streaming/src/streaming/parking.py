"""Sets a record aside, bytes untouched, so that the conversation goes on and a person can look."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from streaming.cloudevents import Headers
from streaming.kafka import Publisher

_PREFIX = "park-"


class Parkable(Protocol):
    """What of a consumed record is kept; the runner's `Record` is one."""

    @property
    def topic(self) -> str: ...  # noqa: D102
    @property
    def partition(self) -> int: ...  # noqa: D102
    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Headers: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Parking:
    """Writes to `topic` (without prefix) on behalf of the consumer group `group`."""

    publisher: Publisher
    topic: str
    group: str

    async def park(
        self,
        record: Parkable,
        reason: str,
        *,
        error: BaseException | None = None,
        attempts: int = 1,
    ) -> None:
        """Return once the record is kept durably; `reason` holds no personal data.

        Raises PublishFailed when that is not certain: the record must not be skipped then.
        """
        told = {
            "reason": reason,
            "topic": record.topic,
            "partition": str(record.partition),
            "offset": str(record.offset),
            "group": self.group,
            "error-class": type(error).__name__ if error else "",
            "at": datetime.now(UTC).isoformat(),
            "attempts": str(attempts),
        }
        await self.publisher.publish(
            self.topic,
            record.value,
            key=record.key,
            headers=[
                *_without_earlier_parking(record.headers),
                *((_PREFIX + name, content.encode()) for name, content in told.items()),
            ],
        )


def _without_earlier_parking(headers: Headers) -> Headers:
    """Keep only the latest story of a record that was parked, redriven and is parked again."""
    return [header for header in headers if not header[0].startswith(_PREFIX)]
