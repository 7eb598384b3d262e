"""What each answer of the platform means for the reply: its codes, and what is no answer."""

import json

import pytest

from domain.commands import Acceptance
from domain.ports.sending import (
    OutcomeUnknown,
    SendFailure,
    SendFaltered,
    SendRefused,
    SlowDown,
)
from sender.adapters.graph_answer import understand, understand_read
from sender.adapters.graph_errors import KINDS

TABLE: tuple[tuple[tuple[int, ...], str], ...] = (
    ((0, 190), "NumberStopped"),
    ((3, 10, *range(200, 300), 131005), "SendRefused needs-operator"),
    ((1,), "SendFaltered 3"),
    ((2,), "PlatformUnavailable"),
    ((4,), "SlowDown account"),
    ((80007,), "SlowDown account"),
    ((130429,), "SlowDown number"),
    ((131056,), "SlowDown pair"),
    ((131048,), "NumberStopped"),
    ((131064,), "SendRefused needs-operator"),
    ((133016,), "SlowDown number"),
    ((131000,), "SendFaltered 5"),
    ((131016,), "PlatformUnavailable"),
    ((133004,), "PlatformUnavailable"),
    ((131057,), "SlowDown number"),
    ((33, 100, 131008, 131009, 135000), "SendRefused refused"),
    ((131021,), "SendRefused refused"),
    ((131026,), "SendRefused refused"),
    ((131030,), "SendRefused refused"),
    ((131031, 368, 130497), "NumberStopped"),
    ((131037, 131042, 131045, 133010), "SendRefused needs-operator"),
    ((131047,), "SendRefused window-closed"),
    ((130472,), "SendRefused refused"),
    ((131049,), "SendRefused refused"),
    ((131050,), "SendRefused refused"),
    ((131051,), "SendRefused refused"),
    ((131052,), "SendRefused refused"),
    ((131053,), "SendRefused refused"),
    ((131055, 134100, 134102), "SendRefused refused"),
    ((134101,), "SlowDown pair"),
    ((131035, 131036), "SendRefused refused"),
    ((131059,), "SendRefused refused"),
    ((131062, 131063), "SendRefused refused"),
    ((132000, 132001, 132005, 132007, 132012), "SendRefused refused"),
    ((132015, 132016), "SendRefused refused"),
    ((132068,), "SendRefused refused"),
    ((132069,), "SlowDown pair"),
    ((137000,), "SendRefused refused"),
)
"""Meta's error codes in the order of its table, and what each has to lead to."""


def answer(code: object, message: str = "told to +15550001111") -> bytes:
    """Build an error body as Meta does."""
    error = {
        "message": f"(#{code}) {message}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": message},
        "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam",
    }
    return json.dumps({"error": error}).encode()


def meaning(body: bytes) -> SendFailure:
    with pytest.raises(SendFailure) as raised:
        understand(body)
    return raised.value


def decision(failure: SendFailure) -> str:
    """Name a failure as the table does."""
    match failure:
        case SlowDown():
            return f"SlowDown {failure.scope}"
        case SendFaltered():
            return f"SendFaltered {failure.tries}"
        case _:
            reason = f" {failure.reason}" if type(failure).__name__ == "SendRefused" else ""
            return type(failure).__name__ + reason


@pytest.mark.parametrize(
    ("code", "expected"), [(code, expected) for codes, expected in TABLE for code in codes]
)
def test_every_code_of_the_platform_leads_to_what_its_table_says(code: int, expected: str) -> None:
    failure = meaning(answer(code))

    assert decision(failure) == expected
    assert failure.code == code


def test_no_code_is_known_that_the_table_does_not_have() -> None:
    assert set(KINDS) == {code for codes, _ in TABLE for code in codes}


def test_a_code_that_nobody_told_us_of_is_tried_a_few_times() -> None:
    assert decision(meaning(answer(999999))) == "SendFaltered 5"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"slow down", id="words from something between"),
        pytest.param(b"<html>not here</html>", id="a page"),
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"error": "oops"}', id="an error without code"),
        pytest.param(answer("many"), id="a code that is no number"),
        pytest.param(b"{}", id="no message"),
        pytest.param(b'{"messages": []}', id="not one message"),
        pytest.param(b'{"messages": [{"id": ""}]}', id="an empty id"),
        pytest.param(b"\xff\xfe", id="no encoding"),
    ],
)
def test_an_answer_that_is_not_the_platforms_leaves_the_outcome_unknown(body: bytes) -> None:
    assert type(meaning(body)) is OutcomeUnknown


def test_an_acceptance_names_the_message_and_the_person() -> None:
    body = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": "+5511999990000", "wa_id": "551199990000"}],
        "messages": [{"id": "wamid.HBgL", "message_status": "accepted"}],
    }

    assert understand(json.dumps(body).encode()) == Acceptance(
        wamid="wamid.HBgL", wa_id="551199990000"
    )


@pytest.mark.parametrize(
    "beside",
    [
        b"",
        b', "contacts": null',
        b', "contacts": []',
        b', "contacts": {}',
        b', "contacts": ["somebody"]',
        b', "contacts": [{"wa_id": {}}]',
        b', "success": [], "error": null',
    ],
)
def test_an_acceptance_counts_whatever_stands_beside_the_id(beside: bytes) -> None:
    """Else somebody is sent again what they have."""
    accepted = b'{"messages": [{"id": "wamid.1"}]' + beside + b"}"

    assert understand(accepted) == Acceptance(wamid="wamid.1")


def test_a_number_written_as_a_number_is_one() -> None:
    accepted = b'{"messages": [{"id": 17}], "contacts": [{"wa_id": 15550001111}]}'

    assert understand(accepted) == Acceptance(wamid="17", wa_id="15550001111")


@pytest.mark.parametrize("code", [131026, 131056, 2, 1, 999999])
def test_what_the_platform_says_about_a_person_reaches_no_error_of_ours(code: int) -> None:
    assert "15550001111" not in str(meaning(answer(code)))


def test_a_read_receipt_is_accepted_without_an_id() -> None:
    assert understand_read(b'{"success": true}', "wamid.7") == Acceptance(wamid="wamid.7")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"success": false}', OutcomeUnknown),
        (b"<html>", OutcomeUnknown),
        (answer(131009), SendRefused),
        (answer(131056), SlowDown),
    ],
    ids=["no success", "no answer", "too old", "too many"],
)
def test_a_read_receipt_fails_as_a_message_does(body: bytes, kind: type[SendFailure]) -> None:
    with pytest.raises(kind):
        understand_read(body, "wamid.7")
