from deploycheck.rendering import Branch, Rendered, Scenario
from deploycheck.scenarios import laid_over, turned_over, written


def test_values_are_laid_over_each_other_as_helm_does_it() -> None:
    below = {"a": {"b": 1, "c": [1, 2]}, "d": 1}

    assert laid_over(below, {"a": {"c": [3]}}) == {"a": {"b": 1, "c": [3]}, "d": 1}
    assert below == {"a": {"b": 1, "c": [1, 2]}, "d": 1}


def test_each_switch_of_the_chart_is_turned_over_once() -> None:
    shapes = list(turned_over(Scenario("default", {})))
    named = [shape.name for shape in shapes]

    assert len(named) == len(set(named))
    assert "default, sender.enabled: False" in named
    assert "default, kafka.topics.management: 'strimzi'" in named


def test_every_written_scenario_has_a_name_of_its_own() -> None:
    named = [scenario.name for scenario in written()]

    assert len(named) == len(set(named))


def test_an_if_counts_when_both_sides_were_seen_and_a_with_when_its_body_was() -> None:
    def seen(keyword: str, then: int, otherwise: int) -> bool:
        return Branch("a.yaml", 1, keyword, ".x", then, otherwise).done

    assert seen("if", 1, 1)
    assert not seen("if", 1, 0)
    assert not seen("if", 0, 1)
    assert seen("with", 1, 0)
    assert not seen("with", 0, 1)


def test_only_a_no_on_purpose_counts_as_refused() -> None:
    assert Rendered("a", [], "This would not be safe, and nothing was changed").refused
    assert Rendered("a", [], "values don't meet the specifications of the schema(s)").refused
    assert not Rendered("a", [], "nil pointer evaluating interface {}.name").refused
