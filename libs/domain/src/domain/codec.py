"""Messages to and from their JSON. What is stored is what is published: encoded once."""

from pydantic import ValidationError

from domain.commands import COMMANDS, Command
from domain.events import EVENTS, Event


class UndecodableMessage(ValueError):
    """The bytes are no message of that type. Says which fields are wrong, never their values."""


def encode(message: Command | Event) -> bytes:
    """Return the JSON of the message's data; absent fields are left out."""
    # What model_dump_json does, without the way to text and back.
    return message.__pydantic_serializer__.to_json(message, exclude_none=True)


def decode_command(command_type: str, data: bytes) -> Command:
    """Return the command, or raise UndecodableMessage."""
    model = COMMANDS.get(command_type)
    if model is None:
        raise UndecodableMessage("unknown command type")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise UndecodableMessage(_summary(error)) from None


def decode_event(event_type: str, data: bytes) -> Event:
    """Return the event, or raise UndecodableMessage."""
    model = EVENTS.get(event_type)
    if model is None:
        raise UndecodableMessage("unknown event type")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise UndecodableMessage(_summary(error)) from None


def _summary(error: ValidationError) -> str:
    problems = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{_place(problem['loc'])}: {problem['type']}" for problem in problems[:5])


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "data"
