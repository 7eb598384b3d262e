"""Every knob of the example."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from streaming.kafka_access import KafkaAccess
from streaming.logs import LogLevel


class Settings(KafkaAccess):
    """Read from variables that begin with `LOOKUPS_`."""

    model_config = SettingsConfigDict(env_prefix="LOOKUPS_", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    """Of /livez, /readyz and /metrics; 0 takes a free one."""
    instance_id: str = Field(default="lookups-1", min_length=1)
    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None
    otlp_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    """Of the traces that begin here, the share that is recorded; of others their begin decides."""
    table: Path
    """What the desk knows; read anew for every question."""
