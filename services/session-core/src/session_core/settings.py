"""Every knob of session-core, with defaults that work on a laptop."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from streaming.logs import LogLevel


class DatabaseSettings(BaseSettings):
    """What a migration needs."""

    model_config = SettingsConfigDict(env_prefix="SESSION_CORE_", frozen=True)

    database_url: SecretStr


class OperatorSettings(DatabaseSettings):
    """What an operator's command needs."""

    kafka_bootstrap_servers: str
    topic_prefix: str = ""


class Settings(OperatorSettings):
    """What the service needs. Variables begin with `SESSION_CORE_`."""

    flows_dir: Path
    instance_id: str = "session-core-1"
    host: str = "127.0.0.1"
    port: int = 8080
    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None
    batch_commands: int = Field(default=500, ge=1)
    """Commands decided and stored at once, at most."""
    lanes: int = Field(default=2, ge=1)
    """Loops over the shards: one decides while another waits for the database."""
    people_in_memory: int = Field(default=20_000, ge=1)
    """People kept so that their history need not be read again; of all shards together."""
    transaction_seconds: float = Field(default=4.0, gt=0)
    """After which Kafka gives up a transaction that a dead owner left open."""
