"""Every knob of file-manager. A secret never shows in a message or a log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from streaming.kafka_access import KafkaAccess
from streaming.logs import LogLevel
from streaming.refusing import refusal
from streaming.tls import TlsFiles, UnusableFiles

Text: TypeAlias = Annotated[str, Field(min_length=1)]
Secret: TypeAlias = Annotated[SecretStr, Field(min_length=1)]

_unless_empty = BeforeValidator(lambda given: None if given == "" else given)

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

    s3_endpoint_url: Annotated[HttpUrl | None, _unless_empty] = None
    """None is Amazon's own, of the region."""
    s3_bucket: Text
    s3_region: Text = "us-east-1"
    s3_credentials: Literal["static", "chain"] = "static"
    """`chain` finds them as Amazon's clients do: web identity, container, instance."""
    s3_access_key_id: Annotated[Text | None, _unless_empty] = None
    s3_secret_access_key: Annotated[Secret | None, _unless_empty] = None
    s3_ca_file: Annotated[Path | None, _unless_empty] = None
    """Whom to trust as the endpoint, instead of the usual CAs."""

    concurrency: int = Field(default=8, ge=1)
    """Files on their way at once; each takes up to 45 MiB of memory."""
    max_bytes: int = Field(default=100 * MEBIBYTE, ge=1)
    """Larger files are rejected; WhatsApp's own limit is 100 MB (Meta, media)."""

    @model_validator(mode="after")
    def _s3_fits_together(self) -> Self:
        if wrong := list(self._wrong_with_s3()):
            raise refusal("; ".join(wrong))
        return self

    def _wrong_with_s3(self) -> Iterator[str]:
        static = self.s3_credentials == "static"
        chain = "FILE_MANAGER_S3_CREDENTIALS=chain"
        for field in ("s3_access_key_id", "s3_secret_access_key"):
            given = getattr(self, field) is not None
            if static and not given:
                yield f"FILE_MANAGER_{field.upper()} is missing"
            if given and not static:
                yield f"FILE_MANAGER_{field.upper()} has no effect with {chain}"
        if self.s3_ca_file is not None:
            if self.s3_endpoint_url is not None and self.s3_endpoint_url.scheme != "https":
                yield "FILE_MANAGER_S3_CA_FILE has no effect with an endpoint without TLS"
            try:
                TlsFiles(ca=self.s3_ca_file).context()
            except UnusableFiles as problem:
                yield str(problem)
