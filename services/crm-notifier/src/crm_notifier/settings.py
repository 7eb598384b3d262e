"""Every knob of crm-notifier. A secret never shows in a message or a log."""

from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import SettingsConfigDict

from crm_notifier.adapters.webhook_signature import signing_key
from crm_notifier.use_cases.subjects import USUAL, Subject
from streaming.kafka_access import KafkaAccess
from streaming.logs import LogLevel

Crm: TypeAlias = Literal["webhook", "console"]

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Settings(KafkaAccess):
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
    name: str | None = Field(default=None, pattern=r"[a-z][a-z0-9-]{0,39}")
    """Of this destination, where there are several; without it the adapter's."""
    tell: frozenset[Subject] = frozenset(USUAL)
    """As JSON, such as `["contact", "completed"]`."""
    webhook_plain_http: bool = False
    """Allow http to another machine; what the CRM is told then travels unencrypted."""
    webhook_url: SecretStr | None = Field(default=None, validate_default=True)
    """Secret, because such addresses often carry a token."""
    webhook_secret: SecretStr | None = Field(default=None, validate_default=True)
    """`whsec_` and the base64 of 24 to 64 bytes (Standard Webhooks)."""

    @field_validator("webhook_url", "webhook_secret")
    @classmethod
    def _needed_by_the_webhook(
        cls, given: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        if given is None and info.data.get("crm") == "webhook":
            raise PydanticCustomError("missing", "needed where the CRM is told by webhook")
        return given

    @field_validator("webhook_url")
    @classmethod
    def _safe_address(cls, given: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if given is not None:
            plain = bool(info.data.get("webhook_plain_http"))
            _require_safe(given.get_secret_value(), plain_allowed=plain)
        return given

    @field_validator("webhook_secret")
    @classmethod
    def _usable_key(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            signing_key(given.get_secret_value())
        return given


def _require_safe(url: str, *, plain_allowed: bool) -> None:
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise ValueError("must be a web address")
    if parts.scheme == "http" and not plain_allowed and parts.hostname not in _LOOPBACK:
        raise ValueError("must be https")
