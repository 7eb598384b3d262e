"""Clocks: timers, windows and tokens of several machines go by them."""

from agentctl.clocks import Reading
from agentctl.findings import Finding, failed, ok, warning

NOTABLE_SECONDS = 1.0
"""Timers fire late or early by as much."""
BAD_SECONDS = 10.0
"""Signatures, tokens and the 24-hour window are judged wrongly."""
_MEND = "let NTP (chrony) set the clocks of all machines, this one too"


def judged(check: str, whose: str, reading: Reading) -> Finding:
    """Judge how far another clock is from ours."""
    skew = reading.skew()
    told = f"{whose} is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} this machine"
    if abs(skew) >= BAD_SECONDS:
        return failed(check, told, _MEND)
    if abs(skew) >= NOTABLE_SECONDS:
        return warning(check, told, _MEND)
    return ok(check, f"{whose} agrees with this machine")
