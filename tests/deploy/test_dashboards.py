import json
import re
import shutil
import subprocess
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from deploy.observability import (
    ROOT,
    Json,
    dashboards,
    emitted,
    labels_in,
    labels_of,
    listed,
    metrics_in,
    panels,
    queries,
)

BOARDS = dashboards()
EVERY = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
GRAFANA_WORDS = {"$__rate_interval": "5m", "$namespace": ".*", "$job": ".*"}


def variables(board: Json) -> dict[str, Json]:
    return {one["name"]: one for one in board["templating"]["list"]}


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def test_there_is_a_board_for_the_whole_and_for_each_part_that_is_worth_one() -> None:
    assert BOARDS.keys() == {
        *("overview", "session-core", "sender", "files-and-crm", "consumers", "services")
    }


def test_boards_can_be_told_apart_and_keep_their_addresses() -> None:
    assert {board["uid"] for board in BOARDS.values()} == {f"whatsapp-agent-{it}" for it in BOARDS}
    assert len({board["title"] for board in BOARDS.values()}) == len(BOARDS)


@EVERY
def test_a_board_is_one_that_grafana_keeps_as_it_is(board: Json) -> None:
    assert board["schemaVersion"] >= 39
    assert "id" not in board, "Grafana gives it, and two of its databases differ"
    assert "whatsapp-agent" in board["tags"]


@EVERY
def test_whoever_looks_chooses_the_data_source_and_the_installation(board: Json) -> None:
    told = variables(board)
    asking = [*panels(board), *(target for one in panels(board) for target in one["targets"])]

    assert told["datasource"]["query"] == "prometheus"
    assert told["namespace"]["allValue"] == ".*", "compose has no namespaces"
    assert [one for one in asking if one["datasource"] != DATASOURCE] == []


@EVERY
def test_a_panel_asks_for_what_the_services_really_tell(board: Json) -> None:
    for query in queries(board):
        assert metrics_in(query), query
        assert metrics_in(query) - emitted() == set(), query


@EVERY
def test_a_panel_speaks_of_labels_that_its_metrics_have(board: Json) -> None:
    for target in (target for panel in panels(board) for target in panel["targets"]):
        said = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        known = labels_of(metrics_in(target["expr"]))

        assert (labels_in(target["expr"]) | said) - known == set(), target["expr"]


@EVERY
def test_a_panel_shows_the_chosen_installation_only(board: Json) -> None:
    for query in queries(board):
        selectors = re.findall(r"[a-z_]+\{([^}]*)\}", query)

        assert len(selectors) == sum(query.count(f"{name}{{") for name in metrics_in(query))
        assert all('namespace=~"$namespace"' in one for one in selectors), query


@EVERY
def test_no_panel_lies_upon_another(board: Json) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]

    assert [pair for pair in combinations(places, 2) if overlap(*pair)] == []
    assert max(place["x"] + place["w"] for place in places) <= 24
    assert max(Counter(panel["id"] for panel in board["panels"]).values()) == 1


@EVERY
def test_a_panel_has_a_title_and_a_unit(board: Json) -> None:
    assert [one for one in panels(board) if not one["title"]] == []
    assert [
        one["title"] for one in panels(board) if not one["fieldConfig"]["defaults"]["unit"]
    ] == []


def test_every_metric_of_ours_is_on_some_board() -> None:
    shown = {name for board in BOARDS.values() for it in queries(board) for name in metrics_in(it)}
    told = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown} | shown

    assert listed().keys() - told == set()


def test_grafana_of_the_compose_file_shows_them() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    provider = ROOT / "deploy" / "compose" / "grafana" / "dashboards" / "whatsapp-agent.yaml"
    (told,) = yaml.safe_load(provider.read_text())["providers"]

    assert f"./deploy/observability/dashboards:{told['options']['path']}:ro" in text


@pytest.mark.deploy
@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian has it in `prometheus`")
@EVERY
def test_prometheus_can_read_every_query(board: Json, tmp_path: Path) -> None:
    asked = "\n".join(queries(board))
    for word, meant in GRAFANA_WORDS.items():
        asked = asked.replace(word, meant)
    rules = [{"record": f"query_{at}", "expr": it} for at, it in enumerate(asked.splitlines())]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    command = ["promtool", "check", "rules", str(file)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert judged.returncode == 0, judged.stdout + judged.stderr
