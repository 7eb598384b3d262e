"""What an operator types to say to a person, read; nothing of it is repeated in an error."""

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from domain.commands import HumanReply
from domain.messages import OutboundMessage, OutboundTemplate, OutboundText
from session_core.handlers.operator_words import OperatorMessage, OperatorTemplate


class UnclearWords(ValueError):
    """What was typed is no message. Says which members are wrong, never what they say."""


_MESSAGE: TypeAdapter[OutboundMessage] = TypeAdapter(OperatorMessage)
_FALLBACK: TypeAdapter[OutboundTemplate] = TypeAdapter(OperatorTemplate)
_T = TypeVar("_T")


def human_reply(
    text: str | None, message: str | None, quotes: str | None, fallback: str | None = None
) -> HumanReply:
    """Return what goes to the person: plain words, or a message in JSON. Raises UnclearWords.

    `fallback` is the template in JSON that goes out instead where the window is closed.
    """
    if (text is None) == (message is None):
        raise UnclearWords("either --text or --message")
    return HumanReply(
        message=_read("message", _MESSAGE, message) if message is not None else _plain(text or ""),
        quotes=quotes,
        fallback=_read("fallback", _FALLBACK, fallback) if fallback is not None else None,
    )


def _plain(text: str) -> OutboundText:
    try:
        return OutboundText(text=text)
    except ValidationError as error:
        raise _unclear((), error) from None


def _read(option: str, shape: TypeAdapter[_T], typed: str) -> _T:
    try:
        return shape.validate_json(typed)
    except ValidationError as error:
        raise _unclear((option,), error) from None


def _unclear(place: tuple[str, ...], error: ValidationError) -> UnclearWords:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return UnclearWords(
        "; ".join(f"{'.'.join(map(str, (*place, *one['loc'])))}: {one['type']}" for one in problems)
    )
