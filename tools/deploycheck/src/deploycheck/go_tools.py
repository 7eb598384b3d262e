"""The pinned programs that check a deployment, built by Go into a cache, each once."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

GO_MODULES = Path(__file__).parents[2] / "go"


class ToolNotBuilt(Exception):
    """A tool cannot be built; the text says why and what to do."""


@dataclass(frozen=True)
class GoTool:
    """One program: the Go module that pins it, the package to build, what to link in.

    `{version}` in `linked` is the version that go.mod requires of `versioned_by`.
    """

    package: str
    module: str
    versioned_by: str = ""
    linked: str = ""

    @property
    def folder(self) -> Path:
        """Where its go.mod, go.sum and, if it is ours, its source lie."""
        return GO_MODULES / self.module

    def link_flags(self) -> str:
        """Tell the linker to leave out debug tables, and which version the program prints."""
        text = self.linked
        if self.versioned_by:
            text = text.format(version=self._required(self.versioned_by).removeprefix("v"))
        return f"-s -w {text}".strip()

    def fingerprint(self) -> str:
        """Return a digest of everything that the program is made of."""
        digest = hashlib.sha256(self.link_flags().encode())
        for path in sorted(self.folder.glob("*")):
            digest.update(path.name.encode() + path.read_bytes())
        return digest.hexdigest()

    def _required(self, module: str) -> str:
        text = (self.folder / "go.mod").read_text()
        found = re.search(rf"^(?:require)?\s*{re.escape(module)} (v\S+)", text, re.MULTILINE)
        if not found:
            raise ToolNotBuilt(f"{self.folder}/go.mod does not require {module}")
        return found[1]


_KUBE_VERSION = "k8s.io/component-base/version"
# As in Helm's own releases; without it Helm takes every cluster that it cannot ask for v1.20.
_HELM_ASSUMES = " ".join(
    f"-X helm.sh/helm/v3/pkg/{package}.k8sVersionMajor=1"
    f" -X helm.sh/helm/v3/pkg/{package}.k8sVersionMinor=37"
    for package in ("chartutil", "lint/rules")
)

TOOLS: Mapping[str, GoTool] = {
    "helm": GoTool(
        "helm.sh/helm/v3/cmd/helm",
        "helm",
        "helm.sh/helm/v3",
        f"-X helm.sh/helm/v3/internal/version.version=v{{version}} {_HELM_ASSUMES}",
    ),
    "branches": GoTool(".", "branches", linked=_HELM_ASSUMES),
    "helm-unittest": GoTool(
        "github.com/helm-unittest/helm-unittest/cmd/helm-unittest",
        "helm-unittest",
        linked=_HELM_ASSUMES,
    ),
    "helm-docs": GoTool(
        "github.com/norwoodj/helm-docs/cmd/helm-docs",
        "helm-docs",
        "github.com/norwoodj/helm-docs",
        "-X main.version={version}",
    ),
    "kubeconform": GoTool("github.com/yannh/kubeconform/cmd/kubeconform", "kubeconform"),
    "kube-score": GoTool("github.com/zegl/kube-score/cmd/kube-score", "kube-score"),
    "controller-gen": GoTool("sigs.k8s.io/controller-tools/cmd/controller-gen", "crds"),
    "kwok": GoTool("sigs.k8s.io/kwok/cmd/kwok", "kwok"),
    "versitygw": GoTool("github.com/versity/versitygw/cmd/versitygw", "versitygw"),
    "kube": GoTool(
        ".",
        "kube",
        "k8s.io/kubernetes",
        # Without a version Helm and kubectl see v0.0.0, and a chart's kubeVersion refuses that.
        f"-X {_KUBE_VERSION}.gitVersion=v{{version}} -X {_KUBE_VERSION}.gitMajor=1"
        f" -X {_KUBE_VERSION}.gitMinor=37 -X {_KUBE_VERSION}.gitTreeState=clean",
    ),
}
"""Every tool by the name of its program, the dearest last."""


def cache() -> Path:
    """Return the folder of built tools: WA_TOOLS, or `.tools` of this checkout."""
    return Path(os.environ.get("WA_TOOLS") or Path(__file__).parents[4] / ".tools").absolute()


def built(name: str) -> Path:
    """Return the program called `name`, built unless the cache has exactly this one already."""
    tool, folder = TOOLS[name], cache()
    program, stamp = folder / "bin" / name, folder / "built" / name
    with alone(folder / "built" / f"{name}.lock"):
        fingerprint = tool.fingerprint()
        if not (program.exists() and stamp.exists() and stamp.read_text() == fingerprint):
            _build(tool, program)
            stamp.write_text(fingerprint)
    return program


def run_tool(
    name: str, *arguments: object, given: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a tool, built first if need be; what its exit code means is the caller's to say."""
    return subprocess.run(  # noqa: S603 - our own commands
        [str(built(name)), *map(str, arguments)],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def _build(tool: GoTool, program: Path) -> None:
    go = shutil.which("go")
    if not go:
        raise ToolNotBuilt("Go 1.26 or newer is needed to build the tools that check the chart")
    program.parent.mkdir(parents=True, exist_ok=True)
    fresh = program.with_name(f".{program.name}.fresh")
    command = [go, "build", "-trimpath", "-ldflags", tool.link_flags(), "-o", str(fresh)]
    ran = subprocess.run(  # noqa: S603 - our own command
        [*command, tool.package],
        cwd=tool.folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise ToolNotBuilt(f"{program.name} could not be built:\n{ran.stderr[-2000:]}")
    fresh.replace(program)


def environment() -> dict[str, str]:
    """Let Go build only what go.mod and go.sum say, and by the Go that is installed."""
    flags = f"{os.environ.get('GOFLAGS', '')} -mod=readonly".strip()
    return {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": flags, "GOTOOLCHAIN": "local"}


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Two checkouts that share a cache build a tool once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
