"""What readers were told beyond the end of the store: nothing else may be decided now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.ports.event_store import NewEvent, fingerprint


@dataclass(slots=True)
class Promise:
    """The events that a store restored from a backup lacks, by number; their commands are back.

    `until` is where the log of commands ended when the shard was taken: by then all must be
    decided again, each as it was.
    """

    told: dict[int, bytes]
    until: int

    def broken_by(self, events: Sequence[NewEvent], *, after: int) -> int | None:
        """Give the number of the first of these that is not what readers were told, else None."""
        for number, event in enumerate(events, start=after + 1):
            if self.told.get(number, told := fingerprint(*event[:5])) != told:
                return number
        return None

    def keep(self, last: int) -> None:
        """Forget what is stored now."""
        self.told = {number: told for number, told in self.told.items() if number > last}


def promise(told: Mapping[int, bytes], *, after: int, last: int, until: int) -> Promise | None:
    """Give the promise of all numbers beyond `after` up to `last`, None if one is unknown."""
    wanted = range(after + 1, last + 1)
    if any(number not in told for number in wanted):
        return None
    return Promise({number: told[number] for number in wanted}, until)


def ahead(published: int, last: int) -> str:
    """Say why a shard halts: the store cannot get back what readers were told."""
    return (
        f"event {published} is published but the store ends at {last}:"
        " was it restored from a backup?"
    )


def decided_otherwise(number: int) -> str:
    """Say why a shard halts: its history would contradict what readers were told."""
    return (
        f"event {number} is published and would be another one now:"
        " the store was restored from a backup, and flows or code have changed since"
    )
