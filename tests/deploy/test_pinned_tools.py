import re
from pathlib import Path

from deploycheck.go_tools import GO_MODULES, TOOLS
from deploycheck.schemas import VERSIONS

ROOT = Path(__file__).parents[2]


def required(folder: str, module: str) -> str:
    text = (GO_MODULES / folder / "go.mod").read_text()
    found = re.search(rf"^(?:require )?\s*{re.escape(module)} v(\S+)", text, re.MULTILINE)

    assert found, f"{folder} does not require {module}"
    return found[1]


def test_every_tool_is_pinned_with_the_checksums_of_all_it_is_made_of() -> None:
    unpinned = [name for name, tool in TOOLS.items() if not (tool.folder / "go.sum").exists()]

    assert unpinned == []


def test_every_pinned_module_is_a_tool() -> None:
    pinned = {path.parent.name for path in GO_MODULES.glob("*/go.mod")}

    assert pinned == {tool.module for tool in TOOLS.values()}


def test_the_watcher_of_branches_renders_by_the_same_helm() -> None:
    assert required("branches", "helm.sh/helm/v3") == required("helm", "helm.sh/helm/v3")


def test_the_api_server_has_the_version_of_the_newest_schemas() -> None:
    served = required("kube", "k8s.io/kubernetes").split(".")

    assert VERSIONS[-1].split(".")[:2] == served[:2]


def test_the_oldest_schemas_are_of_the_oldest_kubernetes_that_the_chart_takes() -> None:
    chart = (ROOT / "deploy" / "helm" / "whatsapp-agent" / "Chart.yaml").read_text()

    assert f'kubeVersion: ">={VERSIONS[0]}-0"' in chart
