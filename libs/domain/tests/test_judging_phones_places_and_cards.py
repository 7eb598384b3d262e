"""Phone numbers, places and address cards are kept in one form, with their parts as data."""

from datetime import UTC, datetime
from math import nan
from typing import Any

import pytest

from domain.messages import InboundContacts, InboundLocation, InboundMessage, InboundText
from domain.messages.card import Card, CardName, CardPhone
from domain.session.flows.answers import judge
from domain.session.flows.judgement import Accepted, Hearing, Judgement, Rejected
from domain.session.flows.steps import Ask

SPAIN, GERMANY, AMERICA = "34600111222", "4915112345678", "15550001111"


def heard(kind: dict[str, Any], said: str | InboundMessage, own: str | None = SPAIN) -> Judgement:
    step = Ask.model_validate({"id": "q", "ask": "?", **kind})
    message = InboundText(text=said) if isinstance(said, str) else said
    return judge(step, message, Hearing(datetime(2026, 11, 23, tzinfo=UTC), ("en",), phone=own))


def card(name: str | None = "Ben", *phones: str | None, wa_id: str | None = None) -> Card:
    return Card(
        name=CardName(formatted=name) if name else None,
        phones=tuple(CardPhone(phone=phone, wa_id=wa_id) for phone in phones),
    )


@pytest.mark.parametrize(
    ("said", "own", "kept"),
    [
        ("+34 612 345 678", None, "+34612345678"),
        ("612 345 678", SPAIN, "+34612345678"),
        ("0171/2345678", GERMANY, "+491712345678"),
        ("(555) 000-2222", AMERICA, "+15550002222"),
        ("0034612345678", SPAIN, "+34612345678"),
        ("0034612345678", None, "+34612345678"),
        ("+٣٤ ٦١٢ ٣٤٥ ٦٧٨", None, "+34612345678"),
        ("tel:+34612345678", SPAIN, "+34612345678"),
    ],
)
def test_a_number_is_kept_with_its_country(said: str, own: str | None, kept: str) -> None:
    assert heard({"phone": {}}, said, own) == Accepted(kept)


def test_the_flow_can_say_of_which_country_numbers_are() -> None:
    assert heard({"phone": {"country": "DE"}}, "0171 2345678", SPAIN) == Accepted("+491712345678")


@pytest.mark.parametrize(
    "said", ["", "123", "call me", "612 345 678 ext. 5", "+99 9999999999", "5" * 50]
)
def test_what_is_no_phone_number_is_refused(said: str) -> None:
    assert heard({"phone": {}}, said) == Rejected("not-a-phone-number")


def test_a_number_without_country_is_refused_where_none_is_known() -> None:
    assert heard({"phone": {}}, "612 345 678", None) == Rejected("not-a-phone-number")


def test_a_card_answers_the_question_for_a_number() -> None:
    cards = InboundContacts(cards=(card("Ben"), card("Kim", None, "612 345 678")))

    assert heard({"phone": {}}, cards) == Accepted("+34612345678")


def test_a_place_is_kept_by_its_degrees_and_known_by_its_parts() -> None:
    there = InboundLocation(latitude=41.4036299, longitude=-2.0, name="Home", address="A street")

    assert heard({"location": {}}, there) == Accepted(
        "41.40363,-2",
        {"latitude": 41.4036299, "longitude": -2.0, "name": "Home", "address": "A street"},
    )


def test_degrees_can_be_typed() -> None:
    judged = heard({"location": {}}, "41.4, 2.1")

    assert judged == Accepted(
        "41.4,2.1", {"latitude": 41.4, "longitude": 2.1, "name": None, "address": None}
    )


@pytest.mark.parametrize("latitude", [90.1, -91, nan])
def test_a_place_that_is_not_on_earth_is_refused(latitude: float) -> None:
    there = InboundLocation(latitude=latitude, longitude=0)

    assert heard({"location": {}}, there) == Rejected("not-a-place")


def test_of_a_very_long_address_the_beginning_is_kept() -> None:
    judged = heard({"location": {}}, InboundLocation(latitude=1, longitude=2, address="x" * 999))

    assert isinstance(judged, Accepted)
    assert judged.data
    assert len(judged.data["address"]) == 300


def test_of_a_card_the_name_and_the_first_number_are_kept() -> None:
    cards = InboundContacts(cards=(card("Nobody"), card("Ben", "612 345 678", "+15550002222")))

    assert heard({"contact": {}}, cards) == Accepted(
        "Ben, +34612345678", {"name": "Ben", "phone": "+34612345678"}
    )


def test_a_number_that_is_on_whatsapp_is_taken_as_whatsapp_has_it() -> None:
    cards = InboundContacts(cards=(card("Ben", "612", wa_id="34612345678"),))

    assert heard({"contact": {}}, cards) == Accepted(
        "Ben, +34612345678", {"name": "Ben", "phone": "+34612345678"}
    )


def test_a_card_without_a_name_is_known_by_its_number() -> None:
    assert heard({"contact": {}}, InboundContacts(cards=(card(None, "+15550002222"),))) == Accepted(
        "+15550002222", {"name": None, "phone": "+15550002222"}
    )


def test_a_name_in_parts_is_put_together() -> None:
    parts = CardName(first="Ben", last="Ali")
    one = Card(name=parts, phones=(CardPhone(phone="+15550002222"),))

    judged = heard({"contact": {}}, InboundContacts(cards=(one,)))

    assert judged == Accepted("Ben Ali, +15550002222", {"name": "Ben Ali", "phone": "+15550002222"})


def test_name_and_number_can_be_typed() -> None:
    assert heard({"contact": {}}, "Ben Ali: 612 345 678") == Accepted(
        "Ben Ali, +34612345678", {"name": "Ben Ali", "phone": "+34612345678"}
    )


def test_of_a_very_long_name_the_beginning_is_kept() -> None:
    cut = Accepted("B" * 100 + ", +15550002222", {"name": "B" * 100, "phone": "+15550002222"})
    cards = InboundContacts(cards=(card("B" * 999, "+15550002222"),))

    assert heard({"contact": {}}, "B" * 120 + ", +15550002222") == cut
    assert heard({"contact": {}}, cards) == cut


def test_a_name_is_kept_on_one_line_without_what_nobody_sees() -> None:
    cards = InboundContacts(cards=(card(" Ben\n\u200bAli\x00", "+15550002222"),))

    judged = heard({"contact": {}}, cards)

    assert isinstance(judged, Accepted)
    assert judged.value == "Ben Ali, +15550002222"


@pytest.mark.parametrize(
    ("kind", "said", "reason"),
    [
        ({"contact": {}}, InboundContacts(cards=()), "no-phone-number"),
        ({"contact": {}}, InboundContacts(cards=(card("Ben", "1"),)), "no-phone-number"),
        ({"contact": {}}, "Ben", "not-a-contact"),
        ({"contact": {}}, "+15550002222", "not-a-contact"),
        ({"contact": {}}, InboundLocation(latitude=1, longitude=2), "not-a-contact"),
        ({"location": {}}, InboundContacts(cards=()), "not-a-place"),
        ({"location": {}}, "here", "not-a-place"),
        ({"text": {}}, InboundContacts(cards=()), "not-text"),
        ({"files": {"kinds": ["pdf"]}}, InboundLocation(latitude=1, longitude=2), "not-a-file"),
    ],
)
def test_what_is_something_else_is_refused(
    kind: dict[str, Any], said: str | InboundMessage, reason: str
) -> None:
    assert heard(kind, said) == Rejected(reason)
