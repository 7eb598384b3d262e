"""The rival of sender: a bare aiohttp loop that posts bodies. A process of its own.

It reads nothing from Kafka, remembers nothing, understands no answer and keeps no order. It posts
as anybody would who uses aiohttp, or by the calls of our own services (`short`).
"""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias

import aiohttp
import uvloop
from yarl import URL

from streaming.posting import Poster

Post: TypeAlias = Callable[[bytes], Awaitable[None]]
_HEADERS = {"Authorization": "Bearer a-token", "Content-Type": "application/json"}


async def post_all(url: str, bodies: Sequence[bytes], at_once: int, *, short: bool) -> float:
    """Return when the first was begun, in seconds since 1970, once all are answered."""
    async with (_short if short else _usual)(URL(url)) as post:
        begin, waiting = time.time(), iter(bodies)
        async with asyncio.TaskGroup() as posting:
            for _ in range(at_once):
                posting.create_task(_each(post, waiting))
    return begin


async def _each(post: Post, waiting: Iterator[bytes]) -> None:
    for body in waiting:
        await post(body)


@asynccontextmanager
async def _usual(url: URL) -> AsyncIterator[Post]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=_HEADERS,
    ) as session:

        async def post(body: bytes) -> None:
            async with session.post(url, data=body) as response:
                await response.read()
                response.raise_for_status()

        yield post


@asynccontextmanager
async def _short(url: URL) -> AsyncIterator[Post]:
    poster = Poster(aiohttp.TCPConnector(limit=0), headers=_HEADERS)

    async def post(body: bytes) -> None:
        async with poster.post(url, body) as answer:
            await answer.content.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(answer.status)

    yield post
    await poster.close()


def main() -> None:
    """Post the lines of a file, so many at once; write the begin into another, and wait."""
    url, source, at_once, written, way = sys.argv[1:]
    bodies = Path(source).read_bytes().split(b"\n")
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        begin = runner.run(post_all(url, bodies, int(at_once), short=way == "short"))
    Path(written).write_text(str(begin))
    signal.pause()  # whoever measures us ends us


if __name__ == "__main__":
    main()
