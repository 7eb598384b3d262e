"""Words that would mean two things, of which only one could ever happen."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from domain.session.flows.answers import plain
from domain.session.flows.flow import Flow


class _Use(NamedTuple):
    file: str
    place: str
    word: str


def clashes(flows: Mapping[str, Flow]) -> Iterator[str]:
    """Yield what is wrong with the words of these flows, by file name, and what to do about it."""
    begins: dict[str, _Use] = {}
    for file, flow in flows.items():
        for use in _uses(file, "triggers: keywords", flow.definition.triggers.keywords):
            other = begins.setdefault(plain(use.word), use)
            if other.file != file:
                yield (
                    f"{file}: {use.place}: {use.word!r} is a keyword of {other.file} too: "
                    "only one flow can begin with it, give it to one alone"
                )
    yield from _lost_to_opt_outs(flows)


def _lost_to_opt_outs(flows: Mapping[str, Flow]) -> Iterator[str]:
    """Find words of whatever use that are taken as an opt-out before anything else."""
    stops = {
        plain(use.word): use
        for file, flow in flows.items()
        for use in _uses(file, "opt_out", flow.definition.opt_out.words)
    }
    for file, flow in flows.items():
        wanted = flow.definition
        for use in (
            *_uses(file, "triggers: keywords", wanted.triggers.keywords),
            *_uses(file, "agent: words", wanted.agent.words),
            *_uses(file, "opt_in: words", wanted.opt_in.words),
        ):
            if stop := stops.get(plain(use.word)):
                yield (
                    f"{file}: {use.place}: {use.word!r} opts out by {stop.file} ({stop.place}), "
                    "in every flow: take it out of one of them"
                )


def _uses(file: str, place: str, words: tuple[str, ...]) -> Iterator[_Use]:
    return (_Use(file, place, word) for word in words)
