"""Every knob of file-manager. A secret never shows in a message or a log."""

from typing import Annotated, TypeAlias

from pydantic import Field, HttpUrl, SecretStr
from pydantic_settings import SettingsConfigDict

from streaming.kafka_access import KafkaAccess
from streaming.logs import LogLevel

Text: TypeAlias = Annotated[str, Field(min_length=1)]
Secret: TypeAlias = Annotated[SecretStr, Field(min_length=1)]

MEBIBYTE = 1024 * 1024


class Settings(KafkaAccess):
    """Read from variables that begin with `FILE_MANAGER_`."""

    model_config = SettingsConfigDict(
        env_prefix="FILE_MANAGER_", frozen=True, hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: int = Field(ge=0, le=65535)
    """Of /livez, /readyz and /metrics; 0 takes a free one."""
    instance_id: Text = "file-manager-1"
    log_level: LogLevel = "info"
    otlp_endpoint: str | None = None
    otlp_sample_ratio: float = Field(default=1.0, ge=0, le=1)
    """Of the traces that begin here, the share that is recorded; of others their begin decides."""

    graph_url: HttpUrl
    graph_version: Text = "v24.0"
    access_token: Secret
    media_hosts: frozenset[str] = frozenset({"lookaside.fbsbx.com"})
    """Hosts, besides the Graph API's own, that media may be fetched from with the token."""
    transfer_seconds: float = Field(default=600.0, gt=0)
    """The longest that one download may take."""

    s3_endpoint_url: HttpUrl
    s3_bucket: Text
    s3_access_key_id: Text
    s3_secret_access_key: Secret
    s3_region: Text = "us-east-1"

    concurrency: int = Field(default=8, ge=1)
    """Files on their way at once; each takes up to 45 MiB of memory."""
    max_bytes: int = Field(default=100 * MEBIBYTE, ge=1)
    """Larger files are rejected; WhatsApp's own limit is 100 MB (Meta, media)."""
