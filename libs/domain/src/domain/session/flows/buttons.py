"""Options as a person sees and taps them."""

from typing import NamedTuple

from domain.messages import InboundChoice


class ShownOption(NamedTuple):
    """A choice as the person sees it, in their language."""

    id: str
    title: str
    description: str | None = None


def button_id(step: str, option: str) -> str:
    """Return the id of a button, which tells later which question it belonged to."""
    return f"{step}:{option}"


def earlier_answer(open_step: str, tap: InboundChoice) -> tuple[str, str] | None:
    """Return step and option of a button that stood under another question, else none.

    What a template's button says is up to who made the template.
    """
    if tap.type == "template_button":
        return None
    asked, _, option = tap.id.partition(":")
    return (asked, option) if option and asked != open_step else None
