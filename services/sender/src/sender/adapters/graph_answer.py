"""What the platform answered: accepted, refused in its own words, or nothing one can rely on."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.commands import Acceptance
from domain.ports.sending import OutcomeUnknown, PlatformUnavailable, SendFailure, SendRefused
from sender.adapters.graph_errors import failure


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Message(_Model):
    id: str


class _Contact(_Model):
    wa_id: str | None = None
    user_id: str | None = None


class _Accepted(_Model):
    messages: tuple[_Message, ...]
    contacts: tuple[_Contact, ...] = ()


class _Read(_Model):
    success: Literal[True]


class _Error(_Model):
    code: int


class _Refused(_Model):
    error: _Error


def understand(status: int, body: bytes) -> Acceptance:
    """Return the acceptance, or raise the SendFailure that the answer means.

    A failure without Graph's own error body came from something in between, which may have
    passed the message on; so may have whoever answered 200 with something else.
    """
    if status < 300:  # noqa: PLR2004 the HTTP class of success
        return _acceptance(body)
    raise _failure(status, body)


def understand_read(status: int, body: bytes, wamid: str) -> Acceptance:
    """Do the same with the answer to a read receipt, which names nothing: return what was read."""
    if status < 300:  # noqa: PLR2004 the HTTP class of success
        try:
            _Read.model_validate_json(body)
        except ValidationError:
            raise OutcomeUnknown("answer-not-understood") from None
        return Acceptance(wamid=wamid)
    raise _failure(status, body)


def understand_upload(status: int, body: bytes) -> str:
    """Return the id that an uploaded file got. Raises SendRefused, else PlatformUnavailable."""
    try:
        return _Message.model_validate_json(body).id
    except ValidationError:
        failed = _failure(status, body)
        if isinstance(failed, SendRefused):
            raise failed from None
        raise PlatformUnavailable("media-not-uploaded", code=failed.code) from None


def _failure(status: int, body: bytes) -> SendFailure:
    code = _error_code(body)
    if code is None and status >= 500:  # noqa: PLR2004 the HTTP class of the server's failures
        return OutcomeUnknown("no-answer")
    return failure(status, code)


def _acceptance(body: bytes) -> Acceptance:
    try:
        answer = _Accepted.model_validate_json(body)
    except ValidationError:
        raise OutcomeUnknown("answer-not-understood") from None
    if not answer.messages or not answer.messages[0].id:
        raise OutcomeUnknown("answer-not-understood")
    who = answer.contacts[0] if answer.contacts else _Contact()
    return Acceptance(wamid=answer.messages[0].id, wa_id=who.wa_id, user_id=who.user_id)


def _error_code(body: bytes) -> int | None:
    try:
        return _Refused.model_validate_json(body).error.code
    except ValidationError:
        return None
