"""The addresses of a stack, as `.run/endpoints.json` tells them to people and programs."""

from pathlib import Path

from pydantic import BaseModel

from devstack.state import write_privately


class S3Endpoint(BaseModel, frozen=True):
    """A bucket and the keys to it."""

    endpoint_url: str
    bucket: str
    access_key_id: str
    secret_access_key: str
    region: str = "us-east-1"


class WhatsApp(BaseModel, frozen=True):
    """The platform's side: what its webhooks are signed with and where its Graph API is."""

    app_secret: str
    verify_token: str
    access_token: str
    phone_number_id: str
    graph_url: str
    business_account_id: str
    app_id: str


class Service(BaseModel, frozen=True):
    """One running instance of a service."""

    pid: int
    url: str
    api: str | None = None
    """Where the query API is, if it is switched on."""


class Endpoints(BaseModel, frozen=True):
    """Everything a client of the stack needs to know; holds secrets."""

    ingress: str
    simulator: str
    kafka: str
    postgres: str
    s3: S3Endpoint
    whatsapp: WhatsApp
    services: dict[str, Service]


def publish(path: Path, addresses: Endpoints) -> None:
    """Replace the file in one step, readable by its owner alone."""
    write_privately(path, addresses.model_dump_json(indent=1))
