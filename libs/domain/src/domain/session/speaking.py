"""From what the flow wants to say to events that ask for replies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, assert_never

from domain import events
from domain.messages import (
    REPEATABLE,
    WINDOWLESS,
    OutboundMessage,
    OutboundReadReceipt,
    OutboundTemplate,
)
from domain.session.fitting import fit
from domain.session.flows.flow import Ask, Complete, Flow, HandOff
from domain.session.flows.reminding import reminder
from domain.session.flows.turn import advance, fill, question, statements
from domain.session.person import Occasion, Person
from domain.session.state import InteractiveSession
from domain.values import ContactId, MessageId, reply_id

_NEVER_REPLACED = WINDOWLESS | REPEATABLE
"""What goes out at any time, or is no loss."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks in which session to whom, and on what occasion."""

    contact_id: ContactId
    wa_id: str | None
    user_id: str | None
    session: InteractiveSession
    occasion: Occasion
    window_expires_at: datetime | None
    in_reply_to: MessageId | None = None
    reads: str | None = None
    """The wamid of a message that is shown as read as soon as we begin to answer."""
    opted_out: bool = False
    hides_number: bool = False
    """Whether the person shows ids alone, and hence is addressed by these."""

    def say(
        self,
        messages: Iterable[OutboundMessage],
        *,
        step: str | None = None,
        fallback: OutboundTemplate | None = None,
        quotes: str | None = None,
    ) -> list[events.Event]:
        """Ask for these messages to be sent, or several for one whose words are too long.

        The last one asks the question of `step`, and alone has a `fallback`, so that nobody gets
        the same template twice; the first one answers the message whose wamid is `quotes`.
        """
        listed = list(fit(messages))
        first, last = 1, len(listed)
        if self.reads and listed:
            listed.insert(0, OutboundReadReceipt(wamid=self.reads, typing=True))
            first, last = 2, len(listed)
        return [
            self._request(
                message,
                number,
                step if number == last else None,
                fallback if number == last and message.type not in _NEVER_REPLACED else None,
                quotes if number == first else None,
            )
            for number, message in enumerate(listed, 1)
        ]

    def _request(
        self,
        message: OutboundMessage,
        number: int,
        step: str | None,
        fallback: OutboundTemplate | None,
        quotes: str | None,
    ) -> events.ReplyRequested:
        return events.ReplyRequested(
            contact_id=self.contact_id,
            session_id=self.session.session_id,
            reply_id=reply_id(self.occasion.command_id, number),
            phone_number_id=self.session.phone_number_id,
            in_reply_to=self.in_reply_to,
            window_expires_at=self.window_expires_at,
            step=step,
            kind=message.type,
            opted_out=True
            if self.opted_out and _is_template("marketing", message, fallback)
            else None,
            personal=events.OutgoingReply(
                to=self._number(message, fallback),
                user_id=self.user_id,
                quotes=quotes,
                message=message,
                fallback=fallback,
            ),
        )

    def _number(self, *messages: OutboundMessage | None) -> str | None:
        """Leave the number out where the id is surer, unless WhatsApp takes nothing else."""
        by_id = self.hides_number and self.user_id is not None
        return None if by_id and not _is_template("authentication", *messages) else self.wa_id


def voice_to(
    person: Person, who: ContactId, session: InteractiveSession, occasion: Occasion
) -> Voice:
    """Return the voice that speaks to a person under the names and in the window known so far."""
    return Voice(
        contact_id=who,
        wa_id=person.contact.wa_id,
        user_id=person.contact.user_id or person.contact.parent_user_id,
        session=session,
        occasion=occasion,
        window_expires_at=person.contact.window_expires_at,
        opted_out=person.contact.opted_out,
        hides_number=person.contact.hides_number,
    )


def _is_template(category: str, *messages: OutboundMessage | None) -> bool:
    return any(isinstance(one, OutboundTemplate) and one.category == category for one in messages)


def go_on(
    voice: Voice, flow: Flow, step_id: str | None, answers: Mapping[str, str], *before: str
) -> list[events.Event]:
    """Let the flow speak from this step on, after the words `before`."""
    turn = advance(flow, step_id, answers)
    words = (*before, *turn.words)
    fallback = reminder(flow, answers)
    match turn.stop:
        case Ask() as step:
            asked = question(flow, step, words, answers)
            return voice.say(asked, step=step.id, fallback=fallback)
        case HandOff() as step:
            told = statements((*words, fill(flow, step.hand_off.say or "", answers)))
            handed = handed_off(voice, reason="flow", step=step.id, team=step.hand_off.team)
            return [*voice.say(told, fallback=fallback), handed]
        case Complete() as step:
            told = statements((*words, fill(flow, step.complete.say or "", answers)))
            end = completed(voice, step.complete.outcome, answers)
            return [*voice.say(told, fallback=fallback), end]
        case None:
            told = statements(words)
            return [*voice.say(told, fallback=fallback), completed(voice, "ended", answers)]
        case _:
            assert_never(turn.stop)


def handed_off(
    voice: Voice,
    *,
    reason: Literal["asked", "flow", "operator", "echo"],
    step: str | None = None,
    team: str | None = None,
    note: str | None = None,
) -> events.SessionHandedOff:
    """Return the fact that a human talks from now on."""
    return events.SessionHandedOff(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        phone_number_id=voice.session.phone_number_id,
        flow=voice.session.flow,
        step=step,
        team=team,
        reason=reason,
        personal=events.Note(note=note),
    )


def completed(voice: Voice, outcome: str, answers: Mapping[str, str]) -> events.SessionCompleted:
    """Return the fact that the session came to its end."""
    return events.SessionCompleted(
        contact_id=voice.contact_id,
        session_id=voice.session.session_id,
        phone_number_id=voice.session.phone_number_id,
        flow=voice.session.flow,
        outcome=outcome,
        personal=events.Outcome(answers=dict(answers)),
    )
