"""Every knob of crm-notifier. A secret never shows in a message or a log."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from crm_notifier.crms import Access, Crm, mistakes
from crm_notifier.mapping import CrmMap, UnusableMap, load
from crm_notifier.use_cases.subjects import USUAL, Subject
from streaming.kafka_access import KafkaAccess
from streaming.logs import LogLevel
from streaming.refusing import Unfit, like, refusal


def _loaded(path: object) -> object:
    """Read the map that a path leads to, so that a service with a wrong one does not start."""
    if not isinstance(path, str | Path):
        return path
    try:
        return load(Path(path))
    except OSError as error:
        raise refusal(f"CRM_NOTIFIER_MAP: {error.strerror}") from error
    except UnusableMap as error:
        raise refusal(f"CRM_NOTIFIER_MAP: {error}") from error


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


_NAME, _NAMED = r"[a-z][a-z0-9-]{0,39}", "must be small letters, digits and hyphens, 40 at most"
_MOMENT = TypeAdapter[AwareDatetime](AwareDatetime)


def _begun(given: object) -> object:
    """Take a day for its first instant, in UTC. Raises Unfit."""
    if isinstance(given, str) and given in {"beginning", "now"}:
        return given
    is_day = isinstance(given, str) and _DAY.fullmatch(given)
    try:
        return _MOMENT.validate_python(f"{given}T00:00:00Z" if is_day else given)
    except ValidationError:
        raise Unfit(
            "must be beginning, now, a day such as 2026-11-26, or a time with its zone such as"
            " 2026-11-26T09:30:00Z"
        ) from None


class Settings(KafkaAccess, Access):
    """Read from variables that begin with `CRM_NOTIFIER_`."""

    model_config = SettingsConfigDict(
        env_prefix="CRM_NOTIFIER_", frozen=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    """Of /livez, /readyz and /metrics; 0 takes a free one."""
    instance_id: str = Field(default="crm-notifier-1", min_length=1)
    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None
    otlp_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    """Of the traces that begin here, the share that is recorded; of others their begin decides."""

    crm: Crm
    name: Annotated[str, like(_NAME, _NAMED)] | None = None
    """Of this destination, where there are several; without it the adapter's."""
    tell: frozenset[Subject] = frozenset(USUAL)
    """As JSON, such as `["contact", "completed"]`."""
    map: Annotated[CrmMap, NoDecode, BeforeValidator(_loaded)] = CrmMap()
    """Path of `crm.yaml`: which answers go to which fields. Without it they fill none."""
    start: Annotated[Literal["beginning", "now"] | AwareDatetime, BeforeValidator(_begun)] = (
        "beginning"
    )
    """Where a destination begins that was never told anything; a day begins in UTC."""

    @field_validator("map")
    @classmethod
    def _possible(cls, crm_map: CrmMap, info: ValidationInfo) -> CrmMap:
        if wrong := mistakes(info.data.get("crm", "console"), crm_map):
            raise refusal(f"CRM_NOTIFIER_MAP: {'; '.join(wrong)}")
        return crm_map
