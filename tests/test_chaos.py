"""Two minutes in which everything is killed, stopped and cut while people talk."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIMIT_S = 780


@pytest.mark.system
@pytest.mark.timeout(LIMIT_S + 60)
def test_two_minutes_of_faults_lose_double_and_reorder_nothing() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "chaos", "--minutes", "2", "--seed", "616", "--people", "100"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT_S,
        check=False,
    )
    assert (ROOT / ".run" / "chaos.json").exists(), ran.stdout.decode()
    report = json.loads((ROOT / ".run" / "chaos.json").read_text())

    broken = [verdict for verdict in report["invariants"] if not verdict["holds"]]
    assert broken == [], ran.stdout.decode()
    assert ran.returncode == 0, ran.stdout.decode()
    assert (report["seed"], report["faults"]["total"] >= 12) == (616, True)
    answered = {one["name"]: one["checked"] for one in report["invariants"]}["I1 messages"]
    assert answered["answered"] > 200
    searched = {one["name"]: one["checked"] for one in report["invariants"]}["privacy"]
    assert min(searched.values()) > 0
    assert (searched["lines of spans"] > 2000, searched["numbers"] > 50) == (True, True)
