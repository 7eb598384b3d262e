"""The rival of sender: a bare aiohttp loop that posts bodies. A process of its own.

It reads nothing from Kafka, remembers nothing, understands no answer and keeps no order.
"""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import aiohttp
import uvloop


async def post_all(url: str, bodies: Sequence[bytes], at_once: int) -> float:
    """Return when the first was begun, in seconds since 1970, once all are answered."""
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"Authorization": "Bearer a-token", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers=headers
    ) as session:
        begin, waiting = time.time(), iter(bodies)
        async with asyncio.TaskGroup() as posting:
            for _ in range(at_once):
                posting.create_task(_post(session, url, waiting))
    return begin


async def _post(session: aiohttp.ClientSession, url: str, waiting: Iterator[bytes]) -> None:
    for body in waiting:
        async with session.post(url, data=body) as response:
            await response.read()
            response.raise_for_status()


def main() -> None:
    """Post the lines of a file, so many at once; write the begin into another, and wait."""
    url, source, at_once, written = sys.argv[1:]
    bodies = Path(source).read_bytes().split(b"\n")
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        begin = runner.run(post_all(url, bodies, int(at_once)))
    Path(written).write_text(str(begin))
    signal.pause()  # whoever measures us ends us


if __name__ == "__main__":
    main()
