"""The platform of these tests does what Meta does, where a test of the sender relies on it."""

import asyncio

from aiohttp import ClientSession
from stage import Graph, serving

from streaming.testing import until


async def test_a_reply_that_was_accepted_gets_its_status_although_the_sender_died_in_the_call() -> (
    None
):
    graph, hung_up, told = Graph(), asyncio.Event(), list[str]()

    async def tell_status(reply: str) -> None:
        await hung_up.wait()
        told.append(reply)

    graph.accepted = tell_status
    body = {"biz_opaque_callback_data": "a-reply", "text": {"body": "Hello"}}
    async with serving(graph) as server, ClientSession() as sender:
        call = asyncio.create_task(sender.post(f"{graph.url}v24.0/1/messages", json=body))
        await graph.called.wait()
        [connection] = server.connections
        call.cancel()
        await until(lambda: connection.transport is None)
        hung_up.set()
        graph.answers.set()
        await until(lambda: graph.at_once == 0)

    assert told == ["a-reply"]
