"""Only this laptop's own page and tools may use the simulator, not every page in its browser."""

import httpx
import pytest

from simulator.app import build
from simulator.platform import Simulator
from simulator.settings import Settings

ANA = "15550001111"
WRITE = f"/simulator/users/{ANA}/messages"
TEXT = '{"type": "text", "text": {"body": "hi"}}'
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example",
        "rebound.example:8080",
        "127.0.0.1.rebound.example",
        "localhost.rebound.example",
        "192.168.1.7:8080",
        "10.0.0.1",
        "[::1",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/", "/simulator/users", "/static/app.js"])
async def test_a_foreign_name_for_this_computer_reads_nothing(
    client: httpx.AsyncClient, host: str, path: str
) -> None:
    answer = await client.get(path, headers={"host": host})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "LOCALHOST", "127.0.0.1:8080", "127.1.2.3", "[::1]:80"]
)
async def test_each_name_of_this_very_computer_is_answered(
    client: httpx.AsyncClient, host: str
) -> None:
    answer = await client.get("/simulator/users", headers={"host": host})

    assert answer.status_code == 200


async def test_a_name_that_it_was_given_is_answered_and_no_other(settings: Settings) -> None:
    named = settings.model_copy(update={"host_names": frozenset({"simulator"})})
    web = build(named).web
    asked = {"simulator:8080": 200, "localhost": 200, "simulator.example": 403, "sender": 403}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=web), base_url="http://localhost"
    ) as client:
        answers = {
            host: (await client.get("/simulator/users", headers={"host": host})).status_code
            for host in asked
        }

    assert answers == asked


@pytest.mark.parametrize(
    "origin",
    ["https://elsewhere.example", "null", "http://localhost:8081", "https://localhost", ""],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", WRITE), ("PUT", "/simulator/faults"), ("DELETE", "/simulator/faults")],
)
async def test_a_page_of_another_origin_changes_nothing(
    client: httpx.AsyncClient, platform: Simulator, method: str, path: str, origin: str
) -> None:
    answer = await client.request(method, path, content=TEXT, headers={**JSON, "origin": origin})

    assert answer.status_code == 403
    assert platform.people.everybody() == []


async def test_the_simulators_own_page_may_write(client: httpx.AsyncClient) -> None:
    own = {**JSON, "host": "127.0.0.1:8080", "origin": "http://127.0.0.1:8080"}

    answer = await client.post(WRITE, content=TEXT, headers=own)

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "declared", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"]
)
@pytest.mark.parametrize("path", [WRITE, "/simulator/webhooks/raw"])
async def test_a_body_that_any_form_could_send_is_not_taken_for_json(
    client: httpx.AsyncClient, platform: Simulator, path: str, declared: str
) -> None:
    answer = await client.post(path, content=TEXT, headers={"content-type": declared})

    assert answer.status_code == 415
    assert platform.people.everybody() == []


async def test_a_body_in_json_may_name_its_character_set(client: httpx.AsyncClient) -> None:
    declared = {"content-type": "Application/JSON; charset=utf-8"}

    answer = await client.post(WRITE, content=TEXT, headers=declared)

    assert answer.status_code == 200
