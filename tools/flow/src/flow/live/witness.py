"""What is known of one person, from the events that are published about them."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from domain import events
from domain.session import NOBODY, Occasion, Person, evolve
from domain.values import CommandId, ReplyId
from flow.comparing import went_instead
from flow.live.kafka import Published, Topics
from flow.rehearsal import Said

_LOOK_S = 0.2


class Witness:
    """Reads what is published, and keeps what is about this person."""

    def __init__(self, topics: Topics, wa_id: str) -> None:
        self._topics = topics
        self._wa_id = wa_id
        self._others: list[Published] = []
        self.person: Person = NOBODY
        self.log: list[Published] = []
        self.partition: int | None = None

    async def look(self, wait_s: float = _LOOK_S) -> None:
        """Learn what has been published since."""
        for one in await self._topics.read(wait_s):
            self._others.append(one)
        contact = self.person.contact_id or self._contact()
        if contact is None:
            return
        for one in self._others:
            if one.event.contact_id == contact:
                self.log.append(one)
                self.partition = one.partition
                self.person = evolve(self.person, one.event, Occasion(one.cause, one.at))
        self._others.clear()

    async def until(self, enough: Callable[[], bool], within_s: float) -> bool:
        """Look until it is enough; say whether it ever was."""
        deadline = time.monotonic() + within_s
        while not enough():
            if time.monotonic() > deadline:
                return False
            await self.look()
        return True

    def caused(self, *causes: CommandId) -> list[events.Event]:
        """Return what these commands led to, and what came of the replies among it."""
        own = [one.event for one in self.log if one.cause in causes]
        replies = {e.reply_id for e in own if isinstance(e, events.ReplyRequested)}
        return [*own, *self._outcomes(replies)]

    def caused_any(self, cause: CommandId) -> bool:
        """Say whether the command led to anything so far."""
        return any(one.cause == cause for one in self.log)

    def settled(self, *causes: CommandId) -> bool:
        """Say whether it is known what came of every reply that these commands asked for."""
        own = [one.event for one in self.log if one.cause in causes]
        replies = {e.reply_id for e in own if isinstance(e, events.ReplyRequested)}
        return replies <= {one.reply_id for one in self._outcomes(replies)}

    def cause_of(self, fits: Callable[[events.Event], bool], after: int) -> CommandId | None:
        """Return the command behind the first such event of those after a place in the log."""
        return next((one.cause for one in self.log[after:] if fits(one.event)), None)

    def said(self) -> list[Said]:
        """Return the messages that were sent, in order."""
        sent = {
            one.event.reply_id: one.event
            for one in self.log
            if isinstance(one.event, events.ReplySent)
        }
        asked = [
            (one.event, sent[one.event.reply_id])
            for one in self.log
            if isinstance(one.event, events.ReplyRequested) and one.event.reply_id in sent
        ]
        return [
            Said(
                request.step,
                request.personal.fallback
                if request.personal.fallback and went_instead(outcome)
                else request.personal.message,
                outcome.personal.wamid,
            )
            for request, outcome in asked
        ]

    @property
    def now(self) -> datetime | None:
        """When the latest of all this was."""
        return max((one.at for one in self.log), default=None)

    def _outcomes(self, replies: set[ReplyId]) -> Sequence[events.ReplySent | events.ReplyFailed]:
        found: dict[ReplyId, events.ReplySent | events.ReplyFailed] = {}
        for one in self.log:
            event = one.event
            if (
                isinstance(event, events.ReplySent | events.ReplyFailed)
                and event.reply_id in replies
            ):
                found.setdefault(event.reply_id, event)
        return [*found.values()]

    def _contact(self) -> object | None:
        """Find the person among others, by the number that we write to or that writes to us."""
        for one in self._others:
            match one.event:
                case events.ContactIdentified(personal=told) if told.from_ == self._wa_id:
                    return one.event.contact_id
                case _:
                    pass
        return None
