"""The options that a question offers: those the flow finds out, then those written down."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from domain.messages.limits import ROW_DESCRIPTION, ROW_TITLE, ROWS
from domain.session.flows.buttons import ShownOption
from domain.session.flows.questions import Choice, Each
from domain.session.flows.words import MAX_WORDS, one_line

LONGEST_ID = 100
"""Letters of the id of an option that was found out; a longer one is not offered."""


def found_options(
    choice: Choice, items: Any, worth: Callable[[str, Any], Any]
) -> tuple[ShownOption, ...]:
    """Return the options for the items that `each.of` came to: anything, so it may be no list.

    `worth` gives what a formula of `each` comes to for an item. What has no id or no title, and
    what has the id of an earlier one, is left out, and so is what finds no room in a list.
    """
    if choice.each is None or not isinstance(items, Sequence) or isinstance(items, str):
        return ()
    taken = {option.id for option in choice.options}
    found = list[ShownOption]()
    for item in items[: ROWS - len(choice.options)]:
        option = _option(choice.each, item, worth)
        if option is not None and option.id not in taken:
            taken.add(option.id)
            found.append(option)
    return tuple(found)


def offered(
    choice: Choice, found: Sequence[ShownOption], text: Callable[[Mapping[str, str]], str]
) -> Iterator[ShownOption]:
    """Yield every option as it is shown; `text` gives a wording in the person's language."""
    yield from found
    for option in choice.options:
        description = text(option.description).strip() if option.description else None
        yield ShownOption(option.id, text(option.title), description or None)


def _option(each: Each, item: Any, worth: Callable[[str, Any], Any]) -> ShownOption | None:
    name, title = _words(worth(each.id, item)), _words(worth(each.title, item))
    if not title or not 0 < len(name) <= LONGEST_ID:
        return None
    described = _words(worth(each.description, item)) if each.description else ""
    description = shortened(described, ROW_DESCRIPTION) or None
    return ShownOption(name, shortened(title, ROW_TITLE), description)


def _words(value: Any) -> str:
    match value:
        case str():
            return one_line(value, MAX_WORDS) or ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return str(value)
        case _:
            return ""


def shortened(words: str, most: int) -> str:
    """Return the words, or as many of their letters as there is room for."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
