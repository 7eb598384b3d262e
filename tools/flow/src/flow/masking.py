"""Says the same without saying who said it: examples of the same kind for what is personal."""

import re
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

from domain import events
from domain.messages import (
    InboundChoice,
    InboundContacts,
    InboundFlowReply,
    InboundLocation,
    InboundMedia,
    InboundText,
)
from domain.session import Occasion
from domain.session.flows.examples import example
from domain.session.flows.flow import Flow
from domain.session.flows.questions import ContactCard, Date, Email, Location, Pattern, Phone
from domain.session.flows.steps import Ask, FlowForm, Wait
from flow.stimuli import Heard

_ALWAYS_PERSONAL = Phone | Email | Location | ContactCard
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]+")
_NUMBER = re.compile(r"(\d{4}-\d\d-\d\d(?:[T ][\d:.]+\S*)?)|\+?\d(?:[ ./()-]?\d){4,}")
"""Five digits and more: of phones, accounts, policies; days and times apart."""
_SHORTEST = 3
"""Letters of a word that stands for somebody wherever it comes again."""
_WORDS = "Example words"
_PLACE = {"latitude": 41.4036, "longitude": 2.1744, "name": "Home"}
_CARD = {"name": "Ben", "phone": "+15550002222"}


class Masking:
    """Masks one session."""

    def __init__(self, flow: Flow, history: Sequence[tuple[events.Event, Occasion]]) -> None:
        self._flow = flow
        own = [event for event, _ in history if isinstance(event, events.AnswerRecorded)]
        said = {event.personal.value for event in own if self._is_personal(event.step)}
        self._known = sorted((one for one in said if len(one) >= _SHORTEST), key=len, reverse=True)

    def turn(self, heard: Heard) -> dict[str, Any] | None:
        """Return what a transcript says of the message, or none of what it cannot say."""
        message = heard.received.personal.message
        match message:
            case InboundText():
                return {"they": self._words(message.text, heard)} | self._referral(heard)
            case InboundChoice(type="template_button"):
                button = {"payload": message.id, "title": self.text(message.title)}
                return {"template_button": button}
            case InboundChoice():
                return {"tap": self.text(message.title)}
            case InboundMedia():
                return {"send": message.mime_type.partition(";")[0]}
            case InboundLocation():
                return {"location": dict(_PLACE)}
            case InboundContacts():
                return {"card": dict(_CARD)}
            case InboundFlowReply(response=fields) if fields is not None:
                return {"form": self._fields(fields)}
            case _:
                return None

    def text(self, words: str) -> str:
        """Mask names that are known, e-mail addresses and long numbers."""
        for known in self._known:
            words = words.replace(known, _WORDS)
        words = _EMAIL.sub("ana@example.org", words)
        return _NUMBER.sub(lambda found: found[1] or shaped(found[0]), words)

    def value(self, value: Any) -> Any:
        """Mask the texts in JSON."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {key: self.value(one) for key, one in value.items()}
            case list() | tuple():
                return [self.value(one) for one in value]
            case _:
                return value

    def _words(self, words: str, heard: Heard) -> str:
        tried = heard.answered or heard.rejected
        step = self._flow.steps.get(tried.step) if tried is not None else None
        if not isinstance(step, Ask):
            hidden = isinstance(step, Wait | FlowForm) and step.personal
            return _WORDS if hidden else self.text(words)
        if heard.answered is None:
            return shaped(words) if self._is_personal(step.id) else self.text(words)
        if isinstance(step.kind, Pattern):
            return shaped(words)
        if not self._is_personal(step.id):
            return self.text(words)
        if isinstance(step.kind, Date):
            return f"{heard.answered.personal.value[:4]}-01-01"
        return example(step.kind)

    def _is_personal(self, name: str) -> bool:
        step = self._flow.steps.get(name)
        if isinstance(step, Ask):
            return step.personal or isinstance(step.kind, _ALWAYS_PERSONAL)
        return isinstance(step, FlowForm | Wait) and step.personal

    def _fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: shaped(value) if isinstance(value, str) else value
            for name, value in fields.items()
            if name != "flow_token"
        }

    def _referral(self, heard: Heard) -> dict[str, Any]:
        referral = heard.received.personal.referral
        if referral is None:
            return {}
        told = {"source_id": referral.source_id, "source_type": referral.source_type}
        return {"referral": {key: value for key, value in told.items() if value}}


def shaped(words: str) -> str:
    """Return other letters and digits of the same kind, each where one was."""
    digits, small, large = cycle("1234567890"), cycle("example"), cycle("ABCDEFGH")
    return "".join(_other(char, digits, small, large) for char in words)


def _other(char: str, digits: Any, small: Any, large: Any) -> str:
    if char.isdigit():
        return str(next(digits))
    if char.isalpha():
        return str(next(large if char.isupper() else small))
    return char
