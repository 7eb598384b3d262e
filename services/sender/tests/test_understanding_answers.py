"""What each answer of the platform means for the reply: its codes, and what is no answer."""

import json

import pytest

from domain.commands import Acceptance
from domain.ports.sending import (
    OutcomeUnknown,
    PlatformUnavailable,
    SendFailure,
    SendFaltered,
    SendRefused,
    SlowDown,
)
from sender.adapters.graph_answer import understand, understand_read
from sender.adapters.graph_errors import KINDS

LATER = (0, 2, 190, 368, 131016, 131031, 133004)
A_FEW_TIMES = (1, 131000)
SLOWER = {
    "pair": (131056, 132069, 134101),
    "number": (130429, 131048, 131057, 133016),
    "account": (4, 80007, 131064),
}
NEVER = (
    *(3, 10, 200, 250, 299, 131005, 33, 100, 131008, 131009, 135000, 131021, 131026, 131030),
    *(130497, 131037, 131042, 131045, 133010, 130472, 131049, 131050, 131051, 131052, 131053),
    *(131055, 134100, 134102, 131035, 131036, 131059, 131062, 131063, 132000, 132001, 132005),
    *(132007, 132012, 132015, 132016, 132068, 137000),
)


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


def meaning(status: int, body: bytes) -> SendFailure:
    with pytest.raises(SendFailure) as raised:
        understand(status, body)
    return raised.value


@pytest.mark.parametrize("status", [400, 403, 500], ids="HTTP {}".format)
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, PlatformUnavailable) for code in LATER),
        *((code, SendFaltered) for code in A_FEW_TIMES),
        *((code, SlowDown) for codes in SLOWER.values() for code in codes),
        *((code, SendRefused) for code in (*NEVER, 131047)),
    ],
)
def test_the_code_decides_whatever_the_http_status_says(
    status: int, code: int, kind: type[SendFailure]
) -> None:
    failure = meaning(status, answer(code))

    assert type(failure) is kind
    assert failure.code == code


@pytest.mark.parametrize(
    ("scope", "code"), [(scope, code) for scope, codes in SLOWER.items() for code in codes]
)
def test_a_limit_slows_down_only_its_own_scope(scope: str, code: int) -> None:
    failure = meaning(400, answer(code))

    assert isinstance(failure, SlowDown)
    assert failure.scope == scope


def test_every_code_of_the_table_is_tested_here() -> None:
    tested = {
        *LATER,
        *A_FEW_TIMES,
        *NEVER,
        131047,
        *(c for codes in SLOWER.values() for c in codes),
    }

    assert tested | set(range(200, 300)) == set(KINDS)


def test_a_closed_window_is_told_apart_from_other_refusals() -> None:
    assert meaning(400, answer(131047)).reason == "window-closed"
    assert meaning(400, answer(131026)).reason == "refused"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        pytest.param(400, answer(999999), SendRefused, id="new code, client error"),
        pytest.param(500, answer(999999), PlatformUnavailable, id="new code, server error"),
        pytest.param(429, answer(999999), SlowDown, id="new code, too many requests"),
        pytest.param(429, b"slow down", SlowDown, id="too many requests, from something between"),
        pytest.param(
            404, b"<html>not here</html>", SendRefused, id="client error, no body of Graph"
        ),
        pytest.param(302, b"", PlatformUnavailable, id="a redirect"),
        pytest.param(502, b"<html>bad gateway</html>", OutcomeUnknown, id="bad gateway"),
        pytest.param(504, b"", OutcomeUnknown, id="gateway timeout"),
        pytest.param(500, b'{"error": "oops"}', OutcomeUnknown, id="error without code"),
        pytest.param(500, answer("many"), OutcomeUnknown, id="a code that is no number"),
        pytest.param(200, b"<html>hello</html>", OutcomeUnknown, id="success without JSON"),
        pytest.param(200, b"{}", OutcomeUnknown, id="success without message"),
        pytest.param(200, b'{"messages": []}', OutcomeUnknown, id="success with no message"),
        pytest.param(200, b'{"messages": [{"id": ""}]}', OutcomeUnknown, id="success, empty id"),
        pytest.param(200, b"\xff\xfe", OutcomeUnknown, id="success in no encoding"),
    ],
)
def test_an_answer_without_known_code_is_judged_by_whether_it_may_be_sent(
    status: int, body: bytes, kind: type[SendFailure]
) -> None:
    assert type(meaning(status, body)) is kind


def test_an_acceptance_names_the_message_and_the_person() -> None:
    body = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": "+5511999990000", "wa_id": "551199990000"}],
        "messages": [{"id": "wamid.HBgL", "message_status": "accepted"}],
    }

    assert understand(200, json.dumps(body).encode()) == Acceptance(
        wamid="wamid.HBgL", wa_id="551199990000"
    )


def test_an_acceptance_without_contacts_still_counts() -> None:
    assert understand(200, b'{"messages": [{"id": "wamid.1"}]}') == Acceptance(wamid="wamid.1")


@pytest.mark.parametrize("code", [131026, 131056, 2, 1, 999999])
def test_what_the_platform_says_about_a_person_reaches_no_error_of_ours(code: int) -> None:
    assert "15550001111" not in str(meaning(400, answer(code)))


def test_a_read_receipt_is_accepted_without_an_id() -> None:
    assert understand_read(200, b'{"success": true}', "wamid.7") == Acceptance(wamid="wamid.7")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"success": false}', OutcomeUnknown),
        (200, b"<html>", OutcomeUnknown),
        (502, b"<html>", OutcomeUnknown),
        (400, answer(131009), SendRefused),
        (400, answer(131056), SlowDown),
    ],
    ids=["no success", "no answer", "no platform", "too old", "too many"],
)
def test_a_read_receipt_fails_as_a_message_does(
    status: int, body: bytes, kind: type[SendFailure]
) -> None:
    with pytest.raises(kind):
        understand_read(status, body, "wamid.7")
