"""Write the chart's copies of what is defined elsewhere, or with --check tell which are stale.

A chart can read nothing outside its own folder.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from domain.topics import ALL

ROOT = Path(__file__).parents[1]
CHART_FILES = ROOT / "deploy" / "helm" / "whatsapp-agent" / "files"
OBSERVABILITY = ROOT / "deploy" / "observability"
COPIED = (("alerts", "*.yaml"), ("dashboards", "*.json"))


def wanted() -> Iterator[tuple[Path, str]]:
    """Give every file of ours below the chart's `files`, with its text."""
    yield Path("topics.yaml"), topics()
    for folder, pattern in COPIED:
        for source in sorted((OBSERVABILITY / folder).glob(pattern)):
            if not source.stem.endswith("_test"):
                yield Path(folder) / source.name, source.read_text(encoding="utf-8")


def topics() -> str:
    """List the topics as `domain.topics` has them; replicas and partitions are the values'."""
    listed = [{"name": topic.name, "config": dict(topic.settings)} for topic in ALL]
    return (
        "# Written by tools/write_chart_files.py from domain.topics; do not edit.\n"
        + yaml.safe_dump(listed, sort_keys=False)
    )


def present() -> Iterator[Path]:
    """Give the files that lie there, whoever wrote them."""
    for file in sorted(CHART_FILES.rglob("*")):
        if file.is_file():
            yield file.relative_to(CHART_FILES)


def stale() -> list[str]:
    """Tell what is missing, changed, or has no source any more."""
    texts = dict(wanted())
    return [str(path) for path in present() if path not in texts] + [
        str(path)
        for path, text in texts.items()
        if not (CHART_FILES / path).is_file()
        or (CHART_FILES / path).read_text(encoding="utf-8") != text
    ]


def write() -> None:
    """Bring the chart's copies to what their sources say."""
    texts = dict(wanted())
    for path in list(present()):
        if path not in texts:
            (CHART_FILES / path).unlink()
    for path, text in texts.items():
        (CHART_FILES / path).parent.mkdir(parents=True, exist_ok=True)
        (CHART_FILES / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        write()
    elif names := stale():
        sys.exit(f"stale in the chart, `make schemas` writes them anew: {', '.join(names)}")
