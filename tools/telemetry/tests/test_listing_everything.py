"""The page of spans and metrics says what the code emits, all of it and nothing else."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from prometheus_client import REGISTRY, Counter
from prometheus_client.metrics import MetricWrapperBase

from streaming.traced import Traced
from telemetry.reference import TELLERS, Teller, files, name_of

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "telemetry.md"
OURS = ("streaming", "ingress", "session_core", "sender", "file_manager", "crm_notifier")
MEASURES = ("_seconds", "_bytes", "_size", "_records", "_total")


def modules() -> list[ModuleType]:
    return [module for name, module in sys.modules.items() if name.split(".")[0] in OURS]


def test_the_page_is_that_of_the_code() -> None:
    assert dict(files()) == {PAGE.name: PAGE.read_text()}, "run `make schemas`, look at the change"


def test_every_span_of_the_services_is_on_the_page() -> None:
    listed = [span for teller in TELLERS for span in teller.spans]

    made = [
        one
        for module in modules()
        for told in vars(module).values()
        for one in (told if isinstance(told, tuple) else (told,))
        if isinstance(one, Traced)
    ]
    assert {one.name for one in made if one not in listed} == set()


def test_every_metric_of_the_services_is_on_the_page() -> None:
    listed = [metric for teller in TELLERS for metric in teller.metrics]

    registered = set(REGISTRY._collector_to_names)  # noqa: SLF001 - there is no public way
    ours = {one for one in registered if isinstance(one, MetricWrapperBase)}
    assert {name_of(one) for one in ours if one not in listed} == set()


def test_a_metric_whose_labels_are_looked_up_beforehand_stands_there_once() -> None:
    counter = Counter("a_counter", "Made for this test", ("outcome",), registry=None)
    module = ModuleType("metrics")
    module.__dict__.update(CALLS=counter, ACCEPTED=counter.labels("accepted"))

    assert Teller("a service", (), module).metrics == [counter]


@pytest.mark.parametrize("teller", TELLERS, ids=lambda teller: teller.name)
def test_every_metric_says_in_words_what_it_tells(teller: object) -> None:
    told = [metric.describe() for metric in getattr(teller, "metrics", [])]

    assert [family.name for (family,) in told if len(family.documentation) < 12] == []


def test_what_a_histogram_measures_stands_at_the_end_of_its_name() -> None:
    every = [metric for teller in TELLERS for metric in teller.metrics]

    named = [name_of(one) for one in every if type(one).__name__ in {"Histogram", "Counter"}]
    assert [name for name in named if not name.endswith(MEASURES)] == []
