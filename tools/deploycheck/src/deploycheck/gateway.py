"""Another real S3 than the laptop's: versitygw, which keeps versions, tags and checksums."""

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploycheck.go_tools import built
from devstack.endpoints import S3Endpoint
from devstack.ports import LOOPBACK, free_port

BUCKET = "whatsapp-files"
_START_SECONDS = 30.0


class GatewayNotStarted(Exception):
    """It does not answer; says what it said last."""


@contextmanager
def gateway(folder: Path, *, keeps_versions: bool = True) -> Iterator[S3Endpoint]:
    """Serve a folder as S3, with one bucket, until the block ends."""
    keys, port = (secrets.token_hex(8), secrets.token_hex(16)), free_port(set())
    (folder / "data" / BUCKET).mkdir(parents=True)
    (folder / "versions").mkdir()
    versions = ["--versioning-dir", str(folder / "versions")] if keeps_versions else []
    command = [
        *(str(built("versitygw")), "--port", f"{LOOPBACK}:{port}", "--quiet", "--keep-alive"),
        *("posix", *versions, str(folder / "data")),
    ]
    environment = {**os.environ, "ROOT_ACCESS_KEY": keys[0], "ROOT_SECRET_KEY": keys[1]}
    log = folder / "gateway.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 our own command
            command, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait(process, port, log)
        yield S3Endpoint(
            endpoint_url=f"http://{LOOPBACK}:{port}",
            bucket=BUCKET,
            access_key_id=keys[0],
            secret_access_key=keys[1],
            region="us-east-1",
        )
    finally:
        process.terminate()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
        time.sleep(0.05)
    raise GatewayNotStarted(log.read_text(errors="replace")[-500:])
