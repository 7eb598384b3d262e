"""The chart that the checks are about, and its examples."""

from pathlib import Path

CHART = Path(__file__).parents[4] / "deploy" / "helm" / "whatsapp-agent"


def example(name: str) -> Path:
    """Return the values of the example called `name`."""
    return CHART / "ci" / f"{name}-values.yaml"


def examples() -> list[Path]:
    """Return the values of every example."""
    return sorted(CHART.glob("ci/*-values.yaml"))
