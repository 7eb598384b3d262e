"""The faults of a run follow from its seed and its length, and from nothing else."""

from itertools import pairwise

import pytest

from chaos.crowd import people
from chaos.inflicting import misbehaviour
from chaos.schedule import DECK, PLATFORM, REST, Fault, counted, plan

SEEDS = range(40)


def test_the_same_seed_makes_the_same_faults_and_people() -> None:
    assert plan(7, 5) == plan(7, 5)
    assert people(7, 100) == people(7, 100)


def test_another_seed_makes_other_faults_and_people() -> None:
    assert plan(7, 5) != plan(8, 5)
    assert {person.key for person in people(7, 100)} != {p.key for p in people(8, 100)}


@pytest.mark.parametrize(("minutes", "least"), [(2, 12), (5, 35), (30, 200)])
def test_a_run_has_as_many_faults_as_are_promised(minutes: float, least: int) -> None:
    assert min(len(plan(seed, minutes)) for seed in SEEDS) >= least


def test_half_an_hour_has_every_fault_that_there_is() -> None:
    every = {f"{card.kind} {card.target}" for card in (*DECK, *PLATFORM)}

    assert all(set(counted(plan(seed, 30))) == every for seed in SEEDS)


def test_every_fault_is_over_when_the_run_is() -> None:
    assert all(fault.at + fault.lasts <= 120.1 for seed in SEEDS for fault in plan(seed, 2))


def test_a_process_is_left_alone_for_a_while_after_a_fault() -> None:
    for seed in SEEDS:
        hit = [fault for fault in plan(seed, 10) if fault.target == "kafka"]
        processes = [fault for fault in hit if fault.kind in {"kill", "pause", "restart"}]

        assert all(
            later.at >= earlier.at + earlier.lasts + REST - 0.2
            for earlier, later in pairwise(processes)
        )


def test_only_instances_that_run_are_hit() -> None:
    for seed in SEEDS:
        running = {"session-core": 1, "sender": 1, "file-manager": 1, "crm-notifier": 1}
        for fault in plan(seed, 10):
            if fault.kind == "scale":
                running[fault.target] = fault.number
            name, _, number = fault.target.rpartition("-")

            assert not number.isdigit() or int(number) <= running[name]


def test_a_service_is_never_scaled_to_what_it_has_already() -> None:
    for seed in SEEDS:
        scaled = [fault for fault in plan(seed, 10) if fault.kind == "scale"]
        for service in {fault.target for fault in scaled}:
            numbers = [1, *(fault.number for fault in scaled if fault.target == service)]

            assert all(before != after for before, after in pairwise(numbers))


def test_some_people_have_a_user_id_and_no_number() -> None:
    without = [one for one in people(1, 800) if one.key.startswith("US.")]

    assert 50 < len(without) < 200


def test_nobody_shares_a_number_with_somebody_else() -> None:
    assert len({person.key for person in people(1, 5_000)}) == 5_000


def kinds(*names: str) -> list[list[Fault]]:
    return [[fault for fault in plan(seed, 10) if fault.kind in names] for seed in SEEDS]


@pytest.mark.parametrize(
    "names",
    [("sends", "late-failures", "stop"), ("throttle", "pair-limit"), ("kill-amid-calls",)],
    ids=["codes", "limits", "calls"],
)
def test_the_platform_misbehaves_in_one_way_of_a_kind_at_a_time(names: tuple[str, ...]) -> None:
    for faults in kinds(*names):
        assert faults
        assert all(
            later.at >= earlier.at + earlier.lasts - 0.1 for earlier, later in pairwise(faults)
        )


def test_nothing_but_the_kill_makes_calls_wait_while_sender_is_to_be_killed_amid_them() -> None:
    for faults in kinds("kill-amid-calls", "slow-answers"):
        pairs = [pair for pair in pairwise(faults) if pair[0].kind != pair[1].kind]

        assert all(second.at >= first.at + first.lasts - 0.1 for first, second in pairs)


def test_every_misbehaviour_of_the_platform_is_one_that_it_knows() -> None:
    known = {"webhooks", "sends", "statuses", "limits", "crm"}

    for seed in SEEDS:
        for fault in plan(seed, 10):
            if fault.target == "simulator" and fault.kind not in {"kill", "pause"}:
                (part,) = misbehaviour(fault)
                assert part in known
