"""What the bot does next: the words up to the next question, hand-off or end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from domain.messages import (
    Button,
    OutboundButtons,
    OutboundList,
    OutboundMessage,
    OutboundText,
    Row,
)
from domain.session.flows.answers import button_id
from domain.session.flows.flow import (
    MAX_BUTTONS,
    PLACEHOLDER,
    Ask,
    Branch,
    Choice,
    Complete,
    Files,
    Flow,
    HandOff,
    Say,
)

DONE = "done"
"""The option under the last of several files."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Words, and the step that ends the turn; none when a flow ends without a `complete`."""

    words: tuple[str, ...]
    stop: Ask | HandOff | Complete | None


def advance(flow: Flow, step_id: str | None, answers: Mapping[str, str]) -> Turn:
    """Walk from this step to the next one that waits for somebody or ends the session."""
    words: list[str] = []
    while step_id is not None:
        step = flow.steps[step_id]
        match step:
            case Say():
                words.append(fill(flow, step.say, answers))
                step_id = flow.following.get(step.id)
            case Branch():
                step_id = _chosen(step, answers)
            case Ask() | HandOff() | Complete():
                return Turn(tuple(words), step)
            case _:
                assert_never(step)
    return Turn(tuple(words), None)


def fill(flow: Flow, text: str, answers: Mapping[str, str]) -> str:
    """Put the answers into the text, choices by their titles."""
    return PLACEHOLDER.sub(lambda found: _spoken(flow, found[1], answers), text)


def question(
    flow: Flow, step: Ask, words: tuple[str, ...], answers: Mapping[str, str]
) -> list[OutboundMessage]:
    """Return the question as a message, with the words before it in the same bubble."""
    text = "\n\n".join((*words, fill(flow, step.ask, answers)))
    if not step.choice:
        return statements((text,))
    if len(step.choice.options) <= MAX_BUTTONS:
        return [OutboundButtons(text=text, buttons=_buttons(step.id, step.choice))]
    rows = _rows(step.id, step.choice)
    return [OutboundList(text=text, button=step.choice.button, rows=rows)]


def one_more_file(step: Ask, files: Files) -> OutboundMessage:
    """Return the invitation to send another file or be done."""
    done = Button(id=button_id(step.id, DONE), title=files.done)
    return OutboundButtons(text=files.more, buttons=(done,))


def statements(words: tuple[str, ...]) -> list[OutboundMessage]:
    """Return words that ask nothing in one message, none where there are no words."""
    text = "\n\n".join(word for word in words if word)
    return [OutboundText(text=text)] if text else []


def _chosen(step: Branch, answers: Mapping[str, str]) -> str:
    for case in step.branch:
        if answers.get(case.answer) in case.one_of:
            return case.to
    return step.otherwise


def _spoken(flow: Flow, step_id: str, answers: Mapping[str, str]) -> str:
    answer = answers.get(step_id, "")
    step = flow.steps.get(step_id)
    if isinstance(step, Ask) and step.choice:
        titles = {option.id: option.title for option in step.choice.options}
        return titles.get(answer, answer)
    return answer


def _buttons(step_id: str, choice: Choice) -> tuple[Button, ...]:
    return tuple(
        Button(id=button_id(step_id, option.id), title=option.title) for option in choice.options
    )


def _rows(step_id: str, choice: Choice) -> tuple[Row, ...]:
    return tuple(
        Row(
            id=button_id(step_id, option.id),
            title=option.title,
            description=option.description,
        )
        for option in choice.options
    )
