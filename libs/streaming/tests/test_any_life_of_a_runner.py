"""Whatever happens to the processes of a group, and when: no record is lost, none overtaken."""

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from keyed.life import Life
from keyed.log import PARTITIONS, Answer, Fate, Kind
from keyed.process import MOST, MOST_QUEUED, Process

KEYS = (b"a", b"b", b"c", b"d", b"e")
FATES: st.SearchStrategy[Fate] = st.sampled_from(
    ["fine", "fine", "fine", "slow", "refused", "gone-twice", "bug-once", "bug", "poison", "hangs"]
)
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["wanted"] * 8 + ["unwanted", "unreadable"])
RECORDS = st.tuples(
    st.integers(0, PARTITIONS - 1), st.sampled_from(KEYS), FATES, KINDS, st.integers(0, 2)
)
SECONDS = st.sampled_from([0.05, 0.1, 0.3, 1.0, 5.0])
PATIENCE_SECONDS = 60


class AnyLife(RuleBasedStateMachine):
    """Processes read, fail, stand still, are killed at any step; nothing may come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.life = Life()

    @initialize()
    def begin(self) -> None:
        self.life.start()

    @rule(records=st.lists(RECORDS, min_size=1, max_size=12))
    def write(self, records: list[tuple[int, bytes, Fate, Kind, int]]) -> None:
        for record in records:
            self.life.write(*record)

    @rule(key=st.sampled_from(KEYS), partition=st.integers(0, PARTITIONS - 1))
    def write_much_of_one_key(self, key: bytes, partition: int) -> None:
        for _ in range(2 * MOST_QUEUED):
            self.life.write(partition, key, "fine", "wanted", 0)

    @rule(seconds=SECONDS)
    def let_time_go_by(self, seconds: float) -> None:
        self.life.go_on(seconds)

    @rule(which=st.integers(0, 1), steps=st.integers(1, 12))
    def take_some_steps(self, which: int, steps: int) -> None:
        for _ in range(steps):
            if process := self.one(which):
                process.tick()

    @rule()
    def start_another(self) -> None:
        self.life.start()

    @rule(which=st.integers(0, 1))
    def stop(self, which: int) -> None:
        if process := self.one(which):
            process.stop()

    @rule(which=st.integers(0, 1))
    def kill(self, which: int) -> None:
        if process := self.one(which):
            self.life.kill(process)

    @rule(which=st.integers(0, 1), steps=st.integers(0, 12), again=st.booleans())
    def kill_at_any_step(self, which: int, steps: int, again: bool) -> None:  # noqa: FBT001 drawn
        self.take_some_steps(which, steps)
        self.kill(which)
        if again:
            self.life.start()
            self.life.expel()

    @rule(which=st.integers(0, 1))
    def stand_still(self, which: int) -> None:
        if process := self.one(which):
            process.stands_still = not process.stands_still

    @rule()
    def notice_the_silent(self) -> None:
        self.life.expel()

    @rule(away=st.booleans())
    def end_or_begin_an_outage(self, away: bool) -> None:  # noqa: FBT001 drawn
        self.life.outside.away = away

    @rule(away=st.booleans())
    def end_or_begin_an_outage_of_the_parking(self, away: bool) -> None:  # noqa: FBT001 drawn
        self.life.outside.parking_away = away

    @rule(answers=st.lists(st.sampled_from(["refused", "lost"]), max_size=3))
    def fail_commits(self, answers: list[Answer]) -> None:
        self.life.log.next_commits = answers

    @rule(which=st.integers(0, 1))
    def fail_a_fetch(self, which: int) -> None:
        if process := self.one(which):
            process.seat.fails = True

    @rule(share=st.integers(1, 3))
    def release_what_is_stuck(self, share: int) -> None:
        self.life.outside.released |= {
            entry.number for entry in self.life.log.all if entry.number % share == 0
        }

    @precondition(lambda self: not self.life.outside.away and not self.life.outside.parking_away)
    @rule()
    def others_go_on_beside_what_is_stuck(self) -> None:
        self.wait_until(lambda: not self.life.held_up())
        assert not self.life.held_up()

    @invariant()
    def no_promise_is_broken(self) -> None:
        assert not self.life.troubles()

    def teardown(self) -> None:
        try:
            self.life.heal()
            self.wait_until(lambda: not self.life.unfinished() and self.life.is_committed())
            assert not self.life.unfinished()
            assert self.life.is_committed()
            assert not self.life.troubles()
        finally:
            self.life.end()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Let time go by, though not for ever."""
        for _ in range(PATIENCE_SECONDS):
            self.life.calm()
            self.life.go_on(1.0)
            if holds():
                return

    def one(self, which: int) -> Process | None:
        alive = self.life.processes
        return alive[which % len(alive)] if alive else None


AnyLife.TestCase.settings = settings(
    max_examples=int(os.environ.get("LIVES", "150")),  # more, for whoever changes the runner
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=tuple(HealthCheck),
)
test_nothing_is_lost_or_overtaken_whatever_happens_to_a_group = AnyLife.TestCase


@pytest.fixture
def life() -> Iterator[Life]:
    made = Life()
    made.start()
    yield made
    made.end()


def test_people_whose_events_always_fail_stop_nobody_else_however_many_they_are(
    life: Life,
) -> None:
    for key in KEYS:
        life.write(0, key, "poison", "wanted", 0)
    life.go_on(10.0)
    for number in range(5 * MOST):
        life.write(number % PARTITIONS, b"other %d" % number, "fine", "wanted", 0)
    life.go_on(60.0)

    assert {entry.fate for entry in life.unfinished()} == {"poison"}
    assert not life.troubles()


def test_a_person_who_waits_holds_the_partition_at_a_bound_and_the_others_never(
    life: Life,
) -> None:
    life.write(0, b"stuck", "poison", "wanted", 0)
    for number in range(10 * MOST):
        life.write(0, b"stuck", "fine", "wanted", 0)
        life.write(1, b"other %d" % (number % 7), "fine", "wanted", 0)
    life.go_on(60.0)

    assert {entry.key for entry in life.unfinished()} == {b"stuck"}
    assert not life.troubles()


def test_a_person_who_waits_for_long_is_passed_by_the_others_of_the_partition(
    life: Life,
) -> None:
    life.write(0, b"stuck", "poison", "wanted", 0)
    for number in range(20 * MOST):
        life.write(0, b"other %d" % (number % 7), "fine", "wanted", 0)
    life.go_on(60.0)

    assert [entry.key for entry in life.unfinished()] == [b"stuck"]
    assert life.log.committed[0] == 0
