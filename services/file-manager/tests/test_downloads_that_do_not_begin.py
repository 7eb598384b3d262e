"""A host that takes a request and answers by drops keeps nobody's place for ever."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from domain.ports.files import MediaUnavailable
from file_manager.adapters.whatsapp_media import GraphApi, WhatsAppMedia

LINK = "https://lookaside.fbsbx.com/whatsapp/1"


async def answer(request: httpx.Request) -> httpx.Response:
    if request.url.host == "lookaside.fbsbx.com":
        await asyncio.Event().wait()
    return httpx.Response(200, content=told())


async def told() -> AsyncIterator[bytes]:
    yield json.dumps({"url": LINK}).encode()


async def test_a_download_that_does_not_begin_is_given_up() -> None:
    graph = GraphApi(
        url="https://graph.facebook.com/",
        version="v24.0",
        token=SecretStr("token"),
        look_up_seconds=0.05,
    )
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        with pytest.raises(MediaUnavailable, match="does not begin"):
            async with (
                asyncio.timeout(10),
                WhatsAppMedia(http, graph).open("1", phone_number_id="1060", link=LINK),
            ):
                pass
