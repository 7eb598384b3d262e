"""Lets a number send faster once the platform has raised its throughput."""

from collections.abc import Mapping

import structlog

from sender.use_cases.pacing import Pacing

_log = structlog.get_logger(__name__)


class Upgrading:
    """Knows which business number is meant by the number that people see.

    `displays` has, by phone number id, the number as Meta shows it, in any notation.
    """

    def __init__(self, pacing: Pacing, displays: Mapping[str, str], per_second: float) -> None:
        self._pacing = pacing
        self._ids = {_digits(display): number for number, display in displays.items()}
        self._per_second = per_second

    def upgraded(self, display: str) -> None:
        """Take note that a number may send more a second; harmless to repeat."""
        number = self._ids.get(_digits(display))
        if number is None:
            _log.warning("number.upgrade-unmatched", known=len(self._ids))
        elif self._pacing.speed_up(number, self._per_second):
            _log.info("number.upgraded", phone_number_id=number, per_second=self._per_second)


def _digits(display: str) -> str:
    return "".join(filter(str.isdigit, display))
