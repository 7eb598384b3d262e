"""Which option somebody taps or writes."""

from functools import lru_cache
from unicodedata import category

from domain.messages import InboundChoice
from domain.session.flows.buttons import ShownOption, button_id
from domain.session.flows.judgement import Accepted, Hearing, Judgement, Rejected
from domain.session.flows.lettering import folded
from domain.session.flows.questions import Choice
from domain.session.flows.steps import Ask
from domain.session.flows.wording import every_word
from domain.session.flows.words import plain, ways_to_say

_SYMBOLS = frozenset({"So", "Sk", "Me"})
"""Emoji, what changes them, and what encloses them."""
_PRESENTATION = "\ufe0e\ufe0f"
"""Whether a sign is shown as text or as emoji."""


def tapped(step: Ask, tap: InboundChoice, hearing: Hearing) -> Judgement:
    """Say which option of the question was tapped; a template's button counts by its title."""
    if step.choice:
        written = (option.id for option in step.choice.options)
        for option in (*(one.id for one in hearing.options), *written):
            if tap.id == button_id(step.id, option):
                return Accepted(option)
        if tap.type == "template_button":
            return chosen(step.choice, tap.title, hearing.options)
    return Rejected("not-a-choice")


def chosen(kind: Choice, words: str, shown: tuple[ShownOption, ...]) -> Judgement:
    """Say which option the words mean: one that was found out, or one that is written down."""
    said = plain(words)
    for one in shown:
        if said in (plain(one.id), plain(one.title)):
            return Accepted(one.id)
    for option in kind.options:
        if said in ways_to_say(option.id, *option.title.values(), *every_word(option.words)):
            return Accepted(option.id)
    return _nearly_chosen(kind, words, shown)


def _nearly_chosen(kind: Choice, words: str, shown: tuple[ShownOption, ...]) -> Judgement:
    """Take "si" for "sí", and "water" for a title with a drop, where nothing else is meant."""
    said = _letters_of(words)
    meant = {one.id for one in shown if said == _letters_of(one.title)}
    for option in kind.options:
        if said in _letters_of_all(*option.title.values(), *every_word(option.words)):
            meant.add(option.id)
    return Accepted(meant.pop()) if said and len(meant) == 1 else Rejected("not-a-choice")


@lru_cache(maxsize=4096)
def _letters_of_all(*words: str) -> frozenset[str]:
    return frozenset(_letters_of(word) for word in words)


def _letters_of(words: str) -> str:
    """Return the words without accents and emoji."""
    text = folded(words)
    if text.isascii():
        return text
    return folded("".join(char for char in text if not _is_symbol(char)))


def _is_symbol(char: str) -> bool:
    return char in _PRESENTATION or category(char) in _SYMBOLS
