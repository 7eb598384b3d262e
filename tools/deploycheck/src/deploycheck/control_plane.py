"""A Kubernetes control plane of our own on loopback: everything real but the nodes and containers.

kwok plays three nodes in three zones; its pods become ready and its Jobs' pods succeed.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploycheck.go_tools import built
from deploycheck.leash import leash
from devstack import processes
from devstack.ports import LOOPBACK, free_port

PATIENCE_S = 120
"""A busy machine is no fault of the control plane."""
FATES = Path(__file__).with_name("fates.yaml")


class NotReady(Exception):
    """A part of the control plane did not come up; its log is named."""


@dataclass(frozen=True)
class ControlPlane:
    """A running API server, with controllers, a scheduler and nodes that are played."""

    folder: Path

    @property
    def kubeconfig(self) -> Path:
        """Who may do everything there."""
        return self.folder / "kubeconfig"

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl of the same version; return what it printed."""
        ran = self.try_kubectl(*arguments, given=given)
        if ran.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {ran.stderr.strip()}")
        return ran.stdout

    def try_kubectl(
        self, *arguments: str, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl and leave it to the caller what its exit code means."""
        command = [str(built("kube")), "kubectl", *arguments]
        return self._run(command, given)

    def helm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Helm against this control plane."""
        return self._run([str(built("helm")), *arguments], None)

    def _run(self, command: Sequence[str], given: str | None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own command
            command,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            env=self._environment(),
        )

    def _environment(self) -> dict[str, str]:
        """Neither a user's cluster nor a user's Helm is ever touched."""
        home = str(self.folder / "home")
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return kept | {"KUBECONFIG": str(self.kubeconfig), "HOME": home, "HELM_CONFIG_HOME": home}


@contextmanager
def control_plane(folder: Path) -> Iterator[ControlPlane]:
    """Start a control plane whose data and logs are in `folder`, and end it with the block."""
    plane = ControlPlane(folder)
    (folder / "home").mkdir(parents=True)
    with leash(folder), ExitStack() as running:
        parts = _Parts(folder, running)
        client = _etcd(parts)
        server = _api_server(parts, client)
        _write_kubeconfig(plane, server, parts.token)
        _await(
            lambda: plane.try_kubectl("get", "--raw", "/readyz").returncode == 0,
            parts,
            "kube-apiserver",
        )
        _controllers(parts, plane)
        for number in range(3):
            plane.kubectl("apply", "-f", "-", given=json.dumps(_node(number)))
        plane.kubectl("wait", "--for=condition=Ready", "node", "--all", f"--timeout={PATIENCE_S}s")
        yield plane


class _Parts:
    """The processes of a control plane, each ended before the ones it needs."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self.folder = folder
        self.token = secrets.token_hex(16)
        self._running = running
        self._ports: set[int] = set()
        self._who: dict[str, processes.Identity] = {}

    def port(self) -> int:
        port = free_port(self._ports)
        self._ports.add(port)
        return port

    def start(self, name: str, *options: str, program: str = "kube") -> None:
        command = [str(built(program)), *([name] if program == "kube" else []), *options]
        who = processes.start(command, env=dict(os.environ), log=self.log(name), cwd=self.folder)
        self._who[name] = who
        self._running.callback(processes.stop, who, number=signal.SIGTERM, grace_s=5)

    def log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def lives(self, name: str) -> bool:
        return processes.is_alive(self._who[name])


def _etcd(parts: _Parts) -> str:
    client, peer = (f"http://{LOOPBACK}:{parts.port()}" for _ in range(2))
    parts.start(
        "etcd",
        f"--data-dir={parts.folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
    )
    _await(lambda: _answers(f"{client}/health"), parts, "etcd")
    return client


def _api_server(parts: _Parts, etcd: str) -> str:
    folder, port = parts.folder, parts.port()
    _signing_key(folder)
    (folder / "tokens.csv").write_text(f'{parts.token},admin,admin,"system:masters"\n')
    parts.start(
        "kube-apiserver",
        f"--etcd-servers={etcd}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--cert-dir={folder / 'certs'}",
        # An address on loopback is refused as one to advertise, so none is.
        "--endpoint-reconciler-type=none",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'sa.pub'}",
        f"--service-account-signing-key-file={folder / 'sa.key'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        "--service-cluster-ip-range=10.96.0.0/16",
    )
    certificate = folder / "certs" / "apiserver.crt"
    _await(certificate.exists, parts, "kube-apiserver")
    return f"https://{LOOPBACK}:{port}"


def _controllers(parts: _Parts, plane: ControlPlane) -> None:
    common = (
        f"--kubeconfig={plane.kubeconfig}",
        f"--bind-address={LOOPBACK}",
        f"--cert-dir={parts.folder / 'certs'}",
        "--leader-elect=false",
    )
    parts.start(
        "kube-controller-manager",
        *common,
        f"--secure-port={parts.port()}",
        f"--service-account-private-key-file={parts.folder / 'sa.key'}",
        f"--root-ca-file={parts.folder / 'certs' / 'apiserver.crt'}",
    )
    parts.start("kube-scheduler", *common, f"--secure-port={parts.port()}")
    parts.start(
        "kwok",
        f"--kubeconfig={plane.kubeconfig}",
        "--manage-all-nodes=true",
        f"--server-address={LOOPBACK}:{parts.port()}",
        "--node-lease-duration-seconds=40",
        f"--config={FATES}",
        program="kwok",
    )


def _signing_key(folder: Path) -> None:
    """Make a key pair for the tokens of service accounts, which nobody gets."""
    openssl = shutil.which("openssl") or "openssl"
    private, public = folder / "sa.key", folder / "sa.pub"
    for command in (
        ["genrsa", "-out", str(private), "2048"],
        ["rsa", "-in", str(private), "-pubout", "-out", str(public)],
    ):
        subprocess.run([openssl, *command], check=True, capture_output=True)  # noqa: S603 - ours


def _write_kubeconfig(plane: ControlPlane, server: str, token: str) -> None:
    certificate = str(plane.folder / "certs" / "apiserver.crt")
    cluster = {
        "server": server,
        "certificate-authority": certificate,
        "tls-server-name": "kubernetes",
    }
    context = {"cluster": "own", "user": "admin"}
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "own", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "own", "context": context}],
        "current-context": "own",
    }
    plane.kubeconfig.touch(mode=0o600)
    plane.kubeconfig.write_text(json.dumps(config))


def _node(number: int) -> object:
    name = f"node-{number}"
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{number}"}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


def _await(ready: Callable[[], bool], parts: _Parts, name: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        if not parts.lives(name) or time.monotonic() > deadline:
            raise NotReady(f"{name} did not come up: {parts.log(name)}")
        time.sleep(0.3)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except OSError:
        return False
