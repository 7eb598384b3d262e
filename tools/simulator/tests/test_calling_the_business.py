"""What goes over the wire to a business that really listens."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from simulator.http_caller import HttpCaller, NoAnswer


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/moved":
            raise web.HTTPFound("/elsewhere")
        said = f"{request.method} {request.query_string} {await request.text()}"
        return web.Response(status=403, text=f"{said} {request.headers.get('X-Hub')}")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


@pytest.fixture
async def caller() -> AsyncIterator[HttpCaller]:
    caller = HttpCaller(timeout_s=5)
    yield caller
    await caller.close()


async def test_bytes_and_headers_arrive_and_the_answer_comes_back_with_its_status(
    caller: HttpCaller, url: str
) -> None:
    answer = await caller.call("POST", url, headers={"X-Hub": "signed"}, content=b"a body")

    assert (answer.status, answer.text) == (403, "POST  a body signed")


async def test_a_question_without_body_keeps_its_query(caller: HttpCaller, url: str) -> None:
    answer = await caller.call("GET", f"{url}?hub.challenge=7", headers={}, content=b"")

    assert answer.text == "GET hub.challenge=7  None"


async def test_a_redirect_is_an_answer_like_any_other(caller: HttpCaller, url: str) -> None:
    assert (await caller.call("GET", f"{url}moved", headers={}, content=b"")).status == 302


async def test_nobody_listening_is_no_answer(caller: HttpCaller) -> None:
    with pytest.raises(NoAnswer):
        await caller.call("POST", "http://127.0.0.1:1/", headers={}, content=b"{}")
