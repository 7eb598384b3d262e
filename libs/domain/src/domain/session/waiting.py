"""What happens when a moment comes that the flow waited for, and when it is too late."""

from typing import assert_never

from domain import commands, events
from domain.session.answering import ask_again
from domain.session.flows.book import FlowBook
from domain.session.flows.flow import Flow, within
from domain.session.flows.steps import Ask, FlowForm, HandOff, Lookup, Step, Wait
from domain.session.going_on import go_on
from domain.session.migrating import brought_up
from domain.session.speaking import Voice
from domain.session.timers import deadlines, window_end

MOST_ALONE = 100
"""Waits, lookups and timeouts in a row without a word from anybody, after which a session ends."""


def fire(voice: Voice, command: commands.FireTimer, flows: FlowBook) -> list[events.Event]:
    """Do what the time has come for; a timer of an earlier moment is stale and does nothing."""
    session = voice.session
    if not _is_due(voice, command, flows.of_session(session.flow, session.flow_version)):
        return []
    if command.kind == "session-expiry" or tired(voice):
        return [expired(voice)]
    flow, moved = brought_up(voice.contact_id, session, flows)
    voice = voice.after(*moved)
    if moved and not _is_due(voice, command, flow):  # the newer version is more patient
        return [*moved]
    return [*moved, *_on_time(voice, flow, command)]


def tired(voice: Voice) -> bool:
    """Say whether a flow went on by itself too often: nobody is there whom it could serve."""
    return voice.session.alone >= MOST_ALONE


def expired(voice: Voice) -> events.SessionExpired:
    """Return the fact that the session ends because nobody spoke."""
    return events.SessionExpired(contact_id=voice.contact_id, session_id=voice.session.session_id)


def _is_due(voice: Voice, command: commands.FireTimer, flow: Flow) -> bool:
    due_at = deadlines(voice.session, flow).get(command.kind)
    return due_at is not None and command.due_at >= due_at


def _on_time(voice: Voice, flow: Flow, command: commands.FireTimer) -> list[events.Event]:
    match command.kind:
        case "reminder":
            return _remind(voice, flow)
        case "step-timeout":
            return _time_out(voice, flow)
        case "hand-off-lease":
            return _end_of_lease(voice, flow)
        case "wait":
            return _end_of_wait(voice, flow)
        case "window-closing":
            return _before_window_closes(voice, flow)
        case "session-expiry":
            return []
        case _:
            assert_never(command.kind)


def end_of_collecting(voice: Voice, flow: Flow, step: Wait) -> list[events.Event]:
    """Take everything that was said as one answer, one message a line, and go on."""
    session = voice.session
    ended = wait_ended(voice, step.id)
    if session.collected_last is None:
        return [ended, *go_on(voice.after(ended), flow, flow.following.get(step.id))]
    recorded = events.AnswerRecorded(
        contact_id=voice.contact_id,
        session_id=session.session_id,
        message_id=session.collected_last,
        flow=session.flow,
        step=step.id,
        is_personal=True if step.personal else None,
        personal=events.Answer(value="\n".join(session.collected)),
    )
    voice = voice.after(ended, recorded)
    return [ended, recorded, *go_on(voice, flow, flow.following.get(step.id))]


def wait_ended(voice: Voice, step_id: str) -> events.WaitEnded:
    """Return the fact that the session waits at this step no longer."""
    return events.WaitEnded(
        contact_id=voice.contact_id, session_id=voice.session.session_id, step=step_id
    )


def timed_out(voice: Voice, step_id: str) -> events.StepTimedOut:
    """Return the fact that nobody answered this step in time."""
    return events.StepTimedOut(
        contact_id=voice.contact_id, session_id=voice.session.session_id, step=step_id
    )


def _remind(voice: Voice, flow: Flow) -> list[events.Event]:
    step = flow.steps.get(voice.session.step)
    if not isinstance(step, Ask | FlowForm) or step.reminder is None:
        return []
    reminded = events.QuestionReminded(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        step=step.id,
        number=voice.session.reminded + 1,
    )
    voice = voice.after(reminded)
    told = voice.scope(flow, step.id).text(step.reminder.say)
    return [reminded, *ask_again(voice, flow, step, told)]


def _time_out(voice: Voice, flow: Flow) -> list[events.Event]:
    step = flow.steps.get(voice.session.step)
    match step:
        case Ask(timeout=timeout) | FlowForm(timeout=timeout) if timeout:
            to = timeout.to
        case Lookup():
            to = step.failed
        case _:
            return []
    late = timed_out(voice, step.id)
    return [late, *go_on(voice.after(late), flow, within(step.id) + to)]


def _end_of_lease(voice: Voice, flow: Flow) -> list[events.Event]:
    released = events.SessionReleased(
        contact_id=voice.contact_id, session_id=voice.session.session_id, reason="lease"
    )
    step = flow.steps.get(voice.session.step)
    by_flow = step if isinstance(step, HandOff) else None
    lease = by_flow.hand_off.lease if by_flow else flow.definition.agent.lease
    voice = voice.after(released)
    if lease is None or lease.to is None:
        return [released, *resume(voice, flow, step)]
    scope = within(by_flow.id) if by_flow else ""
    return [released, *go_on(voice, flow, scope + lease.to)]


def resume(voice: Voice, flow: Flow, step: Step | None) -> list[events.Event]:
    """Go on where a human left off: with the open question, or after the step that called them."""
    match step:
        case Ask() | FlowForm():
            return ask_again(voice, flow, step)
        case HandOff():
            return go_on(voice, flow, flow.following.get(step.id))
        case Wait() if voice.session.collected:
            return end_of_collecting(voice, flow, step)
        case Wait() | Lookup():
            return go_on(voice, flow, step.id)
        case _:
            return go_on(voice, flow, flow.first)


def _end_of_wait(voice: Voice, flow: Flow) -> list[events.Event]:
    step = flow.steps.get(voice.session.step)
    return end_of_collecting(voice, flow, step) if isinstance(step, Wait) else []


def _before_window_closes(voice: Voice, flow: Flow) -> list[events.Event]:
    closing, said = flow.definition.window_closing, voice.session.last_message_at
    step = flow.steps.get(voice.session.step)
    if closing is None or said is None or not isinstance(step, Ask | FlowForm):
        return []
    told = events.SessionWindowClosing(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        closes_at=window_end(said),
    )
    voice = voice.after(told)
    if closing.to is not None:
        return [told, *go_on(voice, flow, closing.to)]
    if voice.occasion.at >= told.closes_at:  # nobody could read it any more
        return [told]
    words = voice.scope(flow).text(closing.say or {})
    return [told, *ask_again(voice, flow, step, words)]
