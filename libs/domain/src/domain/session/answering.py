"""What a message leads to while a question is open."""

from domain import commands, events
from domain.messages import (
    InboundChoice,
    InboundMedia,
    InboundMessage,
    InboundText,
    InboundUnknown,
    InboundUnsupported,
)
from domain.session.files import uploaded
from domain.session.flows.answers import (
    Accepted,
    Rejected,
    accepts_file,
    button_id,
    earlier_answer,
    judge,
    plain,
)
from domain.session.flows.flow import Ask, Files, Flow
from domain.session.flows.reminding import reminder
from domain.session.flows.turn import DONE, one_more_file
from domain.session.speaking import Voice, go_on


def answer(
    voice: Voice,
    flow: Flow,
    step: Ask,
    command: commands.ReceiveMessage,
) -> list[events.Event]:
    """Take the message as the answer, or ask again."""
    message = command.personal.message
    if isinstance(message, InboundChoice) and (earlier := earlier_answer(step, message)):
        return _late(voice, flow, step, *earlier)
    if _calls_back(voice, step, message):
        return ask_again(voice, flow, step)
    if isinstance(step.kind, Files):
        return _files(voice, flow, step, step.kind, command)
    match judge(step, message, voice.occasion.at):
        case Accepted(value):
            return _accept(voice, flow, step, command, value)
        case Rejected(reason):
            return _reject(voice, flow, step, command, reason)


def _calls_back(voice: Voice, step: Ask, message: InboundMessage) -> bool:
    """Say whether a template's button brings the person back, who may not know the question."""
    if not isinstance(message, InboundChoice) or message.type != "template_button":
        return False
    return isinstance(judge(step, message, voice.occasion.at), Rejected)


def _files(
    voice: Voice, flow: Flow, step: Ask, files: Files, command: commands.ReceiveMessage
) -> list[events.Event]:
    message = command.personal.message
    given = voice.session.files_of(step.id)
    if isinstance(message, InboundMedia) and accepts_file(files, message):
        kept = uploaded(voice, step.id, command, message)
        if given + 1 >= files.max:
            return [kept, *_accept(voice, flow, step, command, str(given + 1))]
        return [kept, *_one_more(voice, flow, step, files)]
    if _is_done(step, files, command) and given >= files.min:
        return _accept(voice, flow, step, command, str(given))
    wrong_kind = isinstance(message, InboundMedia)
    return _reject(voice, flow, step, command, "wrong-kind" if wrong_kind else "not-a-file")


def _is_done(step: Ask, files: Files, command: commands.ReceiveMessage) -> bool:
    message = command.personal.message
    if isinstance(message, InboundChoice):
        return message.id == button_id(step.id, DONE)
    return isinstance(message, InboundText) and plain(message.text) in {DONE, plain(files.done)}


def _late(voice: Voice, flow: Flow, step: Ask, asked: str, option: str) -> list[events.Event]:
    """Point out an answer to an earlier question; the same answer again is just a double tap."""
    known = voice.session.answers.get(asked)
    if known is not None and option in (known, DONE):
        return []
    return ask_again(voice, flow, step, flow.definition.late)


def ask_again(voice: Voice, flow: Flow, step: Ask, *before: str) -> list[events.Event]:
    """Put the open question once more; where a file was given already, only ask for another."""
    if step.files and voice.session.files_of(step.id) >= step.files.min:
        return _one_more(voice, flow, step, step.files)
    return go_on(voice, flow, step.id, voice.session.answers, *before)


def _one_more(voice: Voice, flow: Flow, step: Ask, files: Files) -> list[events.Event]:
    fallback = reminder(flow, voice.session.answers)
    return voice.say([one_more_file(step, files)], step=step.id, fallback=fallback)


def _accept(
    voice: Voice, flow: Flow, step: Ask, command: commands.ReceiveMessage, value: str
) -> list[events.Event]:
    recorded = events.AnswerRecorded(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        message_id=command.message_id,
        step=step.id,
        personal=events.Answer(value=value),
    )
    answers = {**voice.session.answers, step.id: value}
    return [recorded, *go_on(voice, flow, flow.following[step.id], answers)]


def _reject(
    voice: Voice, flow: Flow, step: Ask, command: commands.ReceiveMessage, reason: str
) -> list[events.Event]:
    attempt = voice.session.attempts + 1
    rejected = events.AnswerRejected(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        message_id=command.message_id,
        step=step.id,
        reason=reason,
        attempt=attempt,
    )
    if step.otherwise and step.retries is not None and attempt > step.retries:
        return [rejected, *go_on(voice, flow, step.otherwise, voice.session.answers)]
    return [rejected, *ask_again(voice, flow, step, _why(flow, step, command))]


def _why(flow: Flow, step: Ask, command: commands.ReceiveMessage) -> str:
    match command.personal.message:
        case InboundUnknown() | InboundUnsupported():
            return flow.definition.unreadable
        case InboundMedia() if not step.files:
            return flow.definition.unasked_file
        case _:
            return step.wrong or flow.definition.wrong
