"""The relay by which tests let Kafka come late leaves nothing behind."""

import asyncio
import gc
import socket
import struct

from streaming.late_kafka import relay

AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER by which closing resets the connection, as the death of a process may."""


async def test_a_client_that_dies_ends_both_sides() -> None:
    ended = asyncio.Event()

    async def kafka(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(1))
        await reader.read()
        writer.close()
        ended.set()

    there = await asyncio.start_server(kafka, "127.0.0.1", 0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        door = free.getsockname()[1]
    here = await relay(door, f"127.0.0.1:{there.sockets[0].getsockname()[1]}")

    reader, writer = await asyncio.open_connection("127.0.0.1", door)
    writer.write(b"1")
    assert await reader.read(1) == b"1"
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    writer.transport.abort()
    async with asyncio.timeout(5):
        await ended.wait()
    for server in (here, there):
        server.close()

    gc.collect()  # a writer that nobody closed would warn now, which fails the test
    assert ended.is_set()
