"""From what is to be said to events that ask for replies."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from domain import events
from domain.messages import (
    REPEATABLE,
    WINDOWLESS,
    OutboundMessage,
    OutboundReadReceipt,
    OutboundTemplate,
)
from domain.session import contact as contacts
from domain.session import remembering
from domain.session.contact import Contact
from domain.session.fitting import fit
from domain.session.flows.flow import Flow, within
from domain.session.flows.scope import Scope
from domain.session.person import Occasion, Person
from domain.session.setting import setting
from domain.session.state import InteractiveSession
from domain.session.titles import with_short_titles
from domain.values import ContactId, MessageId, reply_id

_NEVER_REPLACED = WINDOWLESS | REPEATABLE
"""What goes out at any time, or is no loss."""


class Voice(NamedTuple):
    """Who speaks in which session to whom, and on what occasion."""

    contact_id: ContactId
    contact: Contact
    wa_id: str | None
    user_id: str | None
    session: InteractiveSession
    occasion: Occasion
    window_expires_at: datetime | None
    in_reply_to: MessageId | None = None
    reads: str | None = None
    """The wamid of a message that is shown as read as soon as we begin to answer."""
    hides_number: bool = False
    """Whether the person shows ids alone, and hence is addressed by these."""

    def after(self, *happened: events.SessionEvent) -> "Voice":
        """Return the voice that speaks once this has happened in the session."""
        session = self.session
        for event in happened:
            session = remembering.evolve(session, event, self.occasion.at)
        return _with_session(self, session)

    def knowing(self, *happened: events.ContactEvent) -> "Voice":
        """Return the voice that speaks once this has happened to the person."""
        contact = self.contact
        for event in happened:
            contact = contacts.evolve(contact, event, self.occasion.at)
        return self._replace(contact=contact)

    def scope(self, flow: Flow, step_id: str = "") -> Scope:
        """Return what texts and expressions of this step can speak of."""
        session = self.session
        return Scope(
            flow=flow,
            answers=session.answers,
            variables={**session.given, **session.variables}
            if session.given
            else session.variables,
            contact=self.contact,
            session=session,
            now=self.occasion.at,
            language=self.contact.language,
            prefix=within(step_id),
        )

    def say(
        self,
        messages: Iterable[OutboundMessage],
        *,
        step: str | None = None,
        fallback: OutboundTemplate | None = None,
        quotes: str | None = None,
    ) -> list[events.ReplyRequested]:
        """Ask for these messages to be sent, or several for one whose words are too long.

        The last one asks the question of `step`, and alone has a `fallback`, so that nobody gets
        the same template twice; the first one answers the message whose wamid is `quotes`.
        """
        listed = [with_short_titles(message) for message in fit(messages)]
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
        unwanted = self.contact.opted_out and _is_template("marketing", message, fallback)
        return events.ReplyRequested(
            contact_id=self.contact_id,
            session_id=self.session.session_id,
            reply_id=reply_id(self.occasion.command_id, number),
            phone_number_id=self.session.phone_number_id,
            in_reply_to=self.in_reply_to,
            window_expires_at=self.window_expires_at,
            step=step,
            kind=message.type,
            opted_out=True if unwanted else None,
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


_with_session = setting(Voice, "session")


def voice_to(
    person: Person, who: ContactId, session: InteractiveSession, occasion: Occasion
) -> Voice:
    """Return the voice that speaks to a person under the names and in the window known so far."""
    return Voice(
        contact_id=who,
        contact=person.contact,
        wa_id=person.contact.wa_id,
        user_id=person.contact.user_id or person.contact.parent_user_id,
        session=session,
        occasion=occasion,
        window_expires_at=person.contact.window_expires_at,
        hides_number=person.contact.hides_number,
    )


def _is_template(category: str, *messages: OutboundMessage | None) -> bool:
    return any(isinstance(one, OutboundTemplate) and one.category == category for one in messages)
