"""What an author may ask in an expression, what it is worth, and what it can never cost."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.session.flows.bounding import MAX_WEIGHT
from domain.session.flows.expressions import (
    EvaluationFailed,
    Expression,
    InvalidExpression,
    Value,
    expression,
)
from domain.session.flows.formatting import formats
from domain.session.flows.grammar import MAX_SOURCE

NOW = datetime(2026, 7, 1, 14, 5, tzinfo=timezone(timedelta(hours=2)))


def worth(source: str, **values: Any) -> Value:
    return expression(source).evaluate(values, formats("en", "Europe/Madrid"))


def complaint(source: str) -> str:
    with pytest.raises(InvalidExpression) as refused:
        Expression(source)
    return str(refused.value)


@pytest.mark.parametrize("stars", [4, 4.0, 4.5, 5])
def test_whole_and_other_numbers_compare(stars: float) -> None:
    assert worth("stars >= 4", stars=stars) is True


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("price * 2", 9.0),
        ("2 * price + size(items) * 1.5", 12.0),
        ("int(price) * 1.5", 6.0),
        ("(now.getHours() * 60 + now.getMinutes()) * 0.5", 422.5),
        ("items[0] * price", 4.5),
        ("items.map(item, item * price)", [4.5, 9.0]),
        ("0x10 * price", 72.0),
    ],
)
def test_whole_and_other_numbers_calculate_together(source: str, result: Value) -> None:
    assert worth(source, price=4.5, items=[1, 2], now=NOW) == result


def test_whole_numbers_stay_whole_where_no_other_one_is_near() -> None:
    assert repr(worth("7 / 2")) == "3"
    assert repr(worth("stars + 1", stars=4)) == "5"


@pytest.mark.parametrize(
    "source",
    [
        "stars >= 4",
        "missing + 1",
        "words > 3",
        "1 / 0",
        "1.0 / 0.0",
        "9223372036854775807 + 1",
        "order.status",
        "list[5]",
        "int('many')",
        "!words",
        "words ? 1 : 2",
    ],
)
def test_what_does_not_fit_fails_and_names_no_value(source: str) -> None:
    with pytest.raises(EvaluationFailed) as failed:
        worth(source, words="secret", list=[1], order={}, stars=None)
    assert "secret" not in str(failed.value)
    assert failed.value.__cause__ is None


def test_an_answer_that_is_not_there_is_null() -> None:
    assert worth("stars == null") is True
    assert worth("stars != null && stars > 3") is False


def test_one_side_is_enough_where_the_other_fails() -> None:
    assert worth("stars > 3 || kind == 'water'", kind="water") is True
    assert worth("stars > 3 && kind == 'fire'", kind="water") is False


def test_letters_are_counted_not_bytes() -> None:
    assert worth("size(city)", city="Málaga") == 6
    assert worth("city.size()", city="Málaga") == 6


def test_a_list_is_searched_sorted_out_and_turned_into_another() -> None:
    slots = [{"id": "a", "free": False}, {"id": "b", "free": True}]
    assert worth("slots.exists(slot, slot.free)", slots=slots) is True
    assert worth("slots.filter(slot, slot.free).map(slot, slot.id)", slots=slots) == ["b"]
    assert worth("day.slots.all(slot, has(slot.id))", day={"slots": slots}) is True
    assert worth("['x', 'y'].exists(one, one == kind)", kind="y") is True


def test_the_hours_of_a_moment_are_those_of_its_zone() -> None:
    assert worth("now.getHours() >= 9 && now.getHours() < 18", now=NOW) is True
    assert worth("now.getHours()", now=NOW) == 14


def test_lengths_of_time_are_written_as_elsewhere_in_a_flow() -> None:
    assert worth("now + duration('7d') > now + duration('1h30m')", now=NOW) is True
    assert worth("duration('1.5h')") == timedelta(minutes=90)
    assert worth("duration('-90s')") == timedelta(seconds=-90)


def test_a_day_begins_at_midnight_in_the_zone() -> None:
    assert worth("timestamp(day)", day="2026-07-02") == datetime(2026, 7, 1, 22, tzinfo=UTC)
    assert worth("timestamp(day) - now < duration('10h')", day="2026-07-02", now=NOW) is True
    assert worth("timestamp('2026-07-02T10:00:00Z').getHours()") == 12


def test_patterns_run_on_re2() -> None:
    assert worth("code.matches('^[A-Z]{2}[0-9]+$')", code="AB12") is True
    assert worth("matches(code, '(a+)+$')", code="a" * 4000 + "!") is False
    assert "RE2" in complaint(r"matches(code, '(?=a)')")
    assert worth("matches(code, pattern)", code="x", pattern="(") is None


def test_only_as_much_goes_in_as_an_expression_sees() -> None:
    assert worth("size(words)", words="x" * 5000) == 4096
    assert worth("size(items)", items=[1] * 500) == 100


def test_too_much_does_not_come_out() -> None:
    with pytest.raises(EvaluationFailed):
        worth("words + words", words="x" * 4000)
    with pytest.raises(EvaluationFailed):
        worth("items + items", items=[1] * 60)
    with pytest.raises(EvaluationFailed):
        worth("items.map(item, items)", items=[1] * 100)


@pytest.mark.parametrize(
    "source",
    [
        f"numbers.map(x, [{', '.join(['numbers'] * 99)}])",
        f"words.map(x, {' + '.join(['x'] * 33)})",
        f"words.map(x, [{', '.join(['x'] * 95)}])",
        f"numbers.map(x, [{', '.join(['join(words, text)'] * 40)}])",
        f"numbers.map(x, [{', '.join(['upper(text)'] * 60)}])",
        f"numbers.all(x, {' && '.join(['words == words'] * 50)})",
        f"[words, numbers].all(x, {' || '.join(['x == [x]'] * 60)})",
        f"[{', '.join(['words'] * 99)}]",
    ],
)
def test_what_would_weigh_too_much_is_not_begun(source: str) -> None:
    known = {"numbers": list(range(100)), "words": ["x" * 2000] * 100, "text": "é" * 4096}
    with pytest.raises(EvaluationFailed, match="too much"):
        worth(source, **known)


def test_a_value_too_deep_to_be_looked_into_fails() -> None:
    deep: Value = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(EvaluationFailed):
        worth("deep", deep=deep)
    with pytest.raises(EvaluationFailed):
        worth("wide", wide=[[1] * 100] * (MAX_WEIGHT // 100))


def test_fields_of_an_object_come_out_in_the_same_order_every_time() -> None:
    fields = dict.fromkeys("hgfedcba", 1)
    assert list(worth("fields", fields=fields)) == sorted(fields)  # type: ignore[arg-type]


def test_the_fields_of_an_object_are_not_gone_through() -> None:
    with pytest.raises(EvaluationFailed):
        worth("fields.map(name, name)", fields={"a": 1, "b": 2})
    with pytest.raises(EvaluationFailed):
        worth("orders[0].lines.exists(x, true)", orders=[{"lines": {"a": 1}}])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "is empty"),
        ("  // nothing", "is empty"),
        ("stars >= ", "letter 10"),
        ("stars = 4", "write ==, not ="),
        ("a & b", "write &&, not &"),
        ("'open", "no closing '"),
        ("(stars", "( is never closed"),
        ("stars)", "closes nothing"),
        ("stars[1)", "closes nothing"),
        ("stars # 1", "# has no meaning"),
        ("monney(1, 'EUR')", "did you mean money?"),
        ("math.sqrt(4)", "no function sqrt"),
        ("getHours(now)", "value.getHours(…)"),
        ("stars.int()", "write int(value), not value.int()"),
        ("money(price)", "money takes 2 values, not 1"),
        ("number(1, 2, 3)", "number takes 1 to 2 values, not 3"),
        ("now.getHours('Europe/Madrid')", "getHours takes 0 values, not 1"),
        ("package == 'big'", "give the step or variable another name"),
        ("_stars", "begins with a small letter"),
        ("4u", "write 4, not 4u"),
        ("b'raw'", "without a b"),
        ("Point{x: 1}", "no such types"),
        ("money(price, 'euro')", "write its code, such as EUR"),
        ("price.money('euro')", "write its code, such as EUR"),
        ("date(day, 'huge')", "short, medium, long or full"),
        ("time(now, 'full')", "short or medium"),
        ("now + duration('1 week')", "such as 90s"),
        ("now > timestamp('yesterday')", "such as 2026-11-23"),
        ("(" * 30 + "1" + ")" * 30, "brackets stand in more than"),
        ("true ? " * 60 + "1" + " : 1" * 60, "too deeply nested"),
        ("a" * (MAX_SOURCE + 1), "longer than"),
        (" + ".join(["1"] * 40), "more than 32 +"),
        ("a" + ".b" * 300, "more than 200 dots"),
        (f"[{', '.join(['1'] * 110)}]", "more than 100 commas"),
        ("a.all(x, b.all(y, x == y))", "stands inside another"),
        ("a.map(x, x).map(x, x)", "map comes last"),
        ("(a ? b : c).map(x, x)", "a list that has a name"),
        ("(b + c).map(x, x)", "a list that has a name"),
        ("b[c].map(x, x)", "a list that has a name"),
        ("[a.map(x, x)].map(x, x)", "that is gone through may hold no"),
        (" && ".join(["a.exists(x, x)"] * 9), "more than 8 lists"),
    ],
)
def test_the_author_is_told_what_to_do(source: str, words: str) -> None:
    assert words in complaint(source)


def test_the_deepest_expression_needs_no_more_than_a_small_stack() -> None:
    outcomes: list[Value] = []

    def work_out() -> None:
        for source in (
            "(" * 20 + "a" + ".b" * 180 + ")" * 20,
            "[" * 19 + "a" + "[0]" * 180 + "]" * 19,
            "!" * 200 + "a",
            "a" + " == a" * 190,
        ):
            with suppress(EvaluationFailed):
                outcomes.append(worth(source, a=True))

    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=work_out)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert outcomes == [True, True]


def test_names_are_those_of_values_alone() -> None:
    found = expression("has(a.b) && c.filter(d, d.e > f)[0].g == {'h': size(i.j)}[k] // l")
    assert found.names == {"a", "c", "f", "i", "k"}
    assert found.paths == {("a", "b"), ("c",), ("f",), ("i", "j"), ("k",)}


def test_only_fields_that_are_needed_are_handed_over() -> None:
    order = {"status": "shipped", "unused": object()}
    assert worth("order.status == 'shipped'", order=order) is True


def test_names_of_functions_may_be_names_of_answers() -> None:
    assert worth("date(date)", date="2026-01-05") == "Jan 5, 2026"
    assert worth("size + size('ab')", size=1) == 3


NAMES = ("a", "b", "items", "order", "when")
_LITERALS = (
    *("1", "2.5", "0", "9223372036854775807", "1e308", "0x1f", "true", "null", "[]", "{}"),
    *("'é'", '"x"', "''", "r'a'", "'2026-01-01'", "'7d'", "'EUR'", "'12'", "'(a'", "[1, 2.0]"),
)
_BINARY = ("+", "-", "*", "/", "%", "&&", "||", "==", "!=", "<", ">", "<=", ">=", " in ")
_UNARY = (
    *("size", "string", "int", "double", "timestamp", "number", "upper", "lower", "date", "join"),
)
_TWO = ("matches", "number", "money", "date", "time", "plural", "join")
_FIELDS = (
    *("a", "b", "getHours()", "getMonth()", "getDayOfYear()", "getMilliseconds()", "size()"),
    *("contains('a')", "startsWith(b)"),
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def written(shape: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*parts).map(lambda given: shape.format(*given))

    walked = st.sampled_from(("items", "order.a", "[1, 2.0]", "items.filter(x, x > 1)"))
    macro = st.sampled_from(("map", "filter", "all", "exists", "exists_one"))
    return st.one_of(
        written("({})", inner),
        written("{} {} {}", inner, st.sampled_from(_BINARY), inner),
        written("{} ? {} : {}", inner, inner, inner),
        written("{}.{}(x, {})", walked, macro, inner),
        written("{}.{}", inner, st.sampled_from(_FIELDS)),
        written("{}[{}]", inner, inner),
        written("-{}", inner),
        written("!{}", inner),
        written("[{}, {}]", inner, inner),
        written("{{{}: {}}}", inner, inner),
        written("{}({})", st.sampled_from(_UNARY), inner),
        written("{}({}, {})", st.sampled_from(_TWO), inner, inner),
    )


sources = st.recursive(st.sampled_from((*NAMES, "x", *_LITERALS)), _larger, max_leaves=12)
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.datetimes(timezones=st.sampled_from((UTC, NOW.tzinfo))),
        st.datetimes(),
        st.timedeltas(),
        st.just("x" * 5000),
        st.binary(),
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(("a", "b")) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
somewhere = st.builds(
    formats,
    st.sampled_from(("en", "es", "pl", "ar", "de", "tr", "pt-BR", "xx", "")),
    st.sampled_from(("UTC", "Europe/Madrid", "Asia/Kathmandu", "nowhere")),
)


@settings(deadline=None)
@given(source=sources, known=st.fixed_dictionaries(dict.fromkeys(NAMES, values)), spoken=somewhere)
def test_whatever_is_written_and_given_it_is_worth_something_or_fails(
    source: str, known: dict[str, Any], spoken: Any
) -> None:
    try:
        result = Expression(source).evaluate(known, spoken)
    except (InvalidExpression, EvaluationFailed):
        return
    assert _is_bounded(result)


@settings(deadline=None)
@given(source=sources, known=st.fixed_dictionaries(dict.fromkeys(NAMES, values)))
def test_the_same_is_worth_the_same_every_time(source: str, known: dict[str, Any]) -> None:
    try:
        checked = Expression(source)
    except InvalidExpression:
        return
    assert _outcome(checked, known) == _outcome(Expression(source), known)


@settings(deadline=None)
@given(st.text(alphabet="ab1.,:?!&|=<>+-*/%()[]{}'\"\\ \n\tinxé\x00#`u_", max_size=60))
def test_an_expression_is_read_or_refused_whatever_it_is_made_of(source: str) -> None:
    try:
        checked = Expression(source)
    except InvalidExpression:
        return
    assert all(name.isidentifier() for name in checked.names)


def _outcome(checked: Expression, known: dict[str, Any]) -> str:
    try:
        return repr(checked.evaluate(known))
    except EvaluationFailed as failed:
        return str(failed)


def _is_bounded(value: Any) -> bool:
    match value:
        case str():
            return len(value) <= 4096
        case list():
            return len(value) <= 100 and all(map(_is_bounded, value))
        case dict():
            return all(map(_is_bounded, value.values()))
        case float():
            return value - value == 0
        case _:
            return value is None or isinstance(value, bool | int | datetime | timedelta)
