"""How people point at a day: on Friday, next Friday, in three days, the 24th."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from babel import Locale
from babel.dates import format_timedelta

from domain.session.flows.calendars import weekdays_of
from domain.session.flows.lettering import folded, locale_of, squeezed

Which: TypeAlias = Literal["any", "this", "next", "last"]
_COUNTS = (1, 2, 3, 5, 11, 20, 100)
"""Enough to meet every plural form of a language."""
_UNITS: Mapping[Literal["day", "week"], int] = MappingProxyType({"day": 1, "week": 7})


class _Ways(NamedTuple):
    """What stands around a day of the week, around a day of the month, and around days."""

    any: str
    this: str
    next: str
    last: str
    articles: str
    away: str = ""
    """More ways to say "in # days" than CLDR has."""
    weeks_away: str = ""


_WAYS: Mapping[str, _Ways] = MappingProxyType(
    {
        "en": _Ways(
            "on {}|on the {}",
            "this {}|on this {}",
            "next {}|on next {}|the next {}|coming {}|the coming {}|this coming {}",
            "last {}|on last {}|past {}|this past {}",
            "on the this",
            "in a day|# days from now|# days from today|in # days time",
            "in a week|a week from now|a week from today|# weeks from now|# weeks from today",
        ),
        "es": _Ways(
            "el {}|el día {}",
            "este {}",
            "próximo {}|el próximo {}|este próximo {}|{} próximo|el {} próximo"
            "|{} que viene|el {} que viene|este {} que viene",
            "pasado {}|el pasado {}|este pasado {}|{} pasado|el {} pasado|este {} pasado",
            "el día próximo este",
            "en # días|en # día",
            "en # semanas|en # semana",
        ),
        "de": _Ways(
            "am {}|den {}",
            "diesen {}|dieser {}|an diesem {}|am diesem {}",
            "nächsten {}|am nächsten {}|nächster {}|kommenden {}|am kommenden {}|kommender {}"
            "|naechsten {}|am naechsten {}|naechster {}",
            "letzten {}|am letzten {}|letzter {}|vergangenen {}|am vergangenen {}",
            "am den der dem",
        ),
        "fr": _Ways(
            "le {}",
            "ce {}",
            "{} prochain|le {} prochain|ce {} prochain|le prochain {}|{} qui vient|{} à venir",
            "{} dernier|le {} dernier|ce {} dernier|{} passé|le {} passé",
            "le ce",
        ),
        "it": _Ways(
            "il {}|la {}|di {}",
            "questo {}|questa {}",
            "prossimo {}|prossima {}|il prossimo {}|la prossima {}|{} prossimo|{} prossima"
            "|il {} prossimo|la {} prossima|{} che viene",
            "{} scorso|{} scorsa|scorso {}|scorsa {}|lo scorso {}|la scorsa {}|il {} scorso",
            "il giorno prossimo",
            "fra # giorni|fra # giorno|in # giorni",
            "fra # settimane|fra # settimana",
        ),
        "pt": _Ways(
            "na {}|no {}|a {}|o {}",
            "esta {}|este {}|nesta {}|neste {}|essa {}|esse {}|nessa {}|nesse {}",
            "próxima {}|próximo {}|a próxima {}|o próximo {}|na próxima {}|no próximo {}"
            "|{} próxima|{} próximo|{} que vem|na {} que vem|no {} que vem",
            "{} passada|{} passado|na {} passada|no {} passado|última {}|último {}|na última {}"
            "|no último {}",
            "dia o no na feira próximo",
            "daqui a # dias|daqui a # dia|dentro de # dias|dentro de # dia",
            "daqui a # semanas|daqui a # semana|dentro de # semanas|dentro de # semana",
        ),
    }
)


class Sayings(NamedTuple):
    """What points at days in some languages, as it compares."""

    pointed: Mapping[str, tuple[int, Which]]
    """The day of the week, from Monday 0, and which of them it is."""
    articles: frozenset[str]
    """What stands before a day of the month."""
    away: Mapping[str, int]
    """How many days a squeezed phrase means, times the number that its `#` stands for."""


@lru_cache(maxsize=256)
def sayings(languages: tuple[str, ...]) -> Sayings:
    """Return what is understood in these languages, the person's first, and in English."""
    pointed, away = dict[str, tuple[int, Which]](), dict[str, int]()
    articles = set[str]()
    for language in dict.fromkeys((*languages, "en")):
        ways = _WAYS.get(language.partition("-")[0])
        locale = locale_of(language)
        for phrase, meaning in _pointed(language, ways):
            pointed.setdefault(phrase, meaning)
        for phrase, days in (*_in_locale(locale), *_besides(ways)):
            away.setdefault(phrase, days)
        articles.update(folded(ways.articles if ways else "").split())
    return Sayings(pointed, frozenset(articles), away)


def _pointed(language: str, ways: _Ways | None) -> Iterator[tuple[str, tuple[int, Which]]]:
    which: tuple[Which, ...] = ("any", "this", "next", "last")
    said = [
        (one, folded(pattern))
        for one, all_ in zip(which, ways or (), strict=False)
        for pattern in all_.split("|")
    ]
    for name, weekday in weekdays_of(language):
        yield name, (weekday, "any")
        yield from ((pattern.format(name), (weekday, one)) for one, pattern in said)


def _besides(ways: _Ways | None) -> Iterator[tuple[str, int]]:
    for phrases, days in ((ways.away, 1), (ways.weeks_away, 7)) if ways else ():
        yield from ((squeezed(phrase), days) for phrase in phrases.split("|") if phrase)


def _in_locale(locale: Locale | None) -> Iterator[tuple[str, int]]:
    """Yield what CLDR says for so many days or weeks from now, or ago, where it tells them."""
    meant = defaultdict[str, set[int]](set)
    for unit, days in _UNITS.items() if locale else ():
        for count in (*_COUNTS, *(-count for count in _COUNTS)):
            said = squeezed(_away(unit, count * days, locale))
            phrase = said.replace(str(abs(count)), "#")
            # "In two days" has no figure in some languages.
            meant[phrase].add(count * days if phrase == said else days if count > 0 else -days)
    yield from ((phrase, ways.pop()) for phrase, ways in meant.items() if len(ways) == 1)


def _away(unit: Literal["day", "week"], days: int, locale: Locale | None) -> str:
    far = 10_000  # of a longer unit: never reached, so that it stays this one
    span = timedelta(days=days)
    return format_timedelta(span, unit, threshold=far, add_direction=True, locale=locale)
