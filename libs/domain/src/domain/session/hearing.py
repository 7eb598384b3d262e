"""What a message leads to at the step where the flow stands."""

from domain import commands, events
from domain.messages import InboundChoice, InboundMedia, InboundText
from domain.session.answering import answer, late
from domain.session.flows.asking import statements
from domain.session.flows.buttons import earlier_answer
from domain.session.flows.flow import Flow, within
from domain.session.flows.steps import Ask, FlowForm, Lookup, Wait
from domain.session.flows.words import MAX_WORDS, visible
from domain.session.going_on import go_on
from domain.session.speaking import Voice
from domain.session.waiting import end_of_collecting, wait_ended
from domain.values import later_by


def heard_at(voice: Voice, flow: Flow, command: commands.ReceiveMessage) -> list[events.Event]:
    """Take the message as an answer, a part of one, or an interruption."""
    step, message = flow.steps.get(voice.session.step), command.personal.message
    if isinstance(step, Ask | FlowForm):
        return answer(voice, flow, step, command)
    if isinstance(message, InboundChoice) and (earlier := earlier_answer("", message)):
        return late(voice, flow, command, *earlier)
    match step:
        case Wait() if step.wait.collect:
            return _collect(voice, flow, step, command)
        case Wait(wait=waiting) if waiting.heard:
            ended = wait_ended(voice, step.id)
            return [ended, *go_on(voice.after(ended), flow, within(step.id) + waiting.heard)]
        case Lookup() if step.busy:
            told = voice.scope(flow, step.id).text(step.busy)
            return [*voice.say(statements((told,)))]
        case _:
            return []


def _collect(
    voice: Voice, flow: Flow, step: Wait, command: commands.ReceiveMessage
) -> list[events.Event]:
    said = _words(command)
    if said is None or step.wait.collect is None:
        return []
    until = voice.session.until or later_by(voice.occasion.at, step.wait.collect)
    collected = events.MessageCollected(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        message_id=command.message_id,
        step=step.id,
        until=until,
        is_personal=True if step.personal else None,
        personal=events.Part(value=said),
    )
    voice = voice.after(collected)
    if len(voice.session.collected) < step.wait.most:
        return [collected]
    return [collected, *end_of_collecting(voice, flow, step)]


def _words(command: commands.ReceiveMessage) -> str | None:
    """Return what a message says in words, as long as WhatsApp lets anybody write."""
    match command.personal.message:
        case InboundText(text=text):
            return visible(text)[:MAX_WORDS] or None
        case InboundMedia(caption=caption):
            return visible(caption or "")[:MAX_WORDS] or None
        case _:
            return None
