"""A flow that was checked and linked with those that it calls."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.session.flows.definition import Definition
from domain.session.flows.heard import Words
from domain.session.flows.steps import Step


@dataclass(frozen=True, slots=True)
class Flow:
    """A definition under the version that its content gives it.

    The steps of a called flow stand among its own, each under the name of the calling step and a
    dot: `visit.stars`. So a session stays on one version of everything that it goes through.
    """

    version: str
    source: str
    definition: Definition
    steps: Mapping[str, Step]
    following: Mapping[str, str]
    """Where each step leads when nothing else decides."""
    called: Mapping[str, Definition]
    """The flows that are called, by the name of the calling step and a dot."""
    words: Words
    """Words that do something at any point."""
    keeps_time: bool
    """Whether a step of it, or a hand-off, waits for a moment."""

    @property
    def name(self) -> str:
        """The name that stays the same over all versions."""
        return self.definition.name

    @property
    def first(self) -> str:
        """The step with which a session begins."""
        return self.definition.steps[0].id

    def chain(self, wanted: str | None) -> tuple[str, ...]:
        """Return the languages to look for a text in, the best for `wanted` first."""
        languages = self.definition.languages
        if len(languages) == 1:
            return languages
        return tuple(dict.fromkeys((*self._nearest(wanted), languages[0])))

    def time_zone(self, scope: str) -> str:
        """Return the time zone of the flow whose names begin so."""
        return (self.called.get(scope) or self.definition).time_zone

    def heard_by(self, wanted: str | None) -> tuple[str, ...]:
        """Return the languages in which an answer may be written, the person's first."""
        languages = self.definition.languages
        if len(languages) == 1:
            return languages
        return tuple(dict.fromkeys((*self.chain(wanted), *languages)))

    def _nearest(self, wanted: str | None) -> Iterator[str]:
        fallbacks, told = self.definition.fallbacks, set[str]()
        while wanted and wanted not in told:
            told.add(wanted)
            if wanted in self.definition.languages:
                yield wanted
            wanted = fallbacks.get(wanted) or wanted.rpartition("-")[0]


def within(step_id: str) -> str:
    """Return the beginning that the names of this step's flow have: `visit.` or nothing."""
    scope, dot, _ = step_id.rpartition(".")
    return scope + dot
