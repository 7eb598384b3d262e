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
    spoken: Mapping[str, str]
    """The language of keywords that are written in one alone, unless it is the flow's first."""


def words_of(definition: Definition) -> Words:
    """Return the words that the flow listens to; of one listed twice the first use counts."""
    wishes: dict[str, Heard] = {}
    for word, heard in _wishes(definition):
        wishes.setdefault(plain(word), heard)
    return Words(
        wishes,
        frozenset(map(plain, every_word(definition.opt_out.words))),
        frozenset(map(plain, every_word(definition.opt_in.words))),
        _spoken(definition),
    )


def _spoken(definition: Definition) -> Mapping[str, str]:
    found: dict[str, set[str]] = {}
    for language, listed in definition.triggers.keywords.items():
        for word in listed:
            found.setdefault(plain(word), set()).add(language)
    first = definition.languages[0]
    return {
        word: language
        for word, languages in found.items()
        for language in languages
        if len(languages) == 1 and language in definition.languages and language != first
    }


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
