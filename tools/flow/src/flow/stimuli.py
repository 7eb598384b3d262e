"""What came from outside in a past session: all that its course depends on."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

from domain import commands, events
from domain.session import Occasion
from domain.values import CommandId
from flow.acting import kept, open_lookup, refused
from flow.rehearsal import NoSession, Rehearsal


class Heard(NamedTuple):
    """The person's message, and what the flow made of it."""

    at: datetime
    cause: CommandId
    received: events.MessageReceived
    answered: events.AnswerRecorded | None
    rejected: events.AnswerRejected | None


class Begun(NamedTuple):
    """The business began."""

    at: datetime
    cause: CommandId
    flow: str
    variables: Mapping[str, Any]
    language: str | None


class FileDone(NamedTuple):
    """The oldest file of which nothing was known is kept, or why not."""

    at: datetime
    size: int
    refused: str | None


class LookedUp(NamedTuple):
    """Another service answered."""

    at: datetime
    name: str
    outcome: Literal["found", "not-found", "failed"]
    data: Mapping[str, Any]


class Released(NamedTuple):
    """A human gave the session back."""

    at: datetime


class Due(NamedTuple):
    """A moment came that the flow waited for."""

    at: datetime


class Ended(NamedTuple):
    """Somebody ended the session by hand: with an outcome, or for a reason."""

    at: datetime
    outcome: str | None
    reason: str


Stimulus: TypeAlias = Heard | Begun | FileDone | LookedUp | Released | Due | Ended

_BY_TIME = (
    events.QuestionReminded,
    events.StepTimedOut,
    events.WaitEnded,
    events.SessionReleased,
    events.SessionExpired,
    events.SessionWindowClosing,
)
_BY_HAND = ("operator", "echo")


class NotReplayable(Exception):
    """The session went as it did by hand; says what was done."""


def stimuli(history: Sequence[tuple[events.Event, Occasion]]) -> Iterator[Stimulus]:
    """Yield what came from outside, in order. Raises NotReplayable."""
    by_command = _by_command(history)
    asked: dict[Any, str] = {}
    for event, occasion in history:
        at, beside = occasion.at, by_command[occasion.command_id]
        match event:
            case events.SessionInitiated(trigger="operator"):
                yield Begun(at, occasion.command_id, event.flow, _given(beside), _language(beside))
            case events.SessionInitiated(trigger="echo"):
                raise NotReplayable("a colleague began it")
            case events.SessionHandedOff(reason=reason) if reason in _BY_HAND:
                raise NotReplayable("a colleague took it over by hand")
            case events.MessageReceived():
                yield Heard(at, occasion.command_id, event, _first(beside, events.AnswerRecorded),
                            _first(beside, events.AnswerRejected))  # fmt: skip
            case events.FileStored():
                yield FileDone(at, event.size, None)
            case events.FileRejected():
                yield FileDone(at, 1, event.reason)
            case events.LookupRequested():
                asked[event.lookup_id] = event.name
            case events.LookupAnswered():
                data, name = event.personal.data, asked.get(event.lookup_id, "")
                yield LookedUp(at, name, event.outcome, data)
            case events.SessionReleased(reason=None):
                yield Released(at)
            case events.SessionCompleted(outcome=outcome) if len(beside) == 1:
                yield Ended(at, outcome, "")
            case events.SessionCancelled(reason=reason) if len(beside) == 1:
                yield Ended(at, None, reason)
            case _ if (
                isinstance(event, _BY_TIME) and _first(beside, events.MessageReceived) is None
            ):
                yield Due(at)
            case _:
                pass


def _by_command(
    history: Sequence[tuple[events.Event, Occasion]],
) -> Mapping[Any, list[events.Event]]:
    found: dict[Any, list[events.Event]] = {}
    for event, occasion in history:
        found.setdefault(occasion.command_id, []).append(event)
    return found


def _given(beside: Sequence[events.Event]) -> Mapping[str, Any]:
    told = _first(beside, events.VariablesSet)
    return told.personal.values if told is not None and told.step is None else {}


def _language(beside: Sequence[events.Event]) -> str | None:
    chosen = _first(beside, events.ContactLanguageChosen)
    return chosen.language if chosen is not None else None


def _first(beside: Sequence[events.Event], kind: type[Any]) -> Any:
    return next((event for event in beside if isinstance(event, kind)), None)


def replay(stimulus: Stimulus, rehearsal: Rehearsal) -> None:
    """Let it happen in a rehearsal, at its time, if it can still happen. Raises UnknownFlow."""
    if stimulus.at > rehearsal.now:
        rehearsal.passes(stimulus.at - rehearsal.now)
    rehearsal.now = stimulus.at  # clocks of different senders may go back
    match stimulus:
        case Heard(received=received):
            told = received.personal
            rehearsal.hears(
                told.message,
                referral=told.referral,
                context=told.context,
                wamid=told.wamid,
                at=received.received_at,
                cause=stimulus.cause,
            )
        case Begun():
            rehearsal.begins(stimulus.flow, stimulus.variables, stimulus.language, stimulus.cause)
        case FileDone():
            if rehearsal.files:
                file = rehearsal.files.pop(0)
                rehearsal.decides(
                    refused(file, stimulus.refused)
                    if stimulus.refused
                    else kept(file, stimulus.size)
                )
        case LookedUp():
            _answer(stimulus, rehearsal)
        case Released():
            _release(rehearsal)
        case Ended():
            _end(stimulus, rehearsal)
        case Due():
            pass  # by then, time has passed


def _answer(answered: LookedUp, rehearsal: Rehearsal) -> None:
    session = rehearsal.person.open_session
    asked = open_lookup(session, [event for event, _ in rehearsal.log]) if session else None
    if asked is not None and asked.name == answered.name:
        rehearsal.decides(
            commands.RecordLookup(
                contact_id=asked.contact_id,
                session_id=asked.session_id,
                lookup_id=asked.lookup_id,
                outcome=answered.outcome,
                personal=commands.Found(data=dict(answered.data)),
            )
        )


def _end(ended: Ended, rehearsal: Rehearsal) -> None:
    session = rehearsal.person.open_session
    if session is None:
        return
    who, which = rehearsal.contact_id, session.session_id
    rehearsal.decides(
        commands.CancelSession(contact_id=who, session_id=which, reason=ended.reason)
        if ended.outcome is None
        else commands.CompleteSession(contact_id=who, session_id=which, outcome=ended.outcome)
    )


def _release(rehearsal: Rehearsal) -> None:
    try:
        session = rehearsal.open_session()
    except NoSession:
        return
    rehearsal.decides(
        commands.ReleaseSession(contact_id=rehearsal.contact_id, session_id=session.session_id)
    )
