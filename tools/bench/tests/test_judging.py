import json
from pathlib import Path

import pytest

from bench import results
from bench.benchmarks import UnknownBenchmark, chosen
from bench.report import sides
from bench.results import Better, judged, ratio

CONTRACT = ["name", "value", "bar", "better", "holds", "unit", "detail"]


def result(name: str = "append/copy", value: float = 0.8) -> results.Result:
    runs = {"append": [{"events_per_s": 8}, {"events_per_s": 4}], "copy": [{"events_per_s": 10}]}
    return judged(name, value, bar=0.7, better="higher", unit="ratio", detail=runs)


@pytest.mark.parametrize(
    ("value", "better", "holds"),
    [
        (0.71, "higher", True),
        (0.7, "higher", True),
        (0.69, "higher", False),
        (0.71, "lower", False),
        (0.7, "lower", True),
        (0.69, "lower", True),
    ],
)
def test_a_value_holds_when_it_is_on_the_better_side_of_its_bar(
    value: float, better: Better, *, holds: bool
) -> None:
    assert judged("x", value, bar=0.7, better=better, unit="ratio", detail={}).holds is holds


def test_one_disturbed_round_does_not_move_the_ratio() -> None:
    assert ratio([50, 5, 60], [100, 100, 120]) == 0.5


def test_a_round_with_one_side_missing_gives_no_ratio() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratio([1, 2], [1])


def test_results_are_written_in_the_shape_that_others_read(tmp_path: Path) -> None:
    file = tmp_path / "run" / "bench.json"

    results.write(file, [result()])

    (written,) = json.loads(file.read_text())
    assert list(written) == CONTRACT
    assert written["holds"] is True


def test_measuring_one_benchmark_keeps_what_is_known_of_the_others(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    results.write(file, [result("append/copy", 0.1), result("ingress/bare")])

    results.write(file, [result("append/copy", 0.9)])

    assert {one.name: one.value for one in results.read(file)} == {
        "append/copy": 0.9,
        "ingress/bare": 0.8,
    }


def test_the_table_tells_the_median_of_both_sides() -> None:
    assert sides(result()) == "append 6 events_per_s; copy 10 events_per_s"


def test_a_benchmark_is_chosen_by_the_name_of_what_it_finds() -> None:
    assert [one.names for one in chosen("latency/p99")] == [("latency/p50", "latency/p99")]
    assert len(chosen("")) > 1


def test_an_unknown_name_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UnknownBenchmark, match="append/copy"):
        chosen("append/everything")
