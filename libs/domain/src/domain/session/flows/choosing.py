"""Which option somebody taps or writes."""

from functools import lru_cache

from domain.messages import InboundChoice
from domain.session.flows.buttons import ShownOption, button_id
from domain.session.flows.judgement import Accepted, Hearing, Judgement, Rejected
from domain.session.flows.lettering import folded
from domain.session.flows.questions import Choice
from domain.session.flows.steps import Ask
from domain.session.flows.wording import every_word
from domain.session.flows.words import plain, ways_to_say


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
    return _chosen_without_accents(kind, words, shown)


def _chosen_without_accents(kind: Choice, words: str, shown: tuple[ShownOption, ...]) -> Judgement:
    """Take "si" for "sí" where nothing else was meant by it."""
    said = folded(words)
    meant = {one.id for one in shown if said == folded(one.title)}
    for option in kind.options:
        if said in _folded_ways(*option.title.values(), *every_word(option.words)):
            meant.add(option.id)
    return Accepted(meant.pop()) if said and len(meant) == 1 else Rejected("not-a-choice")


@lru_cache(maxsize=4096)
def _folded_ways(*words: str) -> frozenset[str]:
    return frozenset(folded(word) for word in words)
