"""What operators ask for from outside: their commands."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from domain import codec, commands
from domain.messages.limits import exceeded
from domain.ports.operators import CommandOutbox, SessionDirectory, SessionHome, ShardEnd
from domain.session.fitting import fit
from domain.values import CommandId, ContactId, LookupId, SessionId, command_id

PHONE_NUMBER = r"^\+?[1-9][0-9]{6,14}$"
"""E.164: the country code first, 15 digits at most; with or without the `+` before them."""
BUSINESS_NUMBER = r"^[0-9]{1,32}$"
"""What Meta calls a number of the business by."""
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
"""BCP 47, as flows name languages."""
VARIABLE = r"^[a-z][a-z0-9_]{0,39}$"
"""As flows name what they are given."""

_TALKING = ("handed-off",)
_OPEN = ("waiting", "handed-off")


class UnknownSession(Exception):
    """There is no session of this id."""


class UnknownContact(Exception):
    """There is no contact of this id."""


class NothingToDo(Exception):
    """As the session stands, the command would have no effect."""


class Unsendable(Exception):
    """WhatsApp would not take it; says why, and nothing of the message or the person."""


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """What came of a lookup; only what was found has data."""

    lookup_id: LookupId
    outcome: Literal["found", "not-found", "failed"]
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """A command on its way, and where every shard ended before it."""

    command_id: CommandId
    ends: Mapping[int, ShardEnd]


class OperatorsDesk:
    """Sends commands through the topic like everybody else; reads the store to see their effect.

    With `once`, a word of the sender's choice, the same command asked for again is the same
    command: it has one effect within seven days, however often it is sent.
    """

    def __init__(self, directory: SessionDirectory, outbox: CommandOutbox) -> None:
        self._directory = directory
        self._outbox = outbox

    async def initiate(
        self,
        *,
        to: str,
        phone_number_id: str,
        flow: str,
        variables: Mapping[str, Any] | None = None,
        language: str | None = None,
        once: str | None = None,
    ) -> Sent:
        """Begin a conversation with somebody. `to` is their number. Raises Unsendable.

        `variables` are JSON values for those that the flow's trigger names.
        """
        if not re.fullmatch(PHONE_NUMBER, to):
            raise Unsendable("`to` is no phone number: 7 to 15 digits, the country code first")
        if not re.fullmatch(BUSINESS_NUMBER, phone_number_id):
            raise Unsendable("the phone number id of the business is digits only")
        if language is not None and not re.fullmatch(LANGUAGE, language):
            raise Unsendable("the language is none, such as es or pt-BR")
        if not all(re.fullmatch(VARIABLE, name) for name in variables or ()):
            raise Unsendable("a variable's name is lower case letters, digits and _")
        addressee = commands.Addressee(to=to, variables=dict(variables) if variables else None)
        command = commands.InitiateSession(
            phone_number_id=phone_number_id, flow=flow, language=language, personal=addressee
        )
        identity = _identity(command, once)
        return await self._send(
            command, identity, key=f"{phone_number_id}/{addressee.to}", shard=None
        )

    async def reply(
        self, session_id: SessionId, words: commands.HumanReply, *, once: str | None = None
    ) -> Sent:
        """Answer the person, in a session that was handed off. Raises Unsendable."""
        for said in (*fit([words.message]), *filter(None, [words.fallback])):
            if problem := exceeded(said):
                raise Unsendable(f"WhatsApp would refuse it: {problem}")
        return await self._about(
            session_id,
            _TALKING,
            lambda home: commands.ReplyInSession(
                contact_id=home.contact_id, session_id=session_id, personal=words
            ),
            once,
        )

    async def release(self, session_id: SessionId, *, once: str | None = None) -> Sent:
        """Give a session back to the bot."""
        return await self._about(
            session_id,
            _TALKING,
            lambda home: commands.ReleaseSession(contact_id=home.contact_id, session_id=session_id),
            once,
        )

    async def hand_off(
        self, session_id: SessionId, team: str | None, note: str | None, *, once: str | None = None
    ) -> Sent:
        """Make the bot silent and let a human talk."""
        return await self._about(
            session_id,
            ("waiting",),
            lambda home: commands.HandOffSession(
                contact_id=home.contact_id,
                session_id=session_id,
                team=team,
                personal=commands.HandOffNote(note=note),
            ),
            once,
        )

    async def cancel(self, session_id: SessionId, reason: str, *, once: str | None = None) -> Sent:
        """End a session without an outcome."""
        return await self._about(
            session_id,
            _OPEN,
            lambda home: commands.CancelSession(
                contact_id=home.contact_id, session_id=session_id, reason=reason
            ),
            once,
        )

    async def complete(
        self, session_id: SessionId, outcome: str, *, once: str | None = None
    ) -> Sent:
        """End a session with an outcome."""
        return await self._about(
            session_id,
            _OPEN,
            lambda home: commands.CompleteSession(
                contact_id=home.contact_id, session_id=session_id, outcome=outcome
            ),
            once,
        )

    async def record_lookup(
        self, session_id: SessionId, answer: LookupAnswer, *, once: str | None = None
    ) -> Sent:
        """Answer what a flow looked up, in the place of the service that does so."""
        return await self._about(
            session_id,
            _OPEN,
            lambda home: commands.RecordLookup(
                contact_id=home.contact_id,
                session_id=session_id,
                lookup_id=answer.lookup_id,
                outcome=answer.outcome,
                personal=commands.Found(data=dict(answer.data)),
            ),
            once,
        )

    async def erase(self, contact_id: ContactId, *, once: str | None = None) -> Sent:
        """Forget a person; an open session of theirs is cancelled."""
        home = await self._directory.home_of_contact(contact_id)
        if home is None:
            raise UnknownContact(f"there is no contact {contact_id}")
        if home.merged:
            raise NothingToDo("the contact was merged into another: erase that one")
        command = commands.EraseContact(contact_id=contact_id)
        identity = _identity(command, once)
        return await self._send(command, identity, key=str(contact_id), shard=home.shard)

    async def _about(
        self,
        session_id: SessionId,
        allowed: Collection[str],
        ask: Callable[[SessionHome], commands.Command],
        once: str | None,
    ) -> Sent:
        """Send a command about a session that stands so; what counts is decided at home later."""
        home = await self._directory.home_of(session_id)
        if home is None:
            raise UnknownSession(f"there is no session {session_id}")
        command = ask(home)
        identity = _identity(command, once)
        if home.status not in allowed and not await self._repeated(session_id, identity, once):
            raise NothingToDo(f"the session is {home.status}, not {' or '.join(allowed)}")
        return await self._send(command, identity, key=str(home.contact_id), shard=home.shard)

    async def _repeated(self, session_id: SessionId, identity: CommandId, once: str | None) -> bool:
        """Say whether the session stands as it does because of this very command."""
        return once is not None and await self._directory.had_effect(session_id, identity)

    async def _send(
        self, command: commands.Command, identity: CommandId, *, key: str, shard: int | None
    ) -> Sent:
        sent = Sent(identity, await self._directory.ends())
        await self._outbox.send(command, command_id=identity, key=key, shard=shard)
        return sent


def _identity(command: commands.Command, once: str | None) -> CommandId:
    """Give the id: the same for the same words about the same thing, else a new one."""
    if once is None:
        return CommandId(uuid4())
    return command_id(command.TYPE, "once", once, codec.encode(command).decode())
