"""What an operator types to say to a person, read; nothing of it is repeated in an error."""

from collections.abc import Iterator

from pydantic import ValidationError

from domain.commands import HumanReply
from domain.messages import OutboundText


class UnclearWords(ValueError):
    """What was typed is no message. Says which members are wrong, never what they say."""


def human_reply(text: str | None, message: str | None, quotes: str | None) -> HumanReply:
    """Return what goes to the person: plain words, or a message in JSON. Raises UnclearWords."""
    if (text is None) == (message is None):
        raise UnclearWords("either --text or --message")
    try:
        if text is not None:
            return HumanReply(message=OutboundText(text=text), quotes=quotes)
        typed = HumanReply.model_validate_json(f'{{"message": {message}}}')
    except ValidationError as error:
        raise UnclearWords("; ".join(_problems(error))) from None
    return typed.model_copy(update={"quotes": quotes})


def _problems(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        place = [str(part) for part in problem["loc"]]
        yield f"{'.'.join(place) or 'message'}: {problem['type']}"
