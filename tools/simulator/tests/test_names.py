"""People who gave no name get one of their own, so that two phones are never mixed up."""

from typing import Any

from simulator.people import NAMES, People


def people() -> People:
    def unheard(*_: Any) -> None:
        pass

    return People(unheard)


def test_no_two_people_are_given_the_same_name() -> None:
    crowd = people()
    numbers = [f"1555000{number:04}" for number in range(len(NAMES) + 50)]

    names = [crowd.meet(number).name for number in numbers]

    assert len(set(names)) == len(numbers)


def test_a_name_that_somebody_gave_themselves_is_given_to_nobody_else() -> None:
    usual = people().meet("15550001111").name
    crowd = people()
    crowd.meet("15550002222", usual)

    given = crowd.meet("15550001111").name

    assert given != usual


def test_a_number_is_given_the_same_name_each_time() -> None:
    first, second = [people().meet("15550001111").name for _ in range(2)]

    assert first == second
