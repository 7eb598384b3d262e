"""What an operator types to a person or a flow, read; nothing of it is repeated in an error."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from domain.commands import HumanReply
from domain.messages import OutboundMessage, OutboundTemplate, OutboundText
from domain.values import LookupId
from session_core.handlers.operator_words import OperatorMessage, OperatorTemplate
from session_core.use_cases.operating import LookupAnswer


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


def variables(given: Sequence[str]) -> Mapping[str, Any]:
    """Return values by name: words from `name=words`, JSON from `name:=JSON`.

    Raises UnclearWords.
    """
    return dict(_variable(number, one) for number, one in enumerate(given, start=1))


def _variable(number: int, given: str) -> tuple[str, Any]:
    name, equals, value = given.partition("=")
    if not equals:
        raise UnclearWords(f"variable {number}: name=words, or name:=JSON")
    return (name[:-1], _json(f"variable {number}", value)) if name.endswith(":") else (name, value)


def lookup_answer(
    lookup_id: LookupId, found: str | None, *, not_found: bool, failed: bool
) -> LookupAnswer:
    """Return what a flow is told of what it looked up. Raises UnclearWords."""
    if (found is not None) + not_found + failed != 1:
        raise UnclearWords("either --found, --not-found or --failed")
    if found is None:
        return LookupAnswer(lookup_id, "failed" if failed else "not-found")
    data = _json("found", found)
    if not isinstance(data, dict):
        raise UnclearWords("found: no JSON object")
    return LookupAnswer(lookup_id, "found", data)


def _json(place: str, typed: str) -> Any:
    try:
        return from_json(typed, allow_inf_nan=False)
    except ValueError:
        raise UnclearWords(f"{place}: no JSON") from None


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
