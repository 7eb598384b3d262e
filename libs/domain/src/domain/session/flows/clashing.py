"""Words that would mean two things, of which only one could ever happen."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from domain.session.flows.flow import Flow
from domain.session.flows.steps import Ask
from domain.session.flows.wording import every_word
from domain.session.flows.words import plain


class _Use(NamedTuple):
    file: str
    place: str
    word: str


def clashes(flows: Mapping[str, Flow]) -> Iterator[str]:
    """Yield what is wrong with the words of these flows, by file name, and what to do about it."""
    keywords = [use for file, flow in flows.items() for use in _keywords(file, flow)]
    yield from _beginning_two(keywords, "is a keyword of")
    signs = [use for file, flow in flows.items() for use in _signs(file, flow)]
    yield from _beginning_two(signs, "begins")
    yield from _lost_to_opt_outs(flows)
    for file, flow in flows.items():
        yield from _wanting_two(file, flow)


def _beginning_two(uses: Iterable[_Use], verb: str) -> Iterator[str]:
    begins: dict[tuple[str, str], _Use] = {}
    for use in uses:
        other = begins.setdefault((use.place, plain(use.word)), use)
        if other.file != use.file:
            yield (
                f"{use.file}: {use.place}: {use.word!r} {verb} {other.file} too: "
                "only one flow can begin with it, give it to one alone"
            )


def _keywords(file: str, flow: Flow) -> Iterator[_Use]:
    return _uses(file, "triggers: keywords", every_word(flow.definition.triggers.keywords))


def _signs(file: str, flow: Flow) -> Iterator[_Use]:
    wanted = flow.definition.triggers
    yield from _uses(file, "triggers: template_buttons", wanted.template_buttons)
    yield from _uses(file, "triggers: referrals", wanted.referrals)


def _lost_to_opt_outs(flows: Mapping[str, Flow]) -> Iterator[str]:
    """Find words of whatever use that are taken as an opt-out before anything else."""
    stops = {
        plain(use.word): use
        for file, flow in flows.items()
        for use in _uses(file, "opt_out", every_word(flow.definition.opt_out.words))
    }
    for file, flow in flows.items():
        opt_in = _uses(file, "opt_in: words", every_word(flow.definition.opt_in.words))
        lost = (*_keywords(file, flow), *_anywhere(file, flow), *opt_in, *_options(file, flow))
        for use in lost:
            if stop := stops.get(plain(use.word)):
                yield (
                    f"{file}: {use.place}: {use.word!r} opts out by {stop.file} ({stop.place}), "
                    "in every flow: take it out of one of them"
                )


def _options(file: str, flow: Flow) -> Iterator[_Use]:
    """Yield what people write to choose; who taps does not opt out."""
    for step in flow.definition.steps:
        choice = step.choice if isinstance(step, Ask) else None
        for at, option in enumerate(choice.options if choice else (), 1):
            place = f"step {step.id}: choice: options: number {at}"
            yield from _uses(file, place, (option.id, *option.title.values()))
            yield from _uses(file, place, every_word(option.words))


def _anywhere(file: str, flow: Flow) -> Iterator[_Use]:
    wanted = flow.definition
    for place, words in (
        ("stop: words", wanted.stop.words),
        ("agent: words", wanted.agent.words),
        ("restart: words", wanted.restart.words),
        ("back: words", wanted.back.words),
    ):
        yield from _uses(file, place, every_word(words))
    for language, listed in wanted.language_words.items():
        yield from _uses(file, f"language_words: {language}", listed)


def _wanting_two(file: str, flow: Flow) -> Iterator[str]:
    found: dict[str, _Use] = {}
    for use in _anywhere(file, flow):
        other = found.setdefault(plain(use.word), use)
        if other.place != use.place:
            yield (
                f"{file}: {use.place}: {use.word!r} stands under {other.place} too: "
                "take it out of one of them"
            )
    yield from _ending_what_they_begin(file, flow)


def _ending_what_they_begin(file: str, flow: Flow) -> Iterator[str]:
    """Find keywords by which a person who is in the flow leaves it; to begin it anew is fine."""
    wanted = flow.definition
    leaving = {plain(word): "agent: words" for word in every_word(wanted.agent.words)}
    leaving |= {plain(word): "stop: words" for word in every_word(wanted.stop.words)}
    for use in _keywords(file, flow):
        if place := leaving.get(plain(use.word)):
            yield (
                f"{file}: {use.place}: {use.word!r} stands under {place} too, which is what it "
                "means once the flow has begun: take it out of one of them"
            )


def _uses(file: str, place: str, words: Iterable[str]) -> Iterator[_Use]:
    return (_Use(file, place, word) for word in words)
