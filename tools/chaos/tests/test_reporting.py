"""A run ends with its verdict in words, what it left out, and how to repeat it."""

from collections import Counter

from chaos.report import Report
from chaos.schedule import plan
from chaos.verdict import Verdict


def report(*verdicts: Verdict, minutes: float = 30) -> Report:
    people = Counter({"invited": 100})
    faults = plan(7, minutes)
    return Report(7, minutes, faults, Counter(), people, Counter(), verdicts)


def kept(name: str) -> Verdict:
    return Verdict(name, "a promise")


def broken(name: str) -> Verdict:
    return Verdict(name, "a promise", broken=["event 7 is missing"])


def test_a_run_that_kept_every_promise_says_so_and_how_to_repeat_it() -> None:
    assert report(kept("I1"), kept("I2")).words == [
        "All promises held: I1, I2.",
        "The same faults again: make chaos MINUTES=30 SEED=7 PEOPLE=100",
    ]


def test_a_run_that_broke_one_names_it_and_how_to_repeat_it() -> None:
    unseen = Verdict("I5", "a promise", unavailable="no bucket")

    first, *_, last = report(kept("I1"), broken("I2"), unseen).words

    assert first == "BROKEN: I2, I5."
    assert last == "The same faults again: make chaos MINUTES=30 SEED=7 PEOPLE=100"


def test_a_run_that_is_too_short_names_the_faults_that_it_left_out() -> None:
    short = report(kept("I1"), minutes=0.2)
    done = {f"{fault.kind} {fault.target}" for fault in short.faults}
    _, left_out, _ = short.words

    assert left_out.startswith("Too short for every kind of fault, missing: crm simulator, ")
    assert not any(one in left_out for one in done)
    assert short.to_json()["faults that did not occur"] == left_out[:-1].split(": ")[1].split(", ")
