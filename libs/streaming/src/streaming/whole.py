"""Requests that came whole, with their body in the same read, answered without an ASGI cycle.

What uvicorn makes of a request and of its answer costs a fifth of taking a webhook in.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import TypeAlias

from starlette.responses import Response

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Names in lower case."""


class Plain(Response):
    """A response without a body. `head` is what goes over the wire, but for its last line."""

    def __init__(self, status_code: int, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(status_code=status_code, headers=headers)
        self.closes = headers.get("connection") == "close"
        phrase = HTTPStatus(status_code).phrase.encode()
        self.head = b"HTTP/1.1 %d %b\r\n%b" % (status_code, phrase, lines(self.raw_headers))


AnswersWhole: TypeAlias = Callable[[Headers, bytes], Awaitable[Plain]]
"""Answers the POST with these headers and this body."""


class Heard:
    """A request that is being answered, as far as a connection asks about it."""

    __slots__ = ("disconnected", "keep_alive", "response_complete")
    more_body = False

    def __init__(self) -> None:
        self.disconnected = False
        self.keep_alive = True
        self.response_complete = False

    @property
    def message_event(self) -> "Heard":
        """What is set when the connection is lost: nobody waits for it here."""
        return self

    def set(self) -> None:
        """See `message_event`."""


def lines(headers: Headers) -> bytes:
    """Return headers as they go over the wire."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])
