"""Placeholders in texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.session.flows.expressions import EvaluationFailed, Expression, InvalidExpression, Value
from domain.session.flows.formatting import Formats, formats
from domain.session.flows.phrases import named, phrase


class Known:
    """Values without a flow."""

    def __init__(self, language: str = "en", **values: Value) -> None:
        self.formats: Formats = formats(language, "UTC")
        self._values = values

    def spoken(self, name: str) -> str:
        return f"<{name}>"

    def result(self, checked: Expression) -> Value:
        try:
            return checked.evaluate(self._values, self.formats)
        except EvaluationFailed:
            return None


def test_a_text_without_placeholders_stays_as_it_is() -> None:
    assert phrase("100 % { sure }").fill(Known()) == "100 % { sure }"
    assert phrase("").fill(Known()) == ""


def test_a_name_alone_is_written_as_a_person_reads_it() -> None:
    assert phrase("Hi {{ contact.name }}, {{kind}}?").fill(Known()) == "Hi <contact.name>, <kind>?"


def test_anything_else_is_worked_out() -> None:
    text = "{{ upper(kind) }}: {{ stars + 1 }} of {{ 5 }}, {{ stars > 3 ? 'good' : 'bad' }}"
    assert phrase(text).fill(Known(kind="water", stars=3)) == "WATER: 4 of 5, bad"


def test_counts_choose_their_words() -> None:
    text = "{{ plural(count, '# plik', '# pliki', '# plików') }}"
    counted = [phrase(text).fill(Known("pl", count=count)) for count in (1, 3, 5)]
    assert counted == ["1 plik", "3 pliki", "5 plików"]
    assert phrase(text).plurals == {3}


def test_what_cannot_be_worked_out_is_left_empty() -> None:
    assert phrase("[{{ missing + 1 }}{{ missing }}]").fill(Known()) == "[<missing>]"


def test_braces_within_a_text_end_no_placeholder() -> None:
    assert phrase("""{{ "}}" + '{{' }}""").fill(Known()) == "}}{{"


def test_a_word_that_expressions_keep_for_themselves_can_be_an_answer() -> None:
    assert phrase("{{ package }}").fill(Known()) == "<package>"
    assert phrase("{{ true }} {{ null }}").fill(Known()) == "true "


def test_a_phrase_knows_what_it_needs() -> None:
    needed = phrase("{{ a.b }} {{ c }} {{ upper(d.e) }} {{ f > 1 }}")
    assert needed.paths == {("a", "b"), ("c",), ("d", "e"), ("f",)}
    assert needed.names == {"a", "c", "d", "f"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ open", "opened and closed"),
        ("closed }}", "opened and closed"),
        ("{{ 'open }}", "opened and closed"),
        ("{{}}", "is empty"),
        ("Hi {{ monney(1, 'EUR') }}", "{{ monney(1, 'EUR') }}: there is no function monney"),
        ("{{ a }}" * 51, "more than 50"),
    ],
)
def test_the_author_is_told_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(InvalidExpression) as refused:
        phrase(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        ("kind", "kind"),
        (" visit.stars ", "visit.stars"),
        ("order.shippedAt", "order.shippedAt"),
        ("kind + 1", None),
        ("true", None),
        ("null", None),
        ("items[0]", None),
    ],
)
def test_a_name_alone_is_told_from_an_expression(formula: str, name: str | None) -> None:
    assert named(formula) == name


@given(st.text(alphabet="ab1.{}{} '\"\\+?:()\n", max_size=60))
def test_a_text_is_filled_in_or_refused_whatever_it_is_made_of(text: str) -> None:
    try:
        read = phrase(text)
    except InvalidExpression:
        return
    assert isinstance(read.fill(Known(a=1, b="x")), str)
    assert "{{" in text or read.fill(Known()) == text
