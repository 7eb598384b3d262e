"""Questions as messages: with buttons, rows, a form, or the button that sends a location."""

from collections.abc import Iterable, Sequence
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
from domain.messages.limits import BUTTON_TITLE
from domain.session.flows.buttons import ShownOption, button_id
from domain.session.flows.questions import MAX_BUTTONS, Choice, Files, Location
from domain.session.flows.scope import Scope
from domain.session.flows.steps import Ask, FlowForm
from domain.values import SessionId, uuid5

DONE = "done"
"""The option under the last of several files."""
NO_WORDS = "…"
"""What stands where a text came to nothing: WhatsApp takes no message without words."""


def question(step: Ask, words: Iterable[str], scope: Scope) -> list[OutboundMessage]:
    """Return the question as a message, with the words before it in the same bubble."""
    text = shown((*words, scope.text(step.ask)))
    if isinstance(step.kind, Location):
        return [OutboundLocationRequest(text=text)]
    options = scope.options(step.kind) if isinstance(step.kind, Choice) else ()
    if not isinstance(step.kind, Choice) or not options:
        return [OutboundText(text=text)]
    if _are_buttons(step.kind, options):
        return [OutboundButtons(text=text, buttons=_buttons(step.id, options))]
    button = shown((scope.text(step.kind.button),))
    return [OutboundList(text=text, button=button, rows=_rows(step.id, options))]


def _are_buttons(choice: Choice, options: Sequence[ShownOption]) -> bool:
    """Say whether buttons do; of options that the flow found out nobody knows how long they are."""
    if len(options) > MAX_BUTTONS:
        return False
    short = all(len(one.title) <= BUTTON_TITLE and not one.description for one in options)
    return short or choice.each is None


def form(step: FlowForm, words: Iterable[str], scope: Scope) -> list[OutboundMessage]:
    """Return the message with the button that opens the form."""
    wanted = step.flow_form
    by_id = wanted.by == "id"
    data = {name: scope.worth(formula) for name, formula in wanted.data.items()}
    return [
        OutboundFlow(
            text=shown((*words, scope.text(wanted.ask))),
            button=shown((scope.text(wanted.button),)),
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


def one_more_file(
    step: Ask, files: Files, scope: Scope, words: Iterable[str] = (), *, given: int
) -> OutboundMessage:
    """Return the invitation to send another file, or be done once enough are given."""
    if given < files.min:
        return OutboundText(text=shown((*words, scope.text(files.needed))))
    done = Button(id=button_id(step.id, DONE), title=shown((scope.text(files.done),)))
    text = shown((*words, scope.text(files.more)))
    return OutboundButtons(text=text, buttons=(done,))


def statements(words: Iterable[str]) -> list[OutboundMessage]:
    """Return words that ask nothing in one message, none where there are no words."""
    text = together(words)
    return [OutboundText(text=text)] if text else []


def together(words: Iterable[str]) -> str:
    """Return what goes out in one bubble: blank words are none."""
    return "\n\n".join(word for word in words if not word.isspace() and word)


def shown(words: Iterable[str]) -> str:
    """Return the same for where WhatsApp takes no message without words."""
    return together(words) or NO_WORDS


def _buttons(step_id: str, options: Iterable[ShownOption]) -> tuple[Button, ...]:
    return tuple(
        Button(id=button_id(step_id, option.id), title=shown((option.title,))) for option in options
    )


def _rows(step_id: str, options: Iterable[ShownOption]) -> tuple[Row, ...]:
    return tuple(
        Row(
            id=button_id(step_id, option.id),
            title=shown((option.title,)),
            description=option.description,
        )
        for option in options
    )
