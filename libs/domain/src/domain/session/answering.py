"""What a message leads to while a question is open."""

from domain import commands, events
from domain.commands.file_rejections import MEDIA_LOST
from domain.messages import (
    InboundChoice,
    InboundFlowReply,
    InboundMedia,
    InboundMessage,
    InboundText,
    InboundUnknown,
    InboundUnsupported,
)
from domain.session.files import uploaded
from domain.session.flows.answers import accepts_file, judge, judge_form
from domain.session.flows.asking import (
    DONE,
    form_token,
    one_more_file,
    statements,
)
from domain.session.flows.buttons import button_id, earlier_answer
from domain.session.flows.flow import Flow, within
from domain.session.flows.judgement import Accepted, Hearing, Rejected
from domain.session.flows.questions import Files
from domain.session.flows.rejections import said_of
from domain.session.flows.steps import Ask, FlowForm
from domain.session.flows.templates import filled
from domain.session.flows.wording import Wording
from domain.session.flows.words import plain
from domain.session.going_on import go_on
from domain.session.speaking import Voice

_MEDIA_LOST = frozenset({131052, 131053})
"""By which WhatsApp says that there was a file, and that it did not come through (Meta, codes)."""
_MAY_BE_MEANT_AS_A_FILE = (InboundMedia, InboundUnsupported, InboundUnknown)


def answer(
    voice: Voice, flow: Flow, step: Ask | FlowForm, command: commands.ReceiveMessage
) -> list[events.Event]:
    """Take the message as the answer, or ask again."""
    message = command.personal.message
    if isinstance(message, InboundChoice) and (earlier := earlier_answer(step.id, message)):
        return late(voice, flow, command, *earlier)
    if isinstance(step, FlowForm):
        return _form(voice, flow, step, command)
    judged = judge(step, message, _hearing(voice, flow, step))
    if _is_template_button(message) and isinstance(judged, Rejected):
        return ask_again(voice, flow, step)
    if isinstance(step.kind, Files):
        return _files(voice, flow, step, step.kind, command)
    match judged:
        case Accepted():
            return accept(voice, flow, step, command, judged)
        case Rejected(reason):
            return _reject(voice, flow, step, command, reason)


def accept(
    voice: Voice,
    flow: Flow,
    step: Ask | FlowForm,
    command: commands.ReceiveMessage,
    judged: Accepted,
) -> list[events.Event]:
    """Record the answer, and go on from there."""
    recorded = events.AnswerRecorded(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        message_id=command.message_id,
        flow=voice.session.flow,
        step=step.id,
        is_personal=True if step.personal else None,
        personal=events.Answer(value=judged.value, data=judged.data),
    )
    voice = voice.after(recorded)
    chosen = _language(voice, step, judged.value)
    if chosen:
        voice = voice.knowing(*chosen)
    return [recorded, *chosen, *go_on(voice, flow, flow.following[step.id])]


def ask_again(voice: Voice, flow: Flow, step: Ask | FlowForm, *before: str) -> list[events.Event]:
    """Put the open question once more; where a file was given already, only ask for another."""
    if isinstance(step, Ask) and step.files and _has_enough(voice, step.id, step.files):
        return _one_more(voice, flow, step, step.files, *before)
    return go_on(voice, flow, step.id, *before)


def _has_enough(voice: Voice, step_id: str, files: Files) -> bool:
    return voice.session.files_of(step_id) >= files.min


def late(
    voice: Voice, flow: Flow, command: commands.ReceiveMessage, asked: str, option: str
) -> list[events.Event]:
    """Do with an answer to an earlier question as its step says.

    The same answer again is just a double tap.
    """
    known = voice.session.answers.get(asked)
    if known is not None and option in (known, DONE):
        return []
    step = flow.steps.get(asked)
    if isinstance(step, Ask) and step.late == "ignore":
        return []
    if isinstance(step, Ask) and step.late == "go-back":
        judged = judge(step, command.personal.message, _hearing(voice, flow, step))
        if isinstance(judged, Accepted):
            return accept(voice, flow, step, command, judged)
    return repeat(voice, flow, flow.definition.late)


def repeat(voice: Voice, flow: Flow, told: Wording) -> list[events.Event]:
    """Say this, and put the open question once more where one is open."""
    scope = voice.scope(flow, voice.session.step)
    step = flow.steps.get(voice.session.step)
    if isinstance(step, Ask | FlowForm):
        return ask_again(voice, flow, step, scope.text(told))
    return [*voice.say(statements((scope.text(told),)))]


