"""Phone numbers as CRMs want them: E.164, `+` and digits."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


def e164(wa_id: str | None) -> str | None:
    """Return the number of a `wa_id` (digits with country code), or none where it has none.

    Never a key: what WhatsApp calls a person is not always the number that others dial.
    """
    if wa_id is None:
        return None
    try:
        number = phonenumbers.parse(f"+{wa_id}")
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
