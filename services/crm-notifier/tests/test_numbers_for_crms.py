"""A person's number as CRMs want it."""

import pytest

from crm_notifier.adapters.phone_numbers import e164


@pytest.mark.parametrize(
    ("wa_id", "number"),
    [
        ("15551234567", "+15551234567"),
        ("5511987654321", "+5511987654321"),
        ("551187654321", "+551187654321"),
        ("5491123456789", "+5491123456789"),
    ],
)
def test_a_number_gains_its_plus_and_keeps_its_digits(wa_id: str, number: str) -> None:
    assert e164(wa_id) == number


@pytest.mark.parametrize("wa_id", [None, "", "15", "999123456789", "not a number", "1" * 40])
def test_what_is_no_number_is_none(wa_id: str | None) -> None:
    assert e164(wa_id) is None