def _hearing(voice: Voice, flow: Flow, step: Ask) -> Hearing:
    finds_out = step.choice is not None and step.choice.each is not None
    return Hearing(
        at=voice.occasion.at,
        languages=flow.heard_by(voice.contact.language),
        time_zone=flow.time_zone(within(step.id)),
        phone=voice.wa_id,
        options=voice.scope(flow, step.id).options(step.choice)
        if step.choice and finds_out
        else (),
    )


def _is_template_button(message: InboundMessage) -> bool:
    """Say whether a template's button brings the person back, who may not know the question."""
    return isinstance(message, InboundChoice) and message.type == "template_button"


def _form(
    voice: Voice, flow: Flow, step: FlowForm, command: commands.ReceiveMessage
) -> list[events.Event]:
    message = command.personal.message
    if isinstance(message, InboundFlowReply):
        token = form_token(voice.session.session_id, step.id)
        judged = judge_form(message, token)
        if isinstance(judged, Accepted):
            return accept(voice, flow, step, command, judged)
    if _is_template_button(message):
        return ask_again(voice, flow, step)
    return ask_again(voice, flow, step, voice.scope(flow, step.id).text(flow.definition.wrong))


def _files(
    voice: Voice, flow: Flow, step: Ask, files: Files, command: commands.ReceiveMessage
) -> list[events.Event]:
    message = command.personal.message
    given = voice.session.files_of(step.id)
    if isinstance(message, InboundMedia) and accepts_file(files, message):
        kept = uploaded(voice, step.id, command, message, files)
        if given + 1 >= files.max:
            done = Accepted(str(given + 1))
            return [kept, *accept(voice.after(kept), flow, step, command, done)]
        return [kept, *_one_more(voice.after(kept), flow, step, files)]
    if _is_done(step, files, command) and given >= files.min:
        return accept(voice, flow, step, command, Accepted(str(given)))
    wrong_kind = isinstance(message, InboundMedia)
    return _reject(voice, flow, step, command, "wrong-kind" if wrong_kind else "not-a-file")


def _is_done(step: Ask, files: Files, command: commands.ReceiveMessage) -> bool:
    message = command.personal.message
    if isinstance(message, InboundChoice):
        return message.id == button_id(step.id, DONE)
    said = plain(message.text) if isinstance(message, InboundText) else ""
    return said in {DONE, *map(plain, files.done.values())}


def _one_more(
    voice: Voice, flow: Flow, step: Ask, files: Files, *before: str
) -> list[events.Event]:
    scope = voice.scope(flow, step.id)
    fallback = filled(flow.definition.template, scope)
    given = voice.session.files_of(step.id)
    asked = one_more_file(step, files, scope, before, given=given)
    return [*voice.say([asked], step=step.id, fallback=fallback)]


def _language(voice: Voice, step: Ask | FlowForm, value: str) -> list[events.ContactLanguageChosen]:
    """Return the language that the answer chose, if it is one and another than before."""
    asks = isinstance(step, Ask) and step.choice is not None and step.choice.language
    if not asks or value == voice.contact.language:
        return []
    return [
        events.ContactLanguageChosen(contact_id=voice.contact_id, language=value, source="answer")
    ]


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
        is_personal=True if step.personal else None,
    )
    voice = voice.after(rejected)
    if step.otherwise and step.retries is not None and attempt % (step.retries + 1) == 0:
        return [rejected, *go_on(voice, flow, within(step.id) + step.otherwise)]
    is_beside = not isinstance(command.personal.message, _MAY_BE_MEANT_AS_A_FILE)
    if is_beside and step.files and _has_enough(voice, step.id, step.files):
        return [rejected, *ask_again(voice, flow, step)]  # words beside files are no mistake
    told = voice.scope(flow, step.id).text(_why(flow, step, command))
    return [rejected, *ask_again(voice, flow, step, told)]


def _why(flow: Flow, step: Ask, command: commands.ReceiveMessage) -> Wording:
    match command.personal.message:
        case InboundUnsupported(code=code) if code in _MEDIA_LOST:
            return _lost(flow) if step.files else flow.definition.unasked_file
        case InboundUnknown() | InboundUnsupported():
            return flow.definition.unreadable
        case InboundMedia() if not step.files:
            return flow.definition.unasked_file
        case _:
            return step.wrong or flow.definition.wrong


def _lost(flow: Flow) -> Wording:
    definition = flow.definition
    return definition.file_rejected.get(MEDIA_LOST) or definition.file_failed or said_of(MEDIA_LOST)
