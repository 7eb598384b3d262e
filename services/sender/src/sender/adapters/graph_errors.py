"""What each of Meta's error codes means for a reply (Meta: support/error-codes)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, assert_never

from domain.ports.sending import (
    PlatformUnavailable,
    SendFailure,
    SendFaltered,
    SendRefused,
    SlowDown,
)

Kind: TypeAlias = Literal[
    "unavailable",
    "faltered",
    "slow-pair",
    "slow-number",
    "slow-account",
    "window-closed",
    "refused",
]

_CODES: Mapping[Kind, tuple[int, ...]] = {
    # A token that must be renewed (0, 190) or a blocked account (368, 131031) stops everybody:
    # the replies wait for the operator, until their windows close.
    "unavailable": (0, 2, 190, 368, 131016, 131031, 133004),
    "faltered": (1, 131000),
    # 132069 and 134101 (a flow throttled, a template syncing) concern one message; later it can go.
    "slow-pair": (131056, 132069, 134101),
    "slow-number": (130429, 131048, 131057, 133016),
    "slow-account": (4, 80007, 131064),
    "window-closed": (131047,),
    "refused": (
        *(3, 10, *range(200, 300), 131005),  # permissions
        *(33, 100, 131008, 131009, 135000),  # parameters
        *(131021, 131026, 131030, 130472, 130497, 131049, 131050, 131062, 137000),  # this person
        *(131037, 131042, 131045, 133010),  # this number needs its operator
        *(131035, 131036, 131051, 131052, 131053, 131055, 131059, 131063),  # this kind of message
        *(132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 134100, 134102),
    ),
}

KINDS: Mapping[int, Kind] = MappingProxyType(
    {code: kind for kind, codes in _CODES.items() for code in codes}
)
"""The table, by code."""

_TOO_MANY_REQUESTS = 429


def failure(status: int, code: int | None) -> SendFailure:
    """Return what an error answer means; the HTTP class decides only where no code is known."""
    kind = _by_class(status) if code is None else KINDS.get(code) or _by_class(status)
    match kind:
        case "unavailable":
            return PlatformUnavailable("platform-unavailable", code=code)
        case "faltered":
            return SendFaltered("platform-faltered", code=code)
        case "slow-pair":
            return SlowDown("pair-limit", scope="pair", code=code)
        case "slow-number":
            return SlowDown("number-limit", scope="number", code=code)
        case "slow-account":
            return SlowDown("account-limit", scope="account", code=code)
        case "window-closed":
            return SendRefused("window-closed", code=code)
        case "refused":
            return SendRefused("refused", code=code)
        case _:
            assert_never(kind)


def _by_class(status: int) -> Kind:
    if status == _TOO_MANY_REQUESTS:
        return "slow-number"
    return "refused" if 400 <= status < 500 else "unavailable"  # noqa: PLR2004 the HTTP classes
