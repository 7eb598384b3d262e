"""What the bot does next: all up to the next step that waits for somebody or ends the session."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias, assert_never

from domain.messages import (
    OutboundLink,
    OutboundLocation,
    OutboundMedia,
    OutboundMessage,
)
from domain.session.flows.asking import shown, together
from domain.session.flows.flow import Flow, within
from domain.session.flows.scope import Scope
from domain.session.flows.steps import (
    Ask,
    Branch,
    Call,
    Complete,
    FlowForm,
    HandOff,
    Lookup,
    Say,
    SendTemplate,
    Set,
    Wait,
)
from domain.session.flows.steps_passing import Media
from domain.session.flows.steps_waiting import Waiting
from domain.session.flows.templates import filled
from domain.values import later_by

MOST_STEPS = 1000
"""Steps of one turn; a flow that was checked never comes near."""

Stop: TypeAlias = Ask | FlowForm | HandOff | Lookup | Wait | Complete


class Said(NamedTuple):
    """Words; they go out in one bubble with what follows."""

    text: str


class Shown(NamedTuple):
    """A message of its own."""

    message: OutboundMessage


class Known(NamedTuple):
    """Values that the flow remembers from this step on, by their full names."""

    step: str
    values: Mapping[str, Any]


Act: TypeAlias = Said | Shown | Known


class Turn(NamedTuple):
    """What happens on the way, and the step that ends the turn.

    That is none when a flow ends without a `complete`.
    """

    acts: tuple[Act, ...]
    stop: Stop | None
    scope: Scope
    """What is known at its end."""
    visited: tuple[str, ...]
    """Every step on the way, the last one too."""
    until: datetime | None = None
    """When the wait at its end ends, where that is known."""


def advance(flow: Flow, step_id: str | None, scope: Scope) -> Turn:
    """Walk from this step to the next one that waits for somebody or ends the session."""
    acts: list[Act] = []
    visited: list[str] = []
    while step_id is not None and len(visited) < MOST_STEPS:
        visited.append(step_id)
        step = flow.steps[step_id]
        scope = scope.within(within(step_id))
        match step:
            case Ask() | FlowForm() | HandOff() | Lookup():
                return Turn(tuple(acts), step, scope, tuple(visited))
            case Wait():
                until = _until(step.wait, scope)
                if step.wait.collect or (until is not None and until > scope.now):
                    return Turn(tuple(acts), step, scope, tuple(visited), until)
                step_id = flow.following.get(step_id)
            case Complete():
                if not scope.prefix:
                    return Turn(tuple(acts), step, scope, tuple(visited))
                acts, scope, step_id = _returned(flow, step, acts, scope)
            case _:
                more, scope, step_id = _passed(flow, step, scope)
                acts.extend(more)
    return Turn(tuple(acts), None, scope, tuple(visited))


def _passed(
    flow: Flow, step: Say | Branch | Set | Call | SendTemplate, scope: Scope
) -> tuple[list[Act], Scope, str | None]:
    """Return what a step does that waits for nobody, what is known then, and what follows."""
    following = flow.following.get(step.id)
    match step:
        case Say():
            return _said(step, scope), scope, following
        case Branch():
            return [], scope, scope.prefix + chosen(step, scope)
        case Set():
            values, scope = _worked_out(step, scope)
            return [Known(step.id, values)], scope, following
        case Call():
            values = _given(flow, step, scope)
            scope = scope.knowing(values)
            entered = f"{step.id}.{flow.called[step.id + '.'].steps[0].id}"
            return ([Known(step.id, values)] if values else []), scope, entered
        case SendTemplate():
            template = filled(step.template, scope)
            return ([Shown(template)] if template else []), scope, following
        case _:
            assert_never(step)


def chosen(step: Branch, scope: Scope) -> str:
    """Return where the first case that fits leads, within the step's flow."""
    for case in step.branch:
        if case.when is not None:
            if scope.holds(case.when):
                return case.to
        elif case.answer is not None and scope.kept(case.answer) in case.one_of:
            return case.to
    return step.otherwise


def _said(step: Say, scope: Scope) -> list[Act]:
    text = scope.text(step.say)
    if step.media:
        return _with_file(step.media, text)
    if step.place:
        return [Said(text), Shown(OutboundLocation(**step.place.model_dump()))]
    if step.link:
        button = shown((scope.text(step.link.title),))
        return [Shown(OutboundLink(text=shown((text,)), button=button, url=step.link.url))]
    return [Said(text)]


def _with_file(media: Media, text: str) -> list[Act]:
    takes_words = media.type in ("image", "video", "document")
    file = OutboundMedia(
        type=media.type,
        link=media.link,
        media_id=media.id,
        file_name=media.file_name,
        caption=together((text,)) or None if takes_words else None,
    )
    return [Shown(file)] if takes_words else [Said(text), Shown(file)]


def _worked_out(step: Set, scope: Scope) -> tuple[dict[str, Any], Scope]:
    values: dict[str, Any] = {}
    for name, formula in step.set.items():
        value = {scope.prefix + name: scope.worth(formula)}
        values |= value
        scope = scope.knowing(value)
    return values, scope


def _given(flow: Flow, step: Call, scope: Scope) -> dict[str, Any]:
    """Return the called flow's variables: as given, else by default."""
    variables = flow.called[step.id + "."].triggers.variables
    return {
        f"{step.id}.{name}": scope.worth(step.call.given[name])
        if name in step.call.given
        else variable.default
        for name, variable in variables.items()
    }


def _returned(
    flow: Flow, step: Complete, acts: list[Act], scope: Scope
) -> tuple[list[Act], Scope, str | None]:
    """Leave a called flow, with what it has to say."""
    caller = scope.prefix.removesuffix(".")
    said = [Said(scope.text(step.complete.say))] if step.complete.say else []
    data = {name: scope.worth(formula) for name, formula in step.complete.data.items()}
    values = {f"{caller}.outcome": step.complete.outcome} | {
        f"{caller}.{name}": value for name, value in data.items()
    }
    done = [*acts, *said, Known(step.id, values)]
    return done, scope.knowing(values), flow.following.get(caller)


def _until(wait: Waiting, scope: Scope) -> datetime | None:
    if wait.span is not None:
        return later_by(scope.now, wait.span)
    if wait.until is None:
        return None
    moment = scope.moment(wait.until)
    return moment if moment is not None and moment > scope.now else None
