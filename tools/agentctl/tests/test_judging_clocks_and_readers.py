"""Clocks that differ and readers that lag are told before people notice."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from agentctl.checks.clock import judged
from agentctl.checks.parked import judge as judge_parked
from agentctl.checks.progress import judge
from agentctl.checks.store import judge_server
from agentctl.clocks import Reading
from agentctl.findings import State
from agentctl.use_cases.lagging import GroupLag, PartitionLag

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@pytest.mark.parametrize(
    ("theirs", "state"),
    [(100.05, "ok"), (99.5, "ok"), (103.0, "warning"), (97.0, "warning"), (160.0, "failed")],
)
def test_a_clock_is_judged_by_how_far_it_is_off_at_least(theirs: float, state: State) -> None:
    finding = judged("clock", "PostgreSQL", Reading(100.0, theirs, 100.1))

    assert finding.state == state


def test_a_clock_that_shows_whole_seconds_is_not_blamed_for_parts_of_one() -> None:
    reading = Reading(100.9, 100.0, 100.95, resolution=1.0)

    assert reading.skew() == 0


def test_a_slow_answer_leaves_room_for_the_clock() -> None:
    assert Reading(100.0, 104.0, 105.0).skew() == 0


def lag(*, members: Sequence[str] = ("one",), waits: float | None = None) -> GroupLag:
    since = None if waits is None else NOW - timedelta(seconds=waits)
    partition = PartitionLag(0, 5, 9, 0 if since is None else 4, since)
    return GroupLag("sender", "session-events", "Stable", members, [partition])


def test_readers_that_have_read_everything_are_fine() -> None:
    assert [one.state for one in judge([lag()], now=NOW)] == ["ok"]


def test_a_service_that_nobody_runs_is_told() -> None:
    [problem] = judge([lag(members=())], now=NOW)

    assert problem.what == "nobody reads as sender"


def test_records_that_wait_for_minutes_are_told() -> None:
    [problem] = judge([lag(waits=300)], now=NOW)

    assert problem.what == "sender is 4 records behind, the oldest 300 s old"
    assert "agentctl lag sender" in problem.mend


def test_records_that_have_just_come_are_nothing_to_tell() -> None:
    assert [one.state for one in judge([lag(waits=2)], now=NOW)] == ["ok"]


@pytest.mark.parametrize("setting", SAFE)
def test_a_database_that_may_lose_what_it_stored_fails(setting: str) -> None:
    durability = {**SAFE, setting: "off"}

    [problem] = judge_server(18, read_only=False, encrypted=True, durability=durability)

    assert problem.what == f"{setting}=off: a crash loses what was stored"


def test_a_standby_and_an_old_version_fail() -> None:
    [standby] = judge_server(18, read_only=True, encrypted=True, durability=SAFE)
    [old] = judge_server(12, read_only=False, encrypted=True, durability=SAFE)

    assert "primary" in standby.mend
    assert (old.state, old.mend) == ("failed", "use PostgreSQL 14 or newer")


def test_whether_a_connection_is_encrypted_is_told() -> None:
    [finding] = judge_server(18, read_only=False, encrypted=False, durability=SAFE)

    assert (finding.state, finding.what) == ("ok", "PostgreSQL 18, not encrypted")


def test_what_waits_for_an_operator_is_told_with_the_command_that_lists_it() -> None:
    [problem] = judge_parked({"commands": 0, "sender": 1, "webhooks": 0})

    assert (problem.state, problem.what) == ("warning", "1 of sender waits for an operator")
    assert problem.mend == "`agentctl parked list sender`"


def test_nothing_that_waits_is_fine() -> None:
    assert [one.state for one in judge_parked({"commands": 0, "sender": 0})] == ["ok"]
