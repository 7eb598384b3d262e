"""Every knob of the sender, with a default that works on a laptop."""

from typing import Literal

from pydantic import BaseModel, DirectoryPath, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from streaming.kafka_access import KafkaAccess
from streaming.logs import LogLevel


class Number(BaseModel):
    """What is said of one business number; `display` is how Meta shows it, in any notation."""

    display: str | None = None
    per_second: float | None = Field(default=None, gt=0)


class Settings(KafkaAccess):
    """Read from variables that begin with `SENDER_`. Times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="SENDER_", frozen=True)

    instance_id: str = "sender-1"
    host: str = "127.0.0.1"
    port: int = 0
    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None
    otlp_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    """Of the traces that begin here, the share that is recorded; of others their begin decides."""

    platform: Literal["whatsapp", "console"] = "whatsapp"
    graph_url: str
    graph_version: str = "v24.0"
    access_token: SecretStr
    connect_timeout: float = Field(default=3.0, gt=0)
    total_timeout: float = Field(default=15.0, gt=0)
    media_folder: DirectoryPath | None = None
    concurrent_calls: int = Field(default=256, ge=1)

    limits: bool = True
    number_per_second: float = Field(default=80.0, gt=0)
    number_burst: float = Field(default=1.0, ge=1)
    upgraded_per_second: float = Field(default=1000.0, gt=0)
    numbers: dict[str, Number] = Field(default_factory=dict)
    """By phone number id."""
    pair_seconds: float = Field(default=6.0, gt=0)
    pair_burst: float = Field(default=45.0, ge=1)

    defer_after: float = Field(default=5.0, gt=0)
    deferred_bytes: int = Field(default=32 * 1024 * 1024, ge=0)
    stop_pause: float = Field(default=300.0, gt=0)

    unknown: Literal["resend", "fail"] = "resend"
    unknown_wait: float = Field(default=60.0, ge=0)
    ledger_days: float = Field(default=8.0, gt=7)

    window_margin: float = Field(default=60.0, ge=0)
