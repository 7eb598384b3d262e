"""Questions as messages: with buttons, rows, a form, or the button that sends a location."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from domain.messages import (
    Button,
    OutboundButtons,
    OutboundFlow,
    OutboundList,
    OutboundLocationRequest,
    OutboundMessage,
    OutboundText,
    Row,
)
from domain.session.flows.answers import ShownOption, button_id
from domain.session.flows.questions import MAX_BUTTONS, Choice, Each, Files, Location
from domain.session.flows.scope import Scope
from domain.session.flows.steps import Ask, FlowForm
from domain.values import SessionId, uuid5

DONE = "done"
"""The option under the last of several files."""

_MOST_OPTIONS = 10
_LONGEST_ID = 100
_LONGEST_TITLE = 24
_LONGEST_DESCRIPTION = 72


def question(step: Ask, words: Iterable[str], scope: Scope) -> list[OutboundMessage]:
    """Return the question as a message, with the words before it in the same bubble."""
    text = "\n\n".join((*words, scope.text(step.ask)))
    if isinstance(step.kind, Location):
        return [OutboundLocationRequest(text=text)] if text else []
    if not isinstance(step.kind, Choice):
        return statements((text,))
    options = shown_options(step.kind, scope)
    if not options:
        return statements((text,))
    if len(options) <= MAX_BUTTONS and not any(option.description for option in options):
        return [OutboundButtons(text=text, buttons=_buttons(step.id, options))]
    button = scope.text(step.kind.button)
    return [OutboundList(text=text, button=button, rows=_rows(step.id, options))]


def form(step: FlowForm, words: Iterable[str], scope: Scope) -> list[OutboundMessage]:
    """Return the message with the button that opens the form."""
    wanted = step.flow_form
    by_id = wanted.by == "id"
    data = {name: scope.worth(formula) for name, formula in wanted.data.items()}
    return [
        OutboundFlow(
            text="\n\n".join((*words, scope.text(wanted.ask))),
            button=scope.text(wanted.button),
            flow_id=wanted.flow if by_id else None,
            flow_name=None if by_id else wanted.flow,
            token=form_token(scope.session.session_id, step.id),
            action="navigate" if wanted.screen else "data_exchange",
            screen=wanted.screen,
            data=data or None,
        )
    ]


def form_token(session: SessionId, step: str) -> str:
    """Return what tells later which question a filled-in form answers; it reveals nothing."""
    return str(uuid5(UUID(str(session)), f"form/{step}"))


def one_more_file(step: Ask, files: Files, scope: Scope) -> OutboundMessage:
    """Return the invitation to send another file or be done."""
    done = Button(id=button_id(step.id, DONE), title=scope.text(files.done))
    return OutboundButtons(text=scope.text(files.more), buttons=(done,))


def statements(words: Iterable[str]) -> list[OutboundMessage]:
    """Return words that ask nothing in one message, none where there are no words."""
    text = "\n\n".join(word for word in words if word)
    return [OutboundText(text=text)] if text else []


def shown_options(choice: Choice, scope: Scope) -> tuple[ShownOption, ...]:
    """Return what the person can choose: what the flow found out, then what is written down."""
    found = _found(choice.each, scope) if choice.each else ()
    written = tuple(
        ShownOption(
            option.id,
            scope.text(option.title),
            scope.text(option.description) if option.description else None,
        )
        for option in choice.options
    )
    return (*found[: _MOST_OPTIONS - len(written)], *written)


def _found(each: Each, scope: Scope) -> tuple[ShownOption, ...]:
    items = scope.worth(each.of)
    shown: dict[str, ShownOption] = {}
    for item in items[:_MOST_OPTIONS] if isinstance(items, list) else ():
        option = _option(each, scope.with_item(item))
        if option.id and option.title:
            shown.setdefault(option.id, option)
    return tuple(shown.values())


def _option(each: Each, scope: Scope) -> ShownOption:
    described = _words(scope.worth(each.description)) if each.description else ""
    return ShownOption(
        _words(scope.worth(each.id))[:_LONGEST_ID],
        _cut(_words(scope.worth(each.title)), _LONGEST_TITLE),
        _cut(described, _LONGEST_DESCRIPTION) or None,
    )


def _words(value: Any) -> str:
    """Return what other systems found as one line; what is no word or number says nothing."""
    known = isinstance(value, str | int | float) and not isinstance(value, bool)
    return " ".join(str(value).split()) if known else ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _buttons(step_id: str, options: Iterable[ShownOption]) -> tuple[Button, ...]:
    return tuple(
        Button(id=button_id(step_id, option.id), title=_cut(option.title, 20)) for option in options
    )


def _rows(step_id: str, options: Iterable[ShownOption]) -> tuple[Row, ...]:
    return tuple(
        Row(id=button_id(step_id, option.id), title=option.title, description=option.description)
        for option in options
    )
