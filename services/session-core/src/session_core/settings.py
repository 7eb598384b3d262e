"""Every knob of session-core, with defaults that work on a laptop."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from session_core.adapters.postgres_address import complaint
from streaming.kafka_access import KafkaAccess
from streaming.logs import LogLevel
from streaming.refusing import Unfit, refusal

_SHORTEST_TOKEN = 16


class DatabaseSettings(BaseSettings):
    """What a migration needs."""

    model_config = SettingsConfigDict(
        env_prefix="SESSION_CORE_", frozen=True, hide_input_in_errors=True
    )

    database_url: SecretStr
    """`postgresql://…`; of TLS it tells by `?sslmode=verify-full&sslrootcert=/path`."""

    @field_validator("database_url")
    @classmethod
    def _can_be_called(cls, url: SecretStr) -> SecretStr:
        if (wrong := complaint(url.get_secret_value())) is not None:
            raise refusal(f"SESSION_CORE_DATABASE_URL: {wrong}")
        return url


class OperatorSettings(DatabaseSettings, KafkaAccess):
    """What an operator's command needs."""

    model_config = SettingsConfigDict(env_prefix="SESSION_CORE_", frozen=True)


class Settings(OperatorSettings):
    """What the service needs. Variables begin with `SESSION_CORE_`."""

    flows_dir: Path
    flows_look_seconds: float = Field(default=2.0, gt=0)
    """Between two looks at the flow files; changes count at the second look after them."""
    instance_id: str = "session-core-1"
    host: str = "127.0.0.1"
    port: int = 8080
    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None
    otlp_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    """Of the traces that begin here, the share that is recorded; of others their begin decides."""
    batch_commands: int = Field(default=1000, ge=1)
    """Commands decided and stored at once, at most."""
    lanes: int = Field(default=2, ge=1)
    """Loops over the shards: one decides while another waits for the database."""
    people_in_memory: int = Field(default=20_000, ge=1)
    """People kept so that their history need not be read again; of all shards together."""
    api_port: int | None = Field(default=None, ge=0, le=65535)
    """Where the query API listens; there is none without."""
    api_token: SecretStr | None = Field(default=None, validate_default=True)
    """What its callers must know."""
    api_connections: int = Field(default=4, ge=1)
    """To the database, for the query API alone."""
    session_seconds: float = Field(default=8.0, ge=6, le=10)
    """Without a sign of life, after which the other instances take our partitions."""
    transaction_seconds: float = Field(default=4.0, gt=0)
    """After which Kafka gives up a transaction that a dead owner left open."""

    @field_validator("api_token")
    @classmethod
    def _guards_the_api(cls, token: SecretStr | None, known: ValidationInfo) -> SecretStr | None:
        if token is None and known.data.get("api_port") is not None:
            raise PydanticCustomError("missing", "an open port needs a token")
        if token is not None and len(token.get_secret_value()) < _SHORTEST_TOKEN:
            raise Unfit(f"must have {_SHORTEST_TOKEN} letters or more")
        return token
