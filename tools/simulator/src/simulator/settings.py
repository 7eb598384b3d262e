"""Every knob of the simulator, read from `SIMULATOR_…` variables."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from streaming.logs import LogLevel


class Settings(BaseSettings):
    """Where the business listens, what the two sides agreed on, and how fast the world turns."""

    model_config = SettingsConfigDict(env_prefix="SIMULATOR_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    host_names: frozenset[str] = frozenset()
    """By which, besides loopback, it may be called: its name in a network of containers."""
    instance_id: str = "simulator"
    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None

    webhook_url: str
    app_secret: SecretStr
    verify_token: SecretStr
    access_token: SecretStr
    phone_number_id: str
    crm_secret: SecretStr

    display_phone_number: str = "15550783881"
    business_account_id: str = "102290129340398"
    app_id: str = "670843887433847"
    business_name: str = "Harbour Insurance"

    kafka_bootstrap_servers: str | None = None
    topic_prefix: str = ""

    s3_endpoint_url: str | None = None
    s3_bucket: str | None = None
    s3_access_key_id: str | None = None
    s3_secret_access_key: SecretStr | None = None
    s3_region: str = "us-east-1"

    journal: Path | None = None
    """Where to write down what the platform did; the file grows without a bound."""
    seed: int | None = None
    """Makes the faults' dice repeatable."""
    webhook_concurrency: int = Field(default=16, ge=1)
    webhook_timeout_s: float = Field(default=20.0, gt=0)
    webhook_first_pause_s: float = Field(default=0.25, gt=0)
    webhook_longest_pause_s: float = Field(default=10.0, gt=0)
    number_per_second: float = Field(default=80.0, gt=0)
    pair_seconds: float = Field(default=6.0, gt=0)
    pair_burst: float = Field(default=45.0, ge=1)
    sent_after_s: float = Field(default=0.05, ge=0)
    delivered_after_s: float = Field(default=0.15, ge=0)
    read_after_s: float = Field(default=0.6, ge=0)
    media_url_ttl_s: float = Field(default=300.0, gt=0)
    """Five minutes, as Meta's (media page)."""
    media_memory_bytes: int = Field(default=1024**3, gt=0)
    """The oldest files are forgotten beyond this."""
