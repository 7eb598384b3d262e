"""A post is made once, and what is answered to it is never taken for the answer to another."""

import asyncio
import contextlib
import gzip
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
import trustme
from yarl import URL

from streaming.posting import NOTHING_WRITTEN, Poster, SpokeFirst

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Server:
    """Reads requests with a Content-Length, and answers each what it is told to."""

    answers: list[bytes] = field(default_factory=list)
    requests: list[tuple[bytes, bytes]] = field(default_factory=list)
    """Head and body of each."""
    lines: list[asyncio.StreamWriter] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                self.requests.append((head, await reader.readexactly(length)))
                writer.write(self.answers.pop(0) if self.answers else OK)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


Serving = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serving, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@asynccontextmanager
async def posting(connector: aiohttp.TCPConnector | None = None) -> AsyncIterator[Poster]:
    poster = Poster(
        connector or aiohttp.TCPConnector(), headers={"Authorization": "Bearer a"}, connect=2
    )
    try:
        yield poster
    finally:
        await poster.close()


async def told(poster: Poster, port: int, body: bytes = b"{}") -> tuple[int, bytes]:
    async with poster.post(URL(f"http://127.0.0.1:{port}/a"), body) as answer:
        return answer.status, await answer.content.read()


async def test_a_post_says_where_it_goes_who_sends_it_and_how_long_it_is() -> None:
    server = Server()
    async with listening(server) as port, posting() as poster:
        url = URL(f"http://127.0.0.1:{port}/a b?c=d#e")
        async with poster.post(url, b"{}", {"webhook-id": "1"}) as answer:
            assert (answer.status, await answer.content.read()) == (200, b"ok")
            assert answer.headers["content-LENGTH"] == "2"

    [(head, body)] = server.requests
    first, *lines = head.decode().strip().split("\r\n")
    assert first == "POST /a%20b?c=d HTTP/1.1"
    assert {"Authorization: Bearer a", f"Host: 127.0.0.1:{port}", "webhook-id: 1"} < set(lines)
    assert [line for line in lines if "ength" in line] == ["Content-Length: 2"]
    assert body == b"{}"


async def test_name_and_password_of_an_address_go_where_they_belong() -> None:
    server = Server()
    async with listening(server) as port:
        poster = Poster(aiohttp.TCPConnector(), headers={})
        async with poster.post(URL(f"http://ana:secret@127.0.0.1:{port}/"), b"{}") as answer:
            await answer.content.read()
        await poster.close()

    [(head, _)] = server.requests
    assert b"Authorization: Basic YW5hOnNlY3JldA==" in head
    assert b"secret" not in head


async def test_one_connection_takes_one_post_after_the_other() -> None:
    server = Server()
    async with listening(server) as port, posting() as poster:
        for number in range(5):
            await told(poster, port, b"%d" % number)

    assert [body for _, body in server.requests] == [b"0", b"1", b"2", b"3", b"4"]
    assert len(server.lines) == 1


async def test_posts_at_the_same_time_get_each_their_own_answer() -> None:
    server = Server([OK.replace(b"ok", b"%02d" % number) for number in range(20)])
    async with listening(server) as port, posting() as poster:
        answers = await asyncio.gather(
            *(told(poster, port, b"%02d" % number) for number in range(20))
        )

    by_arrival = {body: b"%02d" % place for place, (_, body) in enumerate(server.requests)}
    assert answers == [(200, by_arrival[b"%02d" % number]) for number in range(20)]


async def test_a_header_cannot_bring_in_another() -> None:
    async with posting() as poster:
        for hostile in ("a\r\nb: c", "a\nb", "a\r", "a\0", "a\x0b"):
            for header in ({"webhook-id": hostile}, {hostile: "1"}):
                with pytest.raises(ValueError, match="control characters"):
                    poster.post(URL("http://127.0.0.1:9/"), b"{}", header)


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "AUTHORIZATION", "accept-encoding"]
)
async def test_no_header_is_said_twice(name: str) -> None:
    async with posting() as poster:
        with pytest.raises(ValueError, match="one of the address or of the body"):
            poster.post(URL("http://127.0.0.1:9/"), b"{}", {name: "chunked"})


@pytest.mark.parametrize("address", ["ftp://127.0.0.1:9/", "foo://127.0.0.1/", "/webhook"])
async def test_what_is_no_address_of_http_is_not_posted_to(address: str) -> None:
    async with posting() as poster:
        with pytest.raises(aiohttp.InvalidURL):
            poster.post(URL(address), b"{}")


async def test_what_the_other_side_says_on_the_way_is_not_its_answer() -> None:
    server = Server([b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK])
    async with listening(server) as port, posting() as poster:
        assert await told(poster, port) == (200, b"ok")


async def test_a_storm_of_announcements_is_no_answer() -> None:
    server = Server([b"HTTP/1.1 102 Processing\r\n\r\n" * 1000 + OK])
    async with listening(server) as port, posting() as poster:
        with pytest.raises(aiohttp.ClientPayloadError, match="announcements without an answer"):
            await told(poster, port)
        assert await told(poster, port) == (200, b"ok")


async def test_an_answer_in_chunks_is_read_whole() -> None:
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
    server = Server([chunks])
    async with listening(server) as port, posting() as poster:
        assert await told(poster, port) == (200, b"ok")
        assert await told(poster, port) == (200, b"ok")

    assert len(server.lines) == 1


