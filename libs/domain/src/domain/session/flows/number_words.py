"""Whole numbers from 0 to 100 as words, in the languages that have them here.

CLDR spells numbers by rules that babel does not carry. Libraries that spell have one form of each
number; people write several (un, una, uno; vingt-et-un; zwoelf), so the words stand here.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import NamedTuple

from domain.session.flows.lettering import folded

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_TWENTY = 20


class _Words(NamedTuple):
    small: str
    """From 0 on, each with its other forms behind a bar."""
    tens: str
    """20, 30 and so on to 100."""
    compound: str
    """How a ten and a unit make a number."""
    besides: Mapping[str, int] = MappingProxyType({})


_LANGUAGES: Mapping[str, _Words] = MappingProxyType(
    {
        "en": _Words(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
            " fifteen sixteen seventeen eighteen nineteen",
            "twenty thirty forty|fourty fifty sixty seventy eighty ninety hundred",
            "{ten} {unit}",
            {"one hundred": 100, "a hundred": 100},
        ),
        "es": _Words(
            "cero uno|una|un dos tres cuatro cinco seis siete ocho nueve diez once doce trece"
            " catorce quince dieciséis diecisiete dieciocho diecinueve",
            "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa cien|ciento",
            "{ten} y {unit}",
        ),
        "de": _Words(
            "null eins|ein|eine|einer|einem|einen zwei|zwo drei vier fünf sechs sieben acht neun"
            " zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
            "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig hundert|einhundert",
            "{unit}und{ten}",
        ),
        "fr": _Words(
            "zéro un|une deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze"
            " quinze seize dix-sept dix-huit dix-neuf",
            "vingt trente quarante cinquante soixante septante huitante|octante nonante cent",
            "{ten} {unit}|{ten} et {unit}",
        ),
        "it": _Words(
            "zero uno|una|un due tre quattro cinque sei sette otto nove dieci undici dodici tredici"
            " quattordici quindici sedici diciassette diciotto diciannove",
            "venti trenta quaranta cinquanta sessanta settanta ottanta novanta cento",
            "{ten}{unit}",
        ),
        "pt": _Words(
            "zero um|uma dois|duas três quatro cinco seis sete oito nove dez onze doze"
            " treze catorze|quatorze quinze dezesseis|dezasseis dezessete|dezassete dezoito"
            " dezenove|dezanove",
            "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa cem|cento",
            "{ten} e {unit}",
        ),
    }
)


class NumberWords(NamedTuple):
    """The words of some languages."""

    numbers: Mapping[str, int]
    among: re.Pattern[str]

    def number(self, text: str) -> int | None:
        """Return the number that the text is, if it is one."""
        return self.numbers.get(_compared(text))

    def in_figures(self, text: str) -> str:
        """Return folded text with its number words as figures."""
        return self.among.sub(lambda found: str(self.numbers[found[0]]), _spaced(text))


@lru_cache(maxsize=256)
def number_words(languages: tuple[str, ...]) -> NumberWords:
    """Return the words of these languages, and of English."""
    numbers = dict[str, int]()
    for language in (*languages, "en"):
        for word, number in _spelled(language.partition("-")[0]).items():
            numbers.setdefault(word, number)
    either = "|".join(re.escape(word) for word in sorted(numbers, key=len, reverse=True))
    return NumberWords(numbers, re.compile(rf"(?<!\w)(?:{either})(?!\w)"))


@cache
def _spelled(language: str) -> Mapping[str, int]:
    if (words := _LANGUAGES.get(language)) is None:
        return {}
    written = (*_basic(words), *_compounds(words), *_MORE.get(language, ()))
    without_umlauts = ((word.translate(_UMLAUTS), number) for word, number in written)
    return {_compared(word): number for word, number in (*written, *without_umlauts)}


def _basic(words: _Words) -> Iterator[tuple[str, int]]:
    for number, forms in enumerate(words.small.split()):
        yield from ((form, number) for form in forms.split("|"))
    for ten, forms in enumerate(words.tens.split(), start=2):
        yield from ((form, ten * 10) for form in forms.split("|"))
    yield from words.besides.items()


def _compounds(words: _Words) -> Iterator[tuple[str, int]]:
    tens = [(form, n) for form, n in _basic(words) if n in range(_TWENTY, 100)]
    units = [(form, n) for form, n in _basic(words) if n in range(1, 10)]
    for pattern in words.compound.split("|"):
        for ten, number in tens:
            yield from ((pattern.format(ten=ten, unit=unit), number + n) for unit, n in units)


def _spanish() -> Iterator[tuple[str, int]]:
    units = ("uno|una|ún|un", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve")
    for number, forms in enumerate(units, start=_TWENTY + 1):
        yield from ((f"veinti{form}", number) for form in forms.split("|"))


def _italian() -> Iterator[tuple[str, int]]:
    """Yield tens that lose their vowel before that of the unit."""
    for ten, word in enumerate(_LANGUAGES["it"].tens.split()[:-1], start=2):
        for form, unit in (("uno", 1), ("un", 1), ("una", 1), ("otto", 8)):
            yield word[:-1] + form, ten * 10 + unit


def _french() -> Iterator[tuple[str, int]]:
    """Yield what counts on from sixty and from four times twenty."""
    small = _LANGUAGES["fr"].small.split()
    for unit, forms in enumerate(small[1:], start=1):
        for form in forms.split("|"):
            yield f"quatre-vingt-{form}", 80 + unit
            if unit >= 10:  # noqa: PLR2004  # below it, sixty is a ten like the others
                yield from ((f"soixante {form}", 60 + unit), (f"soixante et {form}", 60 + unit))
    yield from (("quatre-vingts", 80), ("quatre-vingt", 80))


_MORE: Mapping[str, tuple[tuple[str, int], ...]] = MappingProxyType(
    {"es": tuple(_spanish()), "it": tuple(_italian()), "fr": tuple(_french())}
)


def _spaced(text: str) -> str:
    return _HYPHEN.sub(" ", text)


_HYPHEN = re.compile(r"(?<=[^\W\d])-(?=[^\W\d])")


def _compared(text: str) -> str:
    return _spaced(folded(text))
