"""The chart that the checks of a deployment are about."""

from pathlib import Path

import pytest

CHART = Path(__file__).parents[2] / "deploy" / "helm" / "whatsapp-agent"


@pytest.fixture(scope="session")
def chart() -> Path:
    return CHART


@pytest.fixture(scope="session")
def examples() -> list[Path]:
    return sorted(CHART.glob("ci/*-values.yaml"))