async def test_a_compressed_answer_is_read_although_none_was_asked_for() -> None:
    packed = gzip.compress(b"ok")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
    server = Server([head % len(packed) + packed])
    async with listening(server) as port, posting() as poster:
        assert await told(poster, port) == (200, b"ok")

    [(asked, _)] = server.requests
    assert b"encoding" not in asked.lower()


async def test_an_answer_that_is_not_read_costs_the_connection_and_no_other_post() -> None:
    server = Server([b"HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\npar"])
    async with listening(server) as port, posting() as poster:
        async with poster.post(URL(f"http://127.0.0.1:{port}/"), b"{}") as answer:
            assert answer.status == 500
        assert await told(poster, port) == (200, b"ok")

    assert len(server.lines) == 2


async def test_who_wants_to_close_is_not_asked_again() -> None:
    server = Server([OK.replace(b"\r\nC", b"\r\nConnection: close\r\nC")])
    async with listening(server) as port, posting() as poster:
        await told(poster, port)
        await told(poster, port)

    assert len(server.lines) == 2


async def test_what_was_said_while_nobody_asked_is_no_answer() -> None:
    server = Server()
    async with listening(server) as port, posting() as poster:
        await told(poster, port)
        server.lines[0].write(OK.replace(b"200 OK", b"408 Late"))
        await asyncio.sleep(0.05)

        with pytest.raises(SpokeFirst):
            await told(poster, port)
        assert await told(poster, port) == (200, b"ok")

    assert len(server.requests) == 2


async def test_a_post_given_up_leaves_no_answer_to_the_next() -> None:
    server = Server([b"", OK.replace(b"ok", b"is")])
    async with listening(server) as port, posting() as poster:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await told(poster, port)
        server.lines[0].write(OK)

        assert await told(poster, port) == (200, b"is")

    assert len(server.lines) == 2


class Deaf:
    """Reads nothing of what it is told before it is to; answers all the same, or not."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.lines: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append((reader, writer))
        writer.write(self._answer)


LONG = bytes(16 * 1024 * 1024)
"""More than sockets of both sides hold."""


async def test_behind_a_post_that_is_not_read_to_its_end_no_other_waits() -> None:
    deaf = Deaf(OK)
    async with listening(deaf) as port, posting() as poster:
        for body in (LONG, b"{}"):
            assert await told(poster, port, body) == (200, b"ok")
        assert len(deaf.lines) == 2
        for _, line in deaf.lines:
            line.transport.abort()


async def test_a_post_given_up_is_not_sent_on() -> None:
    deaf = Deaf(b"")
    async with listening(deaf) as port, posting() as poster:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await told(poster, port, LONG)
        read, [(reader, line)] = 0, deaf.lines
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(len(LONG)):
                read += len(piece)
        line.transport.abort()

    assert read < len(LONG)


async def test_who_posts_after_the_end_is_told_that_nothing_was_written() -> None:
    server = Server()
    async with listening(server) as port:
        async with posting() as poster:
            pass
        with pytest.raises(NOTHING_WRITTEN):
            await told(poster, port)


async def test_a_line_cut_after_the_request_may_have_been_read() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    async with listening(cut) as port, posting() as poster:
        with pytest.raises(aiohttp.ClientError) as failure:
            await told(poster, port)

    assert not isinstance(failure.value, NOTHING_WRITTEN)


async def test_a_line_cut_within_the_answer_is_told() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK[:-1])
        writer.close()

    async with listening(cut) as port, posting() as poster:
        with pytest.raises(aiohttp.ClientPayloadError):
            await told(poster, port)


async def test_what_is_no_http_is_told() -> None:
    server = Server([b"hello\r\n\r\n"])
    async with listening(server) as port, posting() as poster:
        with pytest.raises(aiohttp.ClientPayloadError, match="not HTTP"):
            await told(poster, port)


async def test_nobody_listening_is_known_to_have_read_nothing() -> None:
    async with listening(Server()) as port:
        pass
    async with posting() as poster:
        with pytest.raises(NOTHING_WRITTEN):
            await told(poster, port)


@asynccontextmanager
async def certified(server: Server, name: str) -> AsyncIterator[tuple[Poster, URL]]:
    """Serve by TLS with a certificate for this name, of an authority that the poster trusts."""
    authority = trustme.CA()
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(name).configure_cert(theirs)
    authority.configure_trust(ours)
    async with (
        listening(server, theirs) as port,
        posting(aiohttp.TCPConnector(ssl=ours)) as poster,
    ):
        yield poster, URL(f"https://127.0.0.1:{port}/")


async def test_a_name_that_no_certificate_bears_is_told_nothing() -> None:
    server = Server()
    async with certified(server, "crm.example") as (poster, url):
        with pytest.raises(NOTHING_WRITTEN):
            async with poster.post(url, b"{}"):
                raise AssertionError("it was answered")

    assert server.requests == []


async def test_one_whose_certificate_is_right_is_told() -> None:
    server = Server()
    async with certified(server, "127.0.0.1") as (poster, url):
        for _ in range(2):
            async with poster.post(url, b"{}") as answer:
                assert await answer.content.read() == b"ok"

    assert len(server.lines) == 1
