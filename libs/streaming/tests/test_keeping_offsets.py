"""Which offset may be committed while records finish out of order."""

import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.offsets import OffsetTracker


def tracker(*offsets: int) -> OffsetTracker:
    made = OffsetTracker()
    for offset in offsets:
        made.admit(offset)
    return made


def test_only_what_is_finished_without_a_gap_may_be_committed() -> None:
    offsets = tracker(10, 11, 12)
    offsets.finish(11)
    before = offsets.committable
    offsets.finish(10)

    assert (before, offsets.committable, len(offsets)) == (10, 12, 1)


def test_when_all_is_finished_the_next_offset_is_committed() -> None:
    offsets = tracker(4)
    offsets.finish(4)

    assert (offsets.committable, len(offsets)) == (5, 0)


def test_offsets_left_out_by_transactions_are_no_gap() -> None:
    offsets = tracker(1, 5, 9)
    offsets.finish(1)
    offsets.finish(5)

    assert offsets.committable == 9


def test_while_one_waits_the_many_that_finish_behind_it_take_no_memory() -> None:
    kept = tracker(0)
    tracemalloc.start()
    for offset in range(1, 100_001):
        kept.admit(offset)
        kept.finish(offset)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (kept.committable, len(kept)) == (0, 1)
    assert held < 10_000


def test_a_record_does_not_finish_twice() -> None:
    kept = tracker(1, 2)
    kept.finish(2)

    with pytest.raises(KeyError):
        kept.finish(2)


def test_a_record_is_not_taken_on_twice() -> None:
    with pytest.raises(ValueError, match="offset 2 was admitted before"):
        tracker(1, 2, 2)


@given(st.sets(st.integers(0, 200), min_size=1), st.randoms())
def test_a_commit_never_passes_an_unfinished_record_in_any_order(
    offsets: set[int], chance: Random
) -> None:
    kept = tracker(*sorted(offsets))
    unfinished = sorted(offsets)
    chance.shuffle(order := unfinished[:])
    for offset in order:
        kept.finish(offset)
        unfinished.remove(offset)

        assert kept.committable == (unfinished[0] if unfinished else max(offsets) + 1)
        assert len(kept) == len(unfinished)


def test_the_oldest_is_the_first_that_is_unfinished_however_others_ended() -> None:
    tracker = OffsetTracker()
    for offset, written_at in ((3, 1000), (5, 2000), (6, 3000)):
        tracker.admit(offset, written_at)
    tracker.finish(5)
    before = tracker.oldest
    tracker.finish(3)

    assert (before, tracker.oldest) == (1000, 3000)
    tracker.finish(6)
    assert tracker.oldest is None
