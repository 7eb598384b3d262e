"""Every knob of file-manager. A secret never shows in a message or a log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, HttpUrl, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from streaming.kafka_access import KafkaAccess
from streaming.logs import LogLevel
from streaming.refusing import like, refusal
from streaming.tls import TlsFiles, UnusableFiles

Text: TypeAlias = Annotated[str, Field(min_length=1)]
HostAndPort: TypeAlias = Annotated[
    str,
    like(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}", "must be host:port, as in clamd:3310"),
]
Secret: TypeAlias = Annotated[SecretStr, Field(min_length=1)]

_unless_empty = BeforeValidator(lambda given: None if given == "" else given)

MEBIBYTE = 1024 * 1024
_SHORTEST_TOKEN = 16
"""Shorter ones keep nobody out."""


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

    s3_encryption: Literal["none", "AES256", "aws:kms"] = "none"
    """Asked for with each write; `none` leaves it to the bucket's own default."""
    s3_kms_key_id: Annotated[Text | None, _unless_empty] = None
    """Of `aws:kms`; none is the bucket's, or Amazon's own."""
    s3_object_lock: Literal["none", "GOVERNANCE", "COMPLIANCE"] = "none"
    """Whether nobody may delete or change a file for a while; nor can a person be erased then."""
    s3_object_lock_days: int = Field(default=0, ge=0)
    s3_rules: bool = False
    """Tag files, and write the bucket's lifecycle rules for those that are kept for some days."""
    s3_link_endpoint_url: Annotated[HttpUrl | None, _unless_empty] = None
    """Where those reach the bucket who follow a link, where that is elsewhere."""

    api_port: int | None = Field(default=None, ge=0, le=65535)
    """Of `GET /files/{key}`; without it, nobody gets links."""
    api_token: Annotated[
        Annotated[SecretStr, Field(min_length=_SHORTEST_TOKEN)] | None, _unless_empty
    ] = None
    """What whoever asks has to show, as a bearer token."""
    link_seconds: int = Field(default=300, ge=1, le=604_800)
    """For how long a link works; at most seven days."""
    janitor_hours: float = Field(default=6.0, gt=0)
    """How often the bucket is tidied: uploads that nobody ended, files whose days are over."""

    scan: Literal["required", "optional", "off"] = "off"
    """Whether ClamAV looks at files before they are kept; where it has to, they wait for it."""
    clamd_address: Annotated[HostAndPort | None, _unless_empty] = None
    """Where ClamAV's daemon listens, such as `clamd:3310`."""

    concurrency: int = Field(default=8, ge=1)
    """Files on their way at once; each takes up to `max_bytes` of the disk for temporary files."""
    bytes_per_second: int | None = Field(default=None, ge=1)
    """How fast all downloads together may be; without it, as fast as can be."""
    max_bytes: int = Field(default=100 * MEBIBYTE, ge=1)
    """Larger files are rejected; WhatsApp's own limit is 100 MB (Meta, media)."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if wrong := [*self._wrong_with_s3(), *self._wrong_with_keeping(), *self._wrong_with_scan()]:
            raise refusal("; ".join(wrong))
        return self

    def _wrong_with_keeping(self) -> Iterator[str]:
        if (self.api_port is None) != (self.api_token is None):
            yield "FILE_MANAGER_API_PORT and FILE_MANAGER_API_TOKEN go together"
        if self.s3_kms_key_id is not None and self.s3_encryption != "aws:kms":
            yield "FILE_MANAGER_S3_KMS_KEY_ID needs FILE_MANAGER_S3_ENCRYPTION=aws:kms"
        if (self.s3_object_lock == "none") != (self.s3_object_lock_days == 0):
            yield "FILE_MANAGER_S3_OBJECT_LOCK and FILE_MANAGER_S3_OBJECT_LOCK_DAYS go together"

    def _wrong_with_scan(self) -> Iterator[str]:
        given = self.clamd_address is not None
        if self.scan != "off" and not given:
            needs = f"FILE_MANAGER_SCAN={self.scan} needs"
            yield f"FILE_MANAGER_CLAMD_ADDRESS is missing, which {needs}"
        if self.scan == "off" and given:
            yield "FILE_MANAGER_CLAMD_ADDRESS has no effect with FILE_MANAGER_SCAN=off"

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
