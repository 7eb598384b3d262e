"""How a token for Kafka is kept and renewed, whatever the token server does."""

import asyncio
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from streaming.retrying import Retry
from streaming.tokens import NoToken, Token, TokenSource


class Clock:
    """Stands still unless it is told otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Gives tokens with numbers, each for `seconds`, unless there is trouble."""

    def __init__(self, seconds: float = 100.0) -> None:
        self.seconds = seconds
        self.asked = 0
        self.trouble: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def __call__(self) -> Token:
        self.asked += 1
        number = self.asked
        await self.open.wait()
        if self.trouble is not None:
            raise self.trouble
        return Token(SecretStr(f"token-{number}"), self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def source(server: Server, clock: Clock) -> TokenSource:
    return TokenSource(server, retry=Retry(first=1.0, most=8.0), clock=clock)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 it has no event to wait for
            await asyncio.sleep(0.005)


async def test_many_connections_that_are_made_at_once_share_one_token(
    server: Server, source: TokenSource
) -> None:
    given = await asyncio.gather(*(source.token() for _ in range(20)))

    assert set(given) == {"token-1"}
    assert server.asked == 1


async def test_a_token_is_renewed_before_it_ends_while_the_former_one_still_serves(
    server: Server, source: TokenSource, clock: Clock
) -> None:
    await source.token()
    clock.now += 85
    server.open.clear()
    meanwhile = await source.token()
    server.open.set()
    await until(lambda: server.asked == 2)
    await until(lambda: source._renewing is None)  # noqa: SLF001 the only sign

    assert meanwhile == "token-1"
    assert await source.token() == "token-2"


async def test_a_token_in_use_is_renewed_though_nobody_asks_for_it() -> None:
    server = Server(seconds=0.2)
    source = TokenSource(server)
    await source.token()
    await until(lambda: server.asked == 2)

    await asyncio.sleep(0.5)
    assert server.asked == 2, "nobody used the second one"


async def test_a_token_server_that_is_away_is_not_noticed_while_the_token_is_good(
    server: Server, source: TokenSource, clock: Clock
) -> None:
    await source.token()
    server.trouble = NoToken("it is away")
    clock.now += 99
    still = await source.token()
    await until(lambda: server.asked == 2)
    clock.now += 2

    assert still == "token-1"
    with pytest.raises(NoToken, match="it is away"):
        await source.token()
    server.trouble = None
    clock.now += 10
    assert await source.token() == "token-4"


async def test_a_token_server_in_trouble_is_left_alone_for_a_while(
    server: Server, source: TokenSource, clock: Clock
) -> None:
    server.trouble = NoToken("it is away")
    for _ in range(10):
        with pytest.raises(NoToken, match="it is away"):
            await source.token()
    asked = server.asked
    clock.now += 1.5
    with pytest.raises(NoToken):
        await source.token()

    assert asked == 1
    assert server.asked == 2


async def test_a_bug_in_asking_is_no_more_than_a_token_that_cannot_be_had(
    server: Server, source: TokenSource
) -> None:
    server.trouble = ValueError("with a secret in it")

    with pytest.raises(NoToken, match=r"ValueError$"):
        await source.token()


async def test_who_gives_up_waiting_spoils_it_for_nobody_else(
    server: Server, source: TokenSource
) -> None:
    server.open.clear()
    impatient, patient = asyncio.create_task(source.token()), asyncio.create_task(source.token())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    impatient.cancel()
    server.open.set()

    assert await patient == "token-1"
    assert server.asked == 1


async def test_a_token_that_kafka_refuses_is_dropped_and_the_next_one_asked_for(
    source: TokenSource, clock: Clock
) -> None:
    refused = await source.token()
    source.learn(refused, accepted=False)
    source.learn(refused, accepted=False)
    with pytest.raises(NoToken, match="Kafka refuses"):
        await source.token()
    clock.now += 1

    assert await source.token() == "token-2"
    source.learn(refused, accepted=False)
    assert await source.token() == "token-2", "the news was of the former one"


async def test_tokens_refused_again_and_again_are_asked_for_ever_more_seldom(
    server: Server, source: TokenSource, clock: Clock
) -> None:
    for _ in range(600):
        try:
            source.learn(await source.token(), accepted=False)
        except NoToken:
            clock.now += 0.1

    assert server.asked < 20
    clock.now += 8
    source.learn(await source.token(), accepted=True)
    assert await source.token() == await source.token()
