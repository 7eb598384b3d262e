"""What is wrong with the kind of answer that a question asks for."""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_FLOOR, Decimal

import phonenumbers

from domain.messages.limits import BUTTON_TITLE, ROW_ID, ROWS
from domain.session.flows.buttons import button_id
from domain.session.flows.flow import Flow
from domain.session.flows.offering import LONGEST_ID
from domain.session.flows.patterns import why_unreadable
from domain.session.flows.questions import Choice, Date, Files, Number, Option, Pattern, Phone, Text
from domain.session.flows.steps import Ask
from domain.session.flows.wording import every_word
from domain.session.flows.words import plain


def problems_of_question(flow: Flow, step: Ask) -> Iterator[str]:
    """Yield why nobody could answer the question, or not in the way that its author means."""
    for problem in _problems(flow, step):
        yield f"step {step.id}: {problem}"


def _problems(flow: Flow, step: Ask) -> Iterator[str]:
    match step.kind:
        case Pattern(matches=pattern):
            if why := why_unreadable(pattern):
                yield f"pattern: matches: {why}"
        case Text() | Files() as kind if kind.min > kind.max:
            yield f"min is {kind.min} and max {kind.max}: nothing is between them"
        case Number() as kind if not _has_numbers(kind):
            yield f"no {'whole ' if kind.whole else ''}number is from min to max"
        case Date(earliest=date() as earliest, latest=date() as latest) if earliest > latest:
            yield f"earliest is {earliest} and latest {latest}: no day is between them"
        case Phone(country=str(country)) if country not in phonenumbers.SUPPORTED_REGIONS:
            yield f"{country} is no country with phone numbers (ISO 3166-1)"
        case Choice() as kind:
            yield from _problems_of_choice(flow, kind)
            yield from _problems_of_list(kind)
            if kind.each and len(button_id(step.id, "")) + LONGEST_ID > ROW_ID:
                yield "with an id of each behind it, its name is too long: shorten those of calls"
        case _:
            return


def _has_numbers(kind: Number) -> bool:
    if kind.min is None or kind.max is None:
        return True
    low, high = Decimal(str(kind.min)), Decimal(str(kind.max))
    return low <= (high.to_integral_value(ROUND_FLOOR) if kind.whole else high)


def _problems_of_choice(flow: Flow, choice: Choice) -> Iterator[str]:
    if choice.each is not None and len(choice.options) == ROWS:
        yield f"{ROWS} options leave no room in the list for those of each: take some out"
    for option in choice.options if choice.language else ():
        if option.id not in flow.definition.languages:
            yield f"{option.id} is none of the flow's languages"
    yield from _meaning_two(choice.options)


def _problems_of_list(choice: Choice) -> Iterator[str]:
    """Find buttons that open a list of what is found out, and that no button has room for."""
    if choice.each is None:
        return
    for language, text in choice.button.items():
        if len(text) > BUTTON_TITLE and "{{" not in text:
            place = f"choice: button: {language}" if language else "choice: button"
            yield f"{place}: has {len(text)} letters, at most {BUTTON_TITLE} go on a button"


def _meaning_two(options: tuple[Option, ...]) -> Iterator[str]:
    ids, meant = set[str](), dict[str, str]()
    for option in options:
        if option.id in ids:
            yield f"two options have the id {option.id}: give each its own"
            continue
        ids.add(option.id)
        for word in (*option.title.values(), *every_word(option.words), option.id):
            other = meant.setdefault(plain(word), option.id)
            if other != option.id:
                yield f"{word!r} means {other} and {option.id}: take it out of one of them"
