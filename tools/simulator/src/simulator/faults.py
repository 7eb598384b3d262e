"""What goes wrong on purpose: set, read and cleared through the control API."""

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from simulator.batching import MOST_UPDATES
from simulator.graph_errors import TITLES
from simulator.limits import Rates

Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Seconds: TypeAlias = Annotated[float, Field(ge=0, le=3600)]
STRICT = ConfigDict(extra="forbid", frozen=True, strict=True)


class WebhookFaults(BaseModel):
    """Shares of all webhooks, 0 to 1, and times in seconds.

    `batch` updates at most share a POST, gathered for `batch_wait_s`.
    """

    model_config = STRICT
    duplicate: Share = 0.0
    reorder: Share = 0.0
    delay_s: Seconds = 0.0
    drop: Share = 0.0
    batch: Annotated[int, Field(ge=1, le=MOST_UPDATES)] = 1
    batch_wait_s: Annotated[float, Field(ge=0, le=10)] = 0.05


class SendFaults(BaseModel):
    """What becomes of sends: shares of all of them, and times in seconds.

    `share` (all, unless said) is refused with `error_code`, or accepted and fails with it
    `later`, by a status webhook; `lost` are accepted, and `unreached`
    are not, with no answer of the Graph API either way. `hold_s` passes before a call is looked at
    (whoever hung up meanwhile called in vain), `latency_s` before any answer.
    """

    model_config = STRICT
    error_code: int | None = None
    share: Share = 1.0
    later: bool = False
    lost: Share = 0.0
    unreached: Share = 0.0
    hold_s: Seconds = 0.0
    latency_s: Seconds = 0.0

    @model_validator(mode="after")
    def _known(self) -> "SendFaults":
        if self.error_code is not None and self.error_code not in TITLES:
            raise ValueError("error_code must be one of Meta's error codes, such as 131056")
        if self.error_code is None and "share" in self.model_fields_set and self.share:
            raise ValueError("a share needs an error_code to answer with")
        return self


class StatusFaults(BaseModel):
    """Seconds by which statuses come later than they would, and the share that never comes."""

    model_config = STRICT
    delay_s: Seconds = 0.0
    drop: Share = 0.0


class LimitFaults(BaseModel):
    """Other limits than the number's own; what is left out stays. See `Rates`."""

    model_config = STRICT
    per_second: float | None = Field(default=None, gt=0)
    pair_seconds: float | None = Field(default=None, gt=0)
    pair_burst: float | None = Field(default=None, ge=1)


class CrmFaults(BaseModel):
    """A status that the CRM answers with, so many times (without `times`: until cleared)."""

    model_config = STRICT
    status: int = Field(ge=300, le=599)
    times: int | None = Field(default=None, ge=1)


class Faults(BaseModel):
    """All faults. What a PUT leaves out is off, except the limits, which are on."""

    model_config = STRICT
    webhooks: WebhookFaults = WebhookFaults()
    sends: SendFaults = SendFaults()
    statuses: StatusFaults = StatusFaults()
    limits: bool | LimitFaults = True
    media_expired: bool = False
    crm: CrmFaults | None = None


class FaultBoard:
    """The faults in force now."""

    def __init__(self) -> None:
        self.now = Faults()

    def set(self, wanted: Any) -> Faults:
        """Replace all faults; raise pydantic's ValidationError and change nothing if malformed."""
        self.now = Faults.model_validate(wanted)
        return self.now

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.now = Faults()

    def rates(self, own: Rates) -> Rates | None:
        """Return the limits in force for a number with these of its own, None while lifted."""
        limits = self.now.limits
        if isinstance(limits, bool):
            return own if limits else None
        return replace(own, **limits.model_dump(exclude_none=True))

    def take_crm_status(self) -> int | None:
        """Return the status that the CRM has to answer with this time, if any."""
        fault = self.now.crm
        if fault is None:
            return None
        if fault.times is not None:
            left = fault.times - 1
            following = fault.model_copy(update={"times": left}) if left else None
            self.now = self.now.model_copy(update={"crm": following})
        return fault.status


def sentence(error: ValidationError) -> str:
    """Return what is wrong with the faults, in words."""
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'the body'}: {_words(problem)}"
        for problem in error.errors(include_url=False, include_input=False)
    )


def _words(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return "no such fault"
    return problem["msg"].removeprefix("Value error, ")
