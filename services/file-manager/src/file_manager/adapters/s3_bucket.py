"""Which bucket, how to reach it, and how it is to keep what is written to it."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from aiobotocore.config import AioConfig
from pydantic import SecretStr

from domain.ports.files import Filing

_CONNECT_SECONDS = 3.0
FOR_EVER = "always"
_WHO_ASKS = "whatsapp-agent-file-manager/1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where files are kept, the key to it, and how long one of its answers may take.

    Without an endpoint it is Amazon's. Without a key it is found as Amazon's clients do it, and
    found anew when it ends: by web identity, from the container's or the instance's host.
    """

    name: str
    endpoint_url: str | None
    region: str
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None
    ca: Path | None = None
    """Whom to trust as the endpoint, instead of the usual CAs."""
    answer_seconds: float = 30.0
    link_endpoint_url: str | None = None
    """Where those reach it who follow a link, where that is elsewhere."""
    encryption: Literal["AES256", "aws:kms"] | None = None
    """By the server, at rest; none leaves it to the bucket's own default."""
    kms_key_id: str | None = None
    lock: Literal["GOVERNANCE", "COMPLIANCE"] | None = None
    lock_days: int = 0
    """For how long nobody may delete or change a file."""
    rules: bool = False
    """Tag files, and have the bucket delete those whose days are over by rules of its own."""

    def client_config(self) -> AioConfig:
        """Return how to speak to it: retried once, what is more is for the caller to decide.

        Without what costs part of every call and brings nothing: types are checked before we run,
        and our name need not be found anew.
        """
        return AioConfig(
            signature_version="s3v4",
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=self.answer_seconds,
            retries={"mode": "standard", "total_max_attempts": 2},
            s3={"addressing_style": "auto" if self.endpoint_url is None else "path"},
            parameter_validation=False,
            user_agent=_WHO_ASKS,
        )

    def client_arguments(self) -> dict[str, Any]:
        """Return what a client of it is made from."""
        secret = self.secret_access_key
        return {
            "endpoint_url": self.endpoint_url,
            "region_name": self.region,
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": None if secret is None else secret.get_secret_value(),
            "verify": None if self.ca is None else str(self.ca),
            "config": self.client_config(),
        }

    def at_rest(self) -> dict[str, Any]:
        """Return what every write says of encryption."""
        if self.encryption is None:
            return {}
        key = {"SSEKMSKeyId": self.kms_key_id} if self.kms_key_id else {}
        return {"ServerSideEncryption": self.encryption, **key}

    def as_filed(self, filing: Filing, sha256: str) -> dict[str, Any]:
        """Return what the write of a file says of it."""
        original = filing.original_sha256
        return {
            "ContentType": filing.mime_type,
            "Metadata": {
                "sha256": sha256,
                **({"original-sha256": original} if original else {}),
                **({"scanned": "true"} if filing.scanned else {}),
            },
            **self.at_rest(),
            **self._locked(),
            **({"Tagging": urlencode(tags(filing))} if self.rules else {}),
        }

    def _locked(self) -> dict[str, Any]:
        if self.lock is None:
            return {}
        until = datetime.now(UTC) + timedelta(days=self.lock_days)
        return {"ObjectLockMode": self.lock, "ObjectLockRetainUntilDate": until}


def tags(filing: Filing) -> dict[str, str]:
    """Return what a file is tagged with: nothing personal, for rules and bills."""
    return {"kind": filing.kind, "keep": kept(filing.keep_days)}


def kept(days: int | None) -> str:
    """Return the tag's value for so many days."""
    return FOR_EVER if days is None else f"{days}d"


def checksum(sha256: str) -> str:
    """Return a hash as S3 wants it."""
    return b64encode(bytes.fromhex(sha256)).decode()
