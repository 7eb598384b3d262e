"""The token by which Kafka lets us in: kept for as long as it is good, renewed before it ends."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from streaming.retrying import Retry

_FRESH = 0.8
"""The share of a token's life after which the next one is asked for."""
_log = structlog.get_logger(__name__)


class NoToken(KafkaError):  # type: ignore[misc]  # aiokafka is untyped
    """There is no token to be had right now; the text says why, without secrets.

    A KafkaError, since aiokafka goes on after those: anything else ends its background tasks.
    """


@dataclass(frozen=True, slots=True)
class Token:
    """What Kafka lets in, and for how many seconds from when it was asked for."""

    value: SecretStr
    seconds: float


class TokenSource(AbstractTokenProvider):  # type: ignore[misc]  # the same
    """One token for all clients of a process; who connects seldom has to wait for it.

    Kafka ends a connection when the token ends by which it was made, and aiokafka makes a new one.
    So a token that is used is renewed ahead, and the token server may be away for the last fifth of
    a token's life before anybody notices.

    A token that Kafka refuses is dropped: a key may have been withdrawn, or a clock may be wrong.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[Token]],
        *,
        retry: Retry = Retry(first=0.5, most=10.0),  # noqa: B008 frozen
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ask` raises NoToken."""
        self._ask = ask
        self._retry = retry
        self._clock = clock
        self._token = SecretStr("")
        self._fresh_until = self._ends_at = self._not_before = -math.inf
        self._is_used = False
        self._failures = self._refusals = 0
        self._trouble = "no token was asked for yet"
        self._renewing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def token(self) -> str:
        """Return a token that is good right now. Raises NoToken."""
        if self._clock() >= self._fresh_until:
            self._begin()
        if self._clock() >= self._ends_at and self._renewing is not None:
            await asyncio.shield(self._renewing)
        if self._clock() >= self._ends_at:
            raise NoToken(self._trouble)
        self._is_used = True
        return self._token.get_secret_value()

    def learn(self, token: str, *, accepted: bool) -> None:
        """Hear what Kafka said to a token that it was shown."""
        if accepted:
            self._refusals = 0
        elif token == self._token.get_secret_value() and self._clock() < self._ends_at:
            self._refusals += 1
            self._trouble = "Kafka refuses our token"
            self._fresh_until = self._ends_at = -math.inf
            self._not_before = self._clock() + self._retry.delay(self._refusals)
            _log.warning("Kafka refuses our token", refused_in_a_row=self._refusals)

    def _begin(self) -> None:
        if self._renewing is None and self._clock() >= self._not_before:
            self._renewing = asyncio.create_task(self._renew(), name="renew-kafka-token")

    async def _renew(self) -> None:
        asked_at = self._clock()
        try:
            self._take(await self._ask(), asked_at)
        except NoToken as trouble:
            self._fail(str(trouble.args[0]))
        except Exception as error:  # noqa: BLE001 aiokafka's tasks would not survive it
            self._fail(f"it could not be asked for: {type(error).__name__}")
        finally:
            self._renewing = None

    def _take(self, token: Token, asked_at: float) -> None:
        self._token = token.value
        self._fresh_until = asked_at + token.seconds * _FRESH
        self._ends_at = asked_at + token.seconds
        self._is_used, self._failures = False, 0
        self._renew_after(self._fresh_until - self._clock())

    def _fail(self, trouble: str) -> None:
        self._failures += 1
        self._trouble = trouble
        pause = self._retry.delay(self._failures)
        self._not_before = self._clock() + pause
        left = max(0.0, self._ends_at - self._clock())
        _log.warning("no new token for Kafka", reason=trouble, former_ends_in_s=round(left))
        if left > pause:
            self._renew_after(pause)

    def _renew_after(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._renew_ahead)

    def _renew_ahead(self) -> None:
        """Do so for a token that is in use; else it is early enough when one is asked for."""
        if self._is_used:
            self._begin()
