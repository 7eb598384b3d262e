"""What the platform answered: accepted, refused in its own words, or nothing one can rely on."""

import contextlib
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.commands import Acceptance
from domain.ports.sending import OutcomeUnknown, PlatformUnavailable
from sender.adapters.graph_errors import failure


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class _Message(_Model):
    id: str


class _Contact(_Model):
    wa_id: str | None = None
    user_id: str | None = None


class _Error(_Model):
    code: int


class _Answer(_Model):
    messages: tuple[_Message, ...] = ()
    contacts: Any = None
    success: Any = None
    error: _Error | None = None


def understand(body: bytes) -> Acceptance:
    """Return the acceptance, or raise the SendFailure that the answer means.

    An answer that is not Graph's came from something in between, which may have passed the
    message on whatever its HTTP status says.
    """
    answer = _answer(body)
    if not answer.messages or not answer.messages[0].id:
        raise OutcomeUnknown("answer-not-understood")
    who = _first(answer.contacts)
    return Acceptance(wamid=answer.messages[0].id, wa_id=who.wa_id, user_id=who.user_id)


def understand_read(body: bytes, wamid: str) -> Acceptance:
    """Do the same with the answer to a read receipt, which names nothing: return what was read."""
    if _answer(body).success is not True:
        raise OutcomeUnknown("answer-not-understood")
    return Acceptance(wamid=wamid)


def understand_upload(body: bytes) -> str:
    """Return the id that an uploaded file got, else raise what the answer means.

    An upload that nobody knows of harms nobody: what is not understood may be tried again.
    """
    try:
        return _Message.model_validate_json(body).id
    except ValidationError:
        pass
    with contextlib.suppress(OutcomeUnknown):
        _answer(body)
    raise PlatformUnavailable("media-not-uploaded")


def _first(contacts: Any) -> _Contact:
    """Return the first contact; whatever stands there, the message was accepted."""
    try:
        return _Contact.model_validate(contacts[0])
    except (ValidationError, LookupError, TypeError):
        return _Contact()


def _answer(body: bytes) -> _Answer:
    try:
        # What model_validate_json does, without looking at options that are not given.
        answer: _Answer = _Answer.__pydantic_validator__.validate_json(body)
    except ValidationError:
        raise OutcomeUnknown("answer-not-understood") from None
    if answer.error is not None:
        raise failure(answer.error.code)
    return answer
