"""What services are told that run for real, wherever they were installed."""

from collections.abc import Mapping

import pytest

from deploy.clean_install import ROOT
from devstack.credentials import Credentials
from devstack.endpoints import S3Endpoint
from devstack.ports import LOOPBACK, free_port
from devstack.services import LOOKUPS, SERVICES, SIMULATOR, Addresses, environment

NOBODY = f"http://{LOOPBACK}:9"
"""Where nothing listens: what is called only once somebody writes."""


@pytest.fixture
def variables(kafka: str, topic_prefix: str, postgres: str, s3: S3Endpoint) -> Mapping[str, str]:
    """Tell everybody everything; each reads what begins with its own name."""
    addresses = Addresses(kafka, postgres, s3.endpoint_url, simulator=NOBODY, ingress=NOBODY)
    keys = Credentials(s3_access_key_id=s3.access_key_id, s3_secret_access_key=s3.secret_access_key)
    told: dict[str, str] = {}
    for name in (*SERVICES, SIMULATOR, LOOKUPS):
        told |= environment(name, port=free_port(), addresses=addresses, keys=keys, root=ROOT)
        told[f"{name.replace('-', '_').upper()}_TOPIC_PREFIX"] = topic_prefix
    return told
