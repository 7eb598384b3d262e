"""`docker compose up`, really: our images, and stand-ins for those that a registry would give."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.compose_file import COMPOSE, EXAMPLE, SERVICES
from deploy.docker_engine import PATH, Engine, cache, missing, running_engine
from deploy.infrastructure import STAND_INS, build
from deploy.stand_ins import import_base
from devstack.services import SERVICES as FIVE

pytestmark = [pytest.mark.engine, pytest.mark.timeout(2400)]

PATIENCE_S = 180
ASK = """
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())
"""


@dataclass(frozen=True, slots=True)
class System:
    """The compose file, started."""

    engine: Engine

    def compose(self, *words: str) -> str:
        """Run a command of compose; return what it prints."""
        return compose(self.engine, *words)

    def ask(self, url: str) -> str:
        """Fetch a page through a published port."""
        return self.engine.run(sys.executable, "-c", ASK, url)

    def logs(self, service: str) -> str:
        """Return what a service said."""
        return self.compose("logs", "--no-log-prefix", "--no-color", service)


def compose(engine: Engine, *words: str) -> str:
    return engine.run(str(COMPOSE), "--env-file", str(EXAMPLE), *words)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Start everything as the example says, in a network that leads nowhere else."""
    lacking = missing()
    if lacking:
        pytest.fail(f"to run images this needs {', '.join(lacking)}", pytrace=False)
    folder = cache() / "docker"
    with running_engine(folder) as engine:
        compose(engine, "down", "--volumes", "--remove-orphans")  # of a run that was cut off
        import_base(engine)
        search = f"{PATH}:{os.environ['PATH']}"
        engine.run("make", "images", BUILD_OPTIONS="--network host", PATH=search)
        build(engine, images_of_others(engine), tmp_path_factory.mktemp("stand-ins"))
    with running_engine(folder, apart=True) as engine:
        started = System(engine)
        try:
            started.compose("up", "--detach", "--no-build", "--pull", "never")
            yield started
        finally:
            keep(started, tmp_path_factory.getbasetemp())
            started.compose("down", "--volumes", "--timeout", "20")


def keep(system: System, folder: Path) -> None:
    """Write down what everything said, for whoever has to explain a failure."""
    (folder / "compose.log").write_text(system.compose("logs", "--no-color"))


def images_of_others(engine: Engine) -> dict[str, str]:
    config = json.loads(compose(engine, "config", "--format", "json"))
    return {name: config["services"][name]["image"] for name in STAND_INS}


def eventually(look: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if look():
            return True
        time.sleep(0.5)
    return False


def test_the_demo_shows_what_it_shows_without_containers(system: System) -> None:
    code = system.engine.docker("wait", "whatsapp-agent-demo-1")
    shown = system.logs("demo")

    assert code == "0", shown
    for part in (
        "What is your full name?",
        "session.completed.v1",
        "same bytes as sent  yes",
        "session.completed      signature verified",
        "Chat page: http://127.0.0.1:8090/?user=1555",
    ):
        assert part in shown


def test_everything_that_serves_is_healthy_and_what_runs_once_has_ended_well(
    system: System,
) -> None:
    once = {name for name, one in SERVICES.items() if one.get("healthcheck", {}).get("disable")}

    def settled() -> bool:
        lines = system.compose("ps", "--all", "--format", "json").splitlines()
        found: dict[str, dict[str, Any]] = {one["Service"]: one for one in map(json.loads, lines)}
        serving = found.keys() - once - {"otel-collector"}
        return (
            found.keys() == SERVICES.keys()
            and all(found[name]["Health"] == "healthy" for name in serving)
            and all(found[name]["State"] == "exited" for name in once)
            and all(found[name]["ExitCode"] == 0 for name in once)
        )

    assert eventually(settled), system.compose("ps", "--all")


def test_prometheus_gets_the_figures_of_every_service(system: System) -> None:
    def up() -> bool:
        told = json.loads(system.ask("http://127.0.0.1:9090/api/v1/query?query=up"))
        found = {one["metric"]["job"]: one["value"][1] for one in told["data"]["result"]}
        return found == dict.fromkeys(FIVE, "1")

    assert eventually(up), system.ask("http://127.0.0.1:9090/api/v1/targets")


def test_the_spans_of_every_service_reach_the_collector(system: System) -> None:
    def heard() -> bool:
        said = system.logs("otel-collector")
        return all(f"spans of {name}" in said for name in FIVE)

    assert eventually(heard), system.logs("otel-collector")


def test_the_chat_page_and_the_query_api_are_where_the_example_says(system: System) -> None:
    assert "<html" in system.ask("http://127.0.0.1:8090/")
    with pytest.raises(AssertionError, match="HTTP Error 401"):
        system.ask("http://127.0.0.1:8081/sessions")


def test_nothing_listens_beyond_the_own_machine(system: System) -> None:
    published = system.engine.docker("ps", "--format", "{{.Ports}}")

    assert "127.0.0.1:8090->8080" in published
    assert "0.0.0.0:" not in published
    assert ":::" not in published


def test_what_is_up_can_be_brought_up_again(system: System) -> None:
    others = sorted(SERVICES.keys() - {"demo"})  # which has played, and is looked at elsewhere
    system.compose("up", "--detach", "--no-build", "--pull", "never", *others)

    assert "all topics are there" in system.logs("topics")
    assert "nothing to apply" in system.logs("migrate")
    assert "is there" in system.logs("bucket")
