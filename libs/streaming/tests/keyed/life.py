"""A group of processes that read a topic, and everything that can happen to them."""

from collections import Counter
from collections.abc import Iterator

from keyed.group import POLL, Group
from keyed.log import PARTITIONS, Entry, Fate, Kind, Log
from keyed.process import AT_ONCE, MOST, MOST_QUEUED, Outside, Process

MOST_PROCESSES = 2
_MOST_FAULTS_OF_OURS = 15
"""Beyond 20 within five minutes a runner stands still, as it should; repeats count, too."""
_STUCK: frozenset[Fate] = frozenset({"poison", "hangs"})


class Life:
    """What a test does to the group, and what it looks at."""

    def __init__(self) -> None:
        self.log = Log()
        self.outside = Outside()
        self.processes: list[Process] = []
        self._group = Group(self.log)
        self._killed: list[Process] = []

    def write(self, partition: int, key: bytes, fate: Fate, kind: Kind, gap: int) -> None:
        """Have a record written, unless there were too many that are our own fault."""
        if fate == "bug" or kind == "unreadable":
            faults = [e for e in self.log.all if e.fate == "bug" or e.kind == "unreadable"]
            if len(faults) >= _MOST_FAULTS_OF_OURS:
                return
        if fate == "hangs" and sum(e.fate == "hangs" for e in self.log.all) >= AT_ONCE - 1:
            return
        self.log.write(partition, key, fate, kind, gap)

    def start(self) -> None:
        if len(self.processes) < MOST_PROCESSES:
            self.processes.append(Process(self.log, self._group, self.outside))

    def kill(self, process: Process) -> None:
        """End a process where it is; the group learns of it when it is expelled."""
        process.kill()
        self.processes.remove(process)
        self._killed.append(process)

    def expel(self) -> None:
        """Have the group notice who is dead or stands still."""
        silent = [*self._killed, *(one for one in self.processes if one.stands_still)]
        for process in silent:
            self._group.expel(process.seat)
        self._killed.clear()

    def go_on(self, seconds: float) -> None:
        """Let time go by for all that do not stand still, side by side."""
        for _ in range(max(1, round(seconds / POLL))):
            for process in [*self.processes]:
                process.go_on(POLL)
                if process.has_stopped():
                    process.kill()
                    self.processes.remove(process)

    def heal(self) -> None:
        """End everything that stands in the way."""
        self.outside.away = self.outside.parking_away = False
        self.outside.released = {entry.number for entry in self.log.all}
        self.log.next_commits.clear()
        self.calm()

    def calm(self) -> None:
        """Have everybody alive who should be; who parked too much is started anew, as by hand."""
        for process in [*self.processes]:
            process.stands_still = False
            if process.parked_too_much():
                self.kill(process)
        self.expel()
        if not self.processes:
            self.start()

    def troubles(self) -> list[str]:
        """Give the promises that were broken so far."""
        failed = [failure for one in self.processes if (failure := one.failure()) is not None]
        return [*self.log.broken, *failed]

    def unfinished(self) -> list[Entry]:
        return [entry for entry in self.log.all if not self.log.is_done(entry)]

    def is_committed(self) -> bool:
        ends = [self.log.end(partition) for partition in range(PARTITIONS)]
        return self.log.committed == ends

    def held_up(self) -> list[Entry]:
        """Give what is not done although nothing that is stuck may stand in its way."""
        stuck = set(self._stuck())
        behind = Counter((e.partition, e.key) for e in self.unfinished())
        waiting = {key: count for key, count in behind.items() if key in stuck}
        if sum(waiting.values()) >= MOST:
            return []  # what waits fills the memory that there is for it
        # One that was held back at the bound goes on at half of it.
        crowded = {key[0] for key, count in waiting.items() if count > MOST_QUEUED // 2}
        return [
            entry
            for entry in self.unfinished()
            if entry.partition not in crowded and (entry.partition, entry.key) not in stuck
        ]

    def end(self) -> None:
        for process in self.processes:
            process.kill()

    def _stuck(self) -> Iterator[tuple[int, bytes]]:
        first: dict[tuple[int, bytes], Entry] = {}
        for entry in self.unfinished():
            first.setdefault((entry.partition, entry.key), entry)
        for key, entry in first.items():
            released = entry.number in self.outside.released
            if entry.kind == "wanted" and entry.fate in _STUCK and not released:
                yield key
