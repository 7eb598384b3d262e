"""Every knob of ingress; read from the environment by `__main__` alone."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from streaming.kafka_access import KafkaAccess
from streaming.logs import LogLevel

_Filled = Annotated[str, Field(min_length=1)]


class Settings(KafkaAccess):
    """Variables are named `INGRESS_` and the field in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="INGRESS_", frozen=True, coerce_numbers_to_str=True, str_strip_whitespace=True
    )

    app_secret: Annotated[SecretStr, Field(min_length=1)]
    """Signs every webhook; without it anybody could speak for WhatsApp."""
    further_app_secrets: tuple[Annotated[SecretStr, Field(min_length=1)], ...] = ()
    """Of other apps, and the former or the next one while a secret is exchanged: all are valid."""
    verify_token: Annotated[SecretStr, Field(min_length=1)]
    phone_number_ids: Annotated[frozenset[_Filled], Field(min_length=1)]
    """The business numbers whose conversations are ours."""
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    instance_id: str = "ingress-1"
    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None
    otlp_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    """Of the traces that begin here, the share that is recorded; of others their begin decides."""
    ack_seconds: float = Field(default=3.0, gt=0)
    """How long Kafka may take to acknowledge a webhook before WhatsApp is asked to repeat it."""
    in_flight_bytes: int = Field(default=64 * 1024 * 1024, ge=8 * 1024 * 1024)
    """Bodies taken in at once; three quarters of it must hold the largest webhook, 4 MiB."""
