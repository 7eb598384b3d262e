"""The words that do something at any point of a flow, ready to be looked up."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from domain.session.flows.definition import Definition
from domain.session.flows.wording import every_word
from domain.session.flows.words import plain

Wish: TypeAlias = Literal["agent", "back", "restart", "stop", "language"]


class Heard(NamedTuple):
    """What somebody wants who writes this word."""

    wish: Wish
    language: str | None = None


class Words(NamedTuple):
    """The words of one flow as they compare."""

    wishes: Mapping[str, Heard]
    opt_out: frozenset[str]
    opt_in: frozenset[str]


def words_of(definition: Definition) -> Words:
    """Return the words that the flow listens to; of one listed twice the first use counts."""
    wishes: dict[str, Heard] = {}
    for word, heard in _wishes(definition):
        wishes.setdefault(plain(word), heard)
    return Words(
        wishes,
        frozenset(map(plain, every_word(definition.opt_out.words))),
        frozenset(map(plain, every_word(definition.opt_in.words))),
    )


def _wishes(definition: Definition) -> Iterator[tuple[str, Heard]]:
    lists: tuple[tuple[Wish, Mapping[str, tuple[str, ...]]], ...] = (
        ("stop", definition.stop.words),
        ("agent", definition.agent.words),
        ("restart", definition.restart.words),
        ("back", definition.back.words),
    )
    for wish, listed in lists:
        for word in every_word(listed):
            yield word, Heard(wish)
    for language, words in definition.language_words.items():
        for word in words:
            yield word, Heard("language", language)
