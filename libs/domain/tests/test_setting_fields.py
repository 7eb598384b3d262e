"""Changing fields the fast way gives what `_replace` gives."""

from typing import NamedTuple

import pytest

from domain.session.setting import setting, setting_all


class Place(NamedTuple):
    """Something with more fields than are changed."""

    street: str = "Main"
    number: int = 1
    city: str = "Lima"
    is_open: bool = True


def test_one_field_is_changed_and_the_others_stay() -> None:
    assert setting(Place, "number")(Place(), 2) == Place(number=2)


def test_several_fields_are_changed_in_the_order_in_which_they_were_named() -> None:
    moved = setting_all(Place, "city", "street", is_open=False)

    before = Place()

    assert moved(before, "Quito", "High") == Place("High", 1, "Quito", is_open=False)
    assert type(moved(before, "Quito", "High")) is Place
    assert before == Place()


def test_a_value_too_few_is_noticed() -> None:
    with pytest.raises(ValueError, match="zip"):
        setting_all(Place, "city", "street")(Place(), "Quito")
