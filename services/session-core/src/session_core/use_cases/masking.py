"""Hides what the author of a flow marked as personal, wherever a session's events repeat it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.events import AnswerRecorded, AnswerRejected, MessageCollected, MessageReceived
from domain.ports.session_archive import ArchivedEvent

MASK = "•••"
_SHORTEST_WORDS = 3
"""Shorter answers, such as `5`, stand in too many texts that have nothing to do with them."""
_OF_A_STEP = frozenset({AnswerRecorded.TYPE, AnswerRejected.TYPE, MessageCollected.TYPE})
_KEPT = frozenset({"type", "wamid", "from", "user_id", "parent_user_id"})
"""What tells of which kind a message is, and whose; no answer."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be hidden in one session."""

    steps: frozenset[str] = frozenset()
    """Whose answers are."""
    messages: frozenset[str] = frozenset()
    """Ids of the messages that were meant as such answers, right or wrong."""
    words: tuple[str, ...] = ()
    """The answers themselves, the longest first."""

    def answers(self, answers: Mapping[str, str]) -> Mapping[str, str]:
        """Return answers by step with those hidden that are marked."""
        return {step: self._answer(step, told) for step, told in answers.items()}

    def event(self, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event's data with what is marked hidden in its personal part."""
        shown = dict(data)
        if "personal" in shown and self.steps:
            shown["personal"] = self._personal(kind, data)
        return shown

    def _personal(self, kind: str, data: Mapping[str, Any]) -> Any:
        if kind in _OF_A_STEP and data.get("step") in self.steps:
            return _hidden(data["personal"])
        if kind == MessageReceived.TYPE and data.get("message_id") in self.messages:
            return _hidden(data["personal"])
        personal = self._without_words(data["personal"])
        if isinstance(personal, dict) and isinstance(personal.get("answers"), dict):
            personal["answers"] = dict(self.answers(personal["answers"]))
        return personal

    def _answer(self, step: str, told: str) -> str:
        return MASK if step in self.steps else self._text(told)

    def _without_words(self, told: Any) -> Any:
        match told:
            case str():
                return self._text(told)
            case dict():
                return {key: self._without_words(value) for key, value in told.items()}
            case list():
                return [self._without_words(value) for value in told]
            case _:
                return told

    def _text(self, text: str) -> str:
        for words in self.words:
            if len(words) >= _SHORTEST_WORDS:
                text = text.replace(words, MASK)
        return text


NOTHING = Marks()
"""Hides nothing."""


def is_marking(archived: ArchivedEvent) -> bool:
    """Say whether the event may tell of what is to be hidden."""
    return archived.event.type in _OF_A_STEP


def marks(events: Iterable[ArchivedEvent]) -> Marks:
    """Return what the events of a session say is to be hidden."""
    told = [json.loads(one.event.data) for one in events if is_marking(one)]
    steps = frozenset(data["step"] for data in told if data.get("is_personal"))
    own = [data for data in told if data["step"] in steps]
    words = {word for data in own for word in _leaves(data.get("personal"))}
    return Marks(
        steps,
        frozenset(data["message_id"] for data in own),
        tuple(sorted(words, key=len, reverse=True)),
    )


def _leaves(told: Any) -> Iterable[str]:
    match told:
        case str():
            yield told
        case dict():
            for value in told.values():
                yield from _leaves(value)
        case list():
            for value in told:
                yield from _leaves(value)
        case _:
            return


def _hidden(told: Any) -> Any:
    match told:
        case dict():
            return {key: value if key in _KEPT else _hidden(value) for key, value in told.items()}
        case list():
            return [_hidden(value) for value in told]
        case None | bool():
            return told
        case _:
            return MASK
