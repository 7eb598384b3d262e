"""What a turn led to beside what it should lead to."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import ndiff
from typing import Any, NamedTuple

import yaml

from domain import events
from domain.messages import OutboundMessage
from domain.session import Person
from flow.saying import UNSEEN, special, titles, words
from flow.transcript import Turn

ALWAYS = ("we", "buttons", "rows")
"""Left out in a transcript, these mean that there is nothing of the kind."""
ACTIVE = ("they", "referral", "tap", "send", "location", "card", "template_button", "after")
_TEMPLATES = ("marketing", "utility", "authentication")
"""What WhatsApp charges templates as, and nothing else."""
_BLANKS = str.maketrans("\u00a0\u202f", "  ")
_ENDS = {
    "session.completed.v1": "completed",
    "session.expired.v1": "expired",
    "session.cancelled.v1": "cancelled",
}


class Difference(NamedTuple):
    """One expectation that was not met; None where there is nothing."""

    what: str
    expected: Any
    found: Any

    def lines(self) -> Iterator[str]:
        """Show both: `-` what was expected, `+` what came, and where in a line they differ."""
        yield f"{self.what}:"
        for line in ndiff(_lines(self.expected), _lines(self.found)):
            yield f"  {line.rstrip()}"


def said(happened: Sequence[events.Event]) -> list[OutboundMessage]:
    """Return the messages that reached the person, without signals."""
    outcomes: dict[Any, events.ReplySent | events.ReplyFailed] = {
        event.reply_id: event
        for event in happened
        if isinstance(event, events.ReplySent | events.ReplyFailed)
    }
    return [
        message
        for event in happened
        if isinstance(event, events.ReplyRequested) and event.kind not in UNSEEN
        if (message := _that_reached(event, outcomes.get(event.reply_id))) is not None
    ]


def _that_reached(
    asked: events.ReplyRequested, outcome: events.ReplySent | events.ReplyFailed | None
) -> OutboundMessage | None:
    if isinstance(outcome, events.ReplyFailed):
        return None
    instead = outcome is not None and went_instead(outcome)
    return (asked.personal.fallback if instead else None) or asked.personal.message


def went_instead(sent: events.ReplySent) -> bool:
    """Say whether the template for a closed window went out.

    Where WhatsApp's status is faster than sender's word, only its price tells.
    """
    category = sent.pricing.category if sent.pricing else None
    return bool(sent.fallback) or category in _TEMPLATES


def observed(happened: Sequence[events.Event], person: Person) -> Mapping[str, Any]:
    """Return what there is for every expectation; what did not happen is left out."""
    newest = [*person.sessions.values()][-1:]
    session = person.open_session or (newest[0] if newest else None)
    return {**observed_alone(happened), "answers": dict(session.answers) if session else {}}


def observed_alone(happened: Sequence[events.Event]) -> dict[str, Any]:
    """Return the same without what is known from before."""
    messages = said(happened)
    found: dict[str, Any] = {
        "we": tuple(text for message in messages if (text := words(message))),
        **{kind: tuple(titles(messages[-1] if messages else None, kind)) for kind in ALWAYS[1:]},
    }
    for name, value in filter(None, map(special, messages)):
        found[name] = (*found.get(name, ()), value)
    for event in happened:
        found |= _told_by(event)
    return found


def _told_by(event: events.Event) -> Mapping[str, Any]:
    match event:
        case events.SessionCompleted():
            told = {"data": event.personal.data} if event.personal.data else {}
            return {"outcome": event.outcome, "ended": "completed", **told}
        case events.SessionExpired() | events.SessionCancelled():
            return {"ended": _ENDS[event.TYPE]}
        case events.SessionHandedOff():
            return {"handed_off": event.team or "nobody"}
        case events.SessionReleased():
            return {"released": event.reason or "human"}
        case events.ContactOptedOut():
            return {"opted_out": True}
        case events.ContactOptedIn():
            return {"opted_in": True}
        case events.ContactLanguageChosen():
            return {"language": event.language}
        case events.LookupRequested():
            return {"asked": {"lookup": event.name, "query": event.personal.query}}
        case _:
            return {}


def differences(turn: Turn, found: Mapping[str, Any]) -> list[Difference]:
    """Return every expectation of the turn that was not met."""
    return [
        Difference(name, expected, actual)
        for name, expected in expectations(turn).items()
        if (actual := _comparable(name, expected, found)) != expected
    ]


def expectations(turn: Turn) -> Mapping[str, Any]:
    """Return what is expected, by name: what is always looked at, and what the turn names."""
    written = turn.model_dump(exclude_unset=True, exclude_none=True)
    named = {name: value for name, value in written.items() if name not in {*ACTIVE, *turn.acts}}
    told = {**dict.fromkeys(ALWAYS, ()), **named}
    told["we"] = tuple(map(_typed, told["we"]))
    if isinstance(told.get("form"), str):
        told["form"] = (told["form"],)
    return told


def _typed(text: str) -> str:
    """Write a text as people type it: in times and amounts some languages have narrow blanks."""
    return text.translate(_BLANKS).rstrip("\n")


def _comparable(name: str, expected: Any, found: Mapping[str, Any]) -> Any:
    """Give what there is in the shape of what is expected."""
    actual = found.get(name)
    if name == "answers":
        return {step: found["answers"].get(step) for step in expected}
    if name == "asked" and actual is not None and "query" not in expected:
        return {"lookup": actual["lookup"]}
    if name in ("opted_out", "opted_in"):
        return bool(actual)
    if name == "we":
        return tuple(map(_typed, actual or ()))
    return actual if actual is not None or not isinstance(expected, tuple) else ()


def _lines(value: Any) -> list[str]:
    if value is None or value == ():
        return ["(nothing)"]
    if isinstance(value, str):
        return value.split("\n")
    if isinstance(value, tuple):
        return [line for one in value for line in _item(str(one))]
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False).strip().split("\n")


def _item(text: str) -> list[str]:
    first, *more = text.split("\n")
    return [f"| {first}", *(f"  {line}" for line in more)]
