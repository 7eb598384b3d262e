"""Passwords, tokens and keys of one checkout: made up once, readable by its owner alone."""

import base64
import secrets
import uuid
from pathlib import Path

from pydantic import BaseModel, Field

from devstack.state import write_once


def _token() -> str:
    return secrets.token_hex(16)


def _phone_number_id() -> str:
    return str(10**14 + secrets.randbelow(9 * 10**14))


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _cluster_id() -> str:
    # The leading hyphen that some ids have would be taken for an option by Kafka's tools.
    return "k" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]


class Credentials(BaseModel, frozen=True):
    """Everything of this checkout that nobody else may know, and the ids made up with it."""

    app_secret: str = Field(default_factory=_token)
    verify_token: str = Field(default_factory=_token)
    access_token: str = Field(default_factory=_token)
    phone_number_id: str = Field(default_factory=_phone_number_id)
    crm_secret: str = Field(default_factory=_webhook_secret)
    postgres_password: str = Field(default_factory=_token)
    s3_access_key_id: str = Field(default_factory=_token)
    s3_secret_access_key: str = Field(default_factory=_token)
    kafka_cluster_id: str = Field(default_factory=_cluster_id)


def credentials(path: Path) -> Credentials:
    """Read the checkout's credentials; the first call makes them up."""
    if not path.exists():
        write_once(path, Credentials().model_dump_json(indent=1))
    return Credentials.model_validate_json(path.read_bytes())
