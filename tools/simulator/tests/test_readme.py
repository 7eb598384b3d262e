"""What the README shows works: each control call, and each variable."""

import json
import re
from pathlib import Path

import httpx

from simulator.settings import Settings

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
CALLS = [
    (*head.split(" ", 1), body)
    for head, _, body in (
        block.partition("\n") for block in re.findall(r"```http\n(.*?)\n```", README, re.DOTALL)
    )
]
OF_THE_PAGE = {"/simulator/stream", "/simulator/media/{media_id}", "/simulator/files/{file_id}"}


async def test_every_call_of_the_readme_works_in_the_order_in_which_it_stands_there(
    client: httpx.AsyncClient,
) -> None:
    for method, path, body in CALLS:
        answer = await client.request(method, path, json=json.loads(body) if body else None)

        assert answer.is_success, (method, path, answer.text)


async def test_every_control_call_that_there_is_stands_in_the_readme(
    client: httpx.AsyncClient,
) -> None:
    document = (await client.get("/simulator/openapi.json")).json()
    known = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/simulator/") and path not in OF_THE_PAGE
    }
    shown = {
        (method, path)
        for method, path in known
        if any(called == method and _leads_to(path, target) for called, target, _ in CALLS)
    }

    assert shown == known


def test_every_variable_stands_in_the_readme() -> None:
    missing = [name for name in Settings.model_fields if f"`{name.upper()}`" not in README]

    assert missing == []


def _leads_to(template: str, path: str) -> bool:
    pattern = re.sub(r"\{\w+\}", "[^/]+", template)
    return re.fullmatch(pattern, path) is not None
