"""Texts and words as an author writes them: once, or in each language of the flow."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

PLAIN = ""
"""The key of a text that is written once: it is in the flow's first language."""

EVERY = "*"
"""The key of a text that is for people of all languages that have none of their own."""

LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

Language: TypeAlias = Annotated[str, Field(pattern=LANGUAGE)]
"""BCP 47, such as `es` or `pt-BR`."""


def _once(written: Any) -> Any:
    if written is None:
        raise ValueError("is empty: write what it says, or take it out")
    if not isinstance(written, str | Mapping):
        raise ValueError(  # noqa: TRY004  # pydantic takes no TypeError
            "is a text, or one for each language: put it in quotes"
        )
    return {PLAIN: written} if isinstance(written, str) else written


def _listed(written: Any) -> Any:
    by_language = {PLAIN: written} if isinstance(written, str | list | tuple) else written
    if not isinstance(by_language, Mapping):
        raise ValueError(  # noqa: TRY004  # pydantic takes no TypeError
            "is a list of words, or one for each language: put words in quotes"
        )
    return {
        language: [words] if isinstance(words, str) else words
        for language, words in by_language.items()
    }


Wording: TypeAlias = Annotated[
    Mapping[str, Annotated[str, Field(min_length=1)]],
    BeforeValidator(_once, json_schema_input_type=str | dict[str, str]),
]
"""A text by language."""

WordList: TypeAlias = Annotated[
    Mapping[str, tuple[str, ...]],
    BeforeValidator(_listed, json_schema_input_type=str | list[str] | dict[str, str | list[str]]),
]
"""Words that mean the same, by language; a person may use those of any."""


def in_language(wording: Mapping[str, str], chain: tuple[str, ...]) -> str:
    """Return the text in the first language of the chain that has one, else any there is."""
    if PLAIN in wording:
        return wording[PLAIN]
    if EVERY in wording and not any(language in wording for language in chain[:1]):
        return wording[EVERY]
    return next(
        (wording[language] for language in chain if language in wording),
        next(iter(wording.values()), ""),
    )


def every_word(words: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the words of all languages."""
    for listed in words.values():
        yield from listed
