"""A Docker engine of one test run alone: as root, from Debian's packages, reaching no registry."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.clean_install import ROOT
from deploycheck import go_tools

NEEDED = ("dockerd", "docker", "ip", "nsenter", "setpriv", "iptables", "mmdebstrap")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where Debian keeps the engine and the client that fits it, before any other."""
PATIENCE_S = 90
CONTROL_GROUP = "wa-images"
_GROUPS = Path("/sys/fs/cgroup/cpu")
_SHARES = "16384"
"""Of all containers together: by default they get no more than a single process."""


def cache() -> Path:
    """Return the folder that keeps what is dear to make, beside the tools that check the chart."""
    return go_tools.cache() / "images"


def missing() -> list[str]:
    """Name what this machine lacks to run an engine."""
    lacking = [name for name in NEEDED if shutil.which(name, path=PATH) is None]
    return lacking if os.geteuid() == 0 else ["the rights of root", *lacking]


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine; `inside` gets a command into its network."""

    socket: Path
    inside: tuple[str, ...] = ()

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes clients talk to this engine and to no other."""
        return {
            "PATH": PATH,
            "HOME": os.environ.get("HOME", "/"),
            "DOCKER_HOST": f"unix://{self.socket}",
        }

    def docker(self, *words: str) -> str:
        """Run a client's command; return what it prints. Raises CalledProcessError."""
        return self.run("docker", *words)

    def run(self, *command: str, **variables: str) -> str:
        """Run a program beside the engine's containers; return what it prints."""
        done = subprocess.run(  # noqa: S603 - our own command
            [*self.inside, *command],
            cwd=ROOT,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}"
        return done.stdout.strip()


@contextmanager
def running_engine(folder: Path, *, apart: bool = False) -> Iterator[Engine]:
    """Run an engine whose images stay in `folder`.

    Its containers can only share this machine's network; or, `apart`, they have bridges in a
    network of the engine's own, from which no way leads out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not apart:
        with _daemon(folder, (), "--bridge", "none", "--iptables=false", "--ip6tables=false") as it:
            yield it
        return
    with _own_network() as inside, _daemon(folder, inside, "--bip", "172.30.0.1/24") as it:
        yield it


@contextmanager
def _own_network() -> Iterator[tuple[str, ...]]:
    name = f"wa-{secrets.token_hex(4)}"
    ip = shutil.which("ip", path=PATH) or "ip"
    subprocess.run([ip, "netns", "add", name], check=True)  # noqa: S603 - our own command
    try:
        subprocess.run([ip, "-n", name, "link", "set", "lo", "up"], check=True)  # noqa: S603
        # `ip netns exec` would hide the cgroups.
        yield ("nsenter", f"--net=/run/netns/{name}")
    finally:
        subprocess.run([ip, "netns", "del", name], check=True)  # noqa: S603 - our own command


@contextmanager
def _daemon(folder: Path, inside: tuple[str, ...], *network: str) -> Iterator[Engine]:
    _weigh()
    socket = folder / "docker.sock"
    socket.unlink(missing_ok=True)
    leashed = ("setpriv", "--pdeathsig", "TERM", "dockerd")
    data = ("--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec")
    own = ("--pidfile", f"{folder}/pid", "-H", f"unix://{socket}", "--storage-driver", "overlay2")
    group = ("--cgroup-parent", f"/{CONTROL_GROUP}")
    with (folder / "dockerd.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*inside, *leashed, *data, *own, *group, *network],
            env={**os.environ, "PATH": PATH},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(process, Engine(socket, inside), folder / "dockerd.log")
        yield Engine(socket, inside)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE_S)
        process.kill()
        process.wait()


def _weigh() -> None:
    if (_GROUPS / "cpu.shares").exists():
        (_GROUPS / CONTROL_GROUP).mkdir(exist_ok=True)
        (_GROUPS / CONTROL_GROUP / "cpu.shares").write_text(_SHARES)


def _await(process: subprocess.Popen[bytes], engine: Engine, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(AssertionError):
            engine.docker("version")
            return
        time.sleep(0.2)
    raise AssertionError(f"dockerd does not answer: {log.read_text()[-2000:]}")
