"""The rivals of ingress, each in a process of its own.

`starlette` verifies nothing, parses nothing and produces the body with the same acknowledgement,
on the same HTTP server with the same settings. `pywa` is pywa's own webhook server: it verifies,
parses, calls a handler that does nothing, and keeps nothing.
"""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from typing import Any

import uvloop
from aiokafka import AIOKafkaProducer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bench.webhooks import SECRET
from streaming.http import HttpServer
from streaming.kafka import KafkaSettings, broker


def starlette(producer: Any, topic: str) -> Starlette:
    """Give the application that only produces."""

    async def receive(request: Request) -> Response:
        await producer.send_and_wait(topic, await request.body())
        return Response(status_code=200)

    return Starlette(routes=[Route("/webhook", receive, methods=["POST"])])


def pywa() -> Starlette:
    """Give pywa's server as its documentation has it, for bodies that are signed."""
    from bench.pywa_server import server  # noqa: PLC0415 only the bench group brings it

    return server(SECRET)


async def _ready(_: Request) -> Response:
    return PlainTextResponse("ready")


async def _run(kind: str, port: int, kafka: str, topic: str) -> None:
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    async with AsyncExitStack() as stack:
        app = pywa() if kind == "pywa" else starlette(await _producer(stack, kafka), topic)
        app.add_route("/readyz", _ready)
        server = HttpServer("127.0.0.1", port, app)
        await server.start()
        await asked.wait()
        await server.stop()


async def _producer(stack: AsyncExitStack, kafka: str) -> Any:
    """Give a producer with the very settings of ingress."""
    settings = broker(KafkaSettings(kafka, "bare"))._connection_kwargs  # noqa: SLF001
    producer: Any = AIOKafkaProducer(**settings)
    return await stack.enter_async_context(producer)


def main() -> None:
    """Serve until SIGTERM: kind, port, Kafka and topic are the arguments."""
    kind, port, kafka, topic = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(kind, int(port), kafka, topic))


if __name__ == "__main__":
    main()
