"""What each of Meta's error codes means for a reply (Meta: support/error-codes).

The code alone decides: of the HTTP status Meta and those who call it tell different things.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, assert_never

from domain.ports.sending import (
    NumberStopped,
    PlatformUnavailable,
    SendFailure,
    SendFaltered,
    SendRefused,
    SlowDown,
)

Kind: TypeAlias = Literal[
    "unavailable",
    "faltered-once",
    "faltered",
    "slow-pair",
    "slow-number",
    "slow-account",
    "stop",
    "window-closed",
    "operator",
    "refused",
]

_CODES: Mapping[Kind, tuple[int, ...]] = {
    "unavailable": (2, 131016, 133004),
    "faltered-once": (1,),
    "faltered": (131000,),
    # 132069 and 134101 (a flow throttled, a template syncing) concern one message; later it can go.
    "slow-pair": (131056, 132069, 134101),
    "slow-number": (130429, 131057, 133016),
    "slow-account": (4, 80007),
    # The token (0, 190), the account (368, 131031), the country (130497), spam (131048).
    "stop": (0, 190, 368, 131031, 130497, 131048),
    "window-closed": (131047,),
    "operator": (
        *(3, 10, *range(200, 300), 131005),  # permissions
        *(131037, 131042, 131045, 133010),  # display name, payment, certificate, registration
        131064,  # the messaging limit was cut for misclassified templates
    ),
    "refused": (
        *(33, 100, 131008, 131009, 135000),  # parameters
        *(131021, 131026, 131030, 130472, 131049, 131050, 131062, 137000),  # this person
        *(131035, 131036, 131051, 131052, 131053, 131055, 131059, 131063),  # this kind of message
        *(132000, 132001, 132005, 132007, 132012, 132015, 132016, 132068, 134100, 134102),
    ),
}

KINDS: Mapping[int, Kind] = MappingProxyType(
    {code: kind for kind, codes in _CODES.items() for code in codes}
)
"""The table, by code."""


def failure(code: int) -> SendFailure:
    """Return what an error of this code means; one that nobody told us of may pass."""
    kind = KINDS.get(code, "faltered")
    match kind:
        case "unavailable":
            return PlatformUnavailable("platform-unavailable", code=code)
        case "faltered-once":
            return SendFaltered("platform-faltered", code=code, tries=3)
        case "faltered":
            return SendFaltered("platform-faltered", code=code)
        case "slow-pair":
            return SlowDown("pair-limit", scope="pair", code=code)
        case "slow-number":
            return SlowDown("number-limit", scope="number", code=code)
        case "slow-account":
            return SlowDown("account-limit", scope="account", code=code)
        case "stop":
            return NumberStopped("number-stopped", code=code)
        case "window-closed":
            return SendRefused("window-closed", code=code)
        case "operator":
            return SendRefused("needs-operator", code=code)
        case "refused":
            return SendRefused("refused", code=code)
        case _:
            assert_never(kind)
