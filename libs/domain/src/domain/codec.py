"""Messages to and from their JSON. What is stored is what is published: encoded once."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from domain.commands import COMMANDS, Command
from domain.events import EVENTS, Event
from domain.upcasting import UPCASTS, CannotUpcast, Data, Upcasts, upcast

MessageT = TypeVar("MessageT", bound=BaseModel)


class UndecodableMessage(ValueError):
    """The bytes are no message of that type. Says which fields are wrong, never their values."""


def encode(message: Command | Event) -> bytes:
    """Return the JSON of the message's data; absent fields are left out."""
    # What model_dump_json does, without the way to text and back.
    return message.__pydantic_serializer__.to_json(message, exclude_none=True)


def decode_command(command_type: str, data: bytes, *, upcasts: Upcasts = UPCASTS) -> Command:
    """Return the command, of whatever version it is, or raise UndecodableMessage."""
    model = COMMANDS.get(command_type)
    if model is None:
        model, data = _older(COMMANDS, "command", command_type, data, upcasts)
    try:
        # What model_validate_json does, without looking at options that are not given.
        command: Command = model.__pydantic_validator__.validate_json(data)
    except ValidationError as error:
        raise UndecodableMessage(_summary(error)) from None
    return command


def decode_event(event_type: str, data: bytes, *, upcasts: Upcasts = UPCASTS) -> Event:
    """Return the event, of whatever version it is, or raise UndecodableMessage."""
    model = EVENTS.get(event_type)
    if model is None:
        model, data = _older(EVENTS, "event", event_type, data, upcasts)
    try:
        event: Event = model.__pydantic_validator__.validate_json(data)
    except ValidationError as error:
        raise UndecodableMessage(_summary(error)) from None
    return event


def _older(
    models: Mapping[str, type[MessageT]], kind: str, given: str, data: bytes, upcasts: Upcasts
) -> tuple[type[MessageT], bytes]:
    """Give today's model and data: JSON again, so that both ways in are judged alike."""
    if given not in upcasts:
        raise UndecodableMessage(f"unknown {kind} type")
    try:
        today, members = upcast(given, _members(data), upcasts)
    except CannotUpcast as error:
        raise UndecodableMessage(str(error)) from None
    model = models.get(today)
    if model is None:
        raise UndecodableMessage(f"unknown {kind} type")
    return model, to_json(members)


def _members(data: bytes) -> Data:
    try:
        members = from_json(data)
    except ValueError:
        raise UndecodableMessage("data: json_invalid") from None
    if not isinstance(members, dict):
        raise UndecodableMessage("data: dict_type")
    return members


def _summary(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{_place(problem['loc'])}: {problem['type']}" for problem in problems[:5])


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "data"
