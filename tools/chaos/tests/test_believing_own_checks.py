"""What session-core says of itself counts only when it says all of it."""

import pytest

from chaos import own_checks
from chaos.verdict import Verdict


@pytest.mark.parametrize(
    ("code", "output", "errors", "holds"),
    [
        (0, b'{"holds": true, "invariants": {"I7": {"sessions": 3}}, "findings": []}', b"", True),
        (1, b'{"holds": false, "findings": [{"session": "1"}]}', b"", False),
        (1, b'{"holds": true, "findings": []}', b"", False),
        (0, b'{"holds": false, "findings": []}', b"", False),
        (0, b"", b"", False),
        (2, b"", b"Error: No such command 'rebuild'.", False),
        (1, b"", b"Traceback", False),
    ],
)
def test_session_cores_own_look_counts_only_when_it_says_in_full_that_all_holds(
    code: int, output: bytes, errors: bytes, *, holds: bool
) -> None:
    verdict = Verdict("I7", "")
    own_checks.judge(verdict, code, output, errors)

    assert verdict.holds is holds
