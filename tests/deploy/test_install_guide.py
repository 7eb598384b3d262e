"""The values of the install guide are ones that the chart takes."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploycheck.chart import CHART
from deploycheck.go_tools import cache

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/install-on-kubernetes.md").read_text()
HELM = shutil.which("helm", path=f"{cache() / 'bin'}{os.pathsep}{os.environ['PATH']}")
VALUES = re.findall(r"^```yaml\n# values.yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)

pytestmark = pytest.mark.skipif(
    HELM is None or not CHART.exists(), reason="needs helm: `make deploy-check` has it"
)


@pytest.mark.parametrize("values", VALUES, ids=["without Strimzi", "with Strimzi"])
def test_values_of_the_guide_are_taken_by_the_chart(values: str, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(values)
    command = [str(HELM), "template", "chat", str(CHART), "--values", str(file)]
    done = subprocess.run(  # noqa: S603 our own arguments
        [*command, "--namespace", "whatsapp", "--kube-version", "1.37.0"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    kinds = {one["kind"] for one in yaml.safe_load_all(done.stdout) if one}
    assert {"Deployment", "StatefulSet", "Job"} <= kinds
