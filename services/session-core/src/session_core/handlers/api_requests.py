"""What the query API is asked, with its bounds. Free text is only where a person's words may be."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from fastapi import Header, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from domain.commands import HumanReply
from domain.messages import OutboundText
from domain.values import ContactId, SessionId
from session_core.handlers.operator_words import OperatorMessage, OperatorTemplate
from session_core.use_cases.operating import BUSINESS_NUMBER, PHONE_NUMBER

_STRICT = ConfigDict(extra="forbid", frozen=True)
_Digits = Annotated[str, Field(pattern=BUSINESS_NUMBER)]
_Slug = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]

Once: TypeAlias = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,128}$",
        description="The same request under the same key is one command, for seven days.",
    ),
]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=200)]
After: TypeAlias = Annotated[int, Query(ge=0, le=2**31 - 1)]
Version: TypeAlias = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond all calendars") from None


Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Search(BaseModel):
    """A name of a person on one business number: their phone number, or their user id."""

    model_config = _STRICT
    phone_number_id: _Digits
    from_: _Digits | None = Field(default=None, alias="from")
    user_id: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,140}$")] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "Search":
        if (self.from_ is None) == (self.user_id is None):
            raise ValueError("either from or user_id")
        return self


class Initiate(BaseModel):
    """Begin a conversation. `to` is the person's number, the country code first (E.164)."""

    model_config = _STRICT
    phone_number_id: _Digits
    flow: _Slug
    to: Annotated[str, Field(pattern=PHONE_NUMBER)]


class Reply(BaseModel):
    """Answer the person in a session that was handed off."""

    model_config = _STRICT
    session_id: SessionId
    text: str | None = Field(default=None, min_length=1, max_length=16_384)
    message: OperatorMessage | None = None
    """Anything but plain words: a template, a file, buttons, …"""
    quotes: str | None = Field(default=None, min_length=1, max_length=512)
    """The wamid of the person's message that this one answers."""
    fallback: OperatorTemplate | None = None
    """The template that goes out instead where the 24-hour window is closed; else nothing does."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Reply":
        if (self.text is None) == (self.message is None):
            raise ValueError("either text or message")
        return self

    @property
    def words(self) -> HumanReply:
        """What goes to the person."""
        message = self.message or OutboundText(text=self.text or "")
        return HumanReply(message=message, quotes=self.quotes, fallback=self.fallback)


class Release(BaseModel):
    """Give a handed-off session back to the bot."""

    model_config = _STRICT
    session_id: SessionId


class HandOff(BaseModel):
    """Make the bot silent and let a human talk. The note is for colleagues."""

    model_config = _STRICT
    session_id: SessionId
    team: _Slug | None = None
    note: str | None = Field(default=None, max_length=4096)


class Cancel(BaseModel):
    """End a session without an outcome. The reason is a code, never a person's words."""

    model_config = _STRICT
    session_id: SessionId
    reason: _Slug = "cancelled-by-operator"


class Complete(BaseModel):
    """End a session with an outcome, a code."""

    model_config = _STRICT
    session_id: SessionId
    outcome: _Slug


class Erase(BaseModel):
    """Forget a person; an open session of theirs is cancelled."""

    model_config = _STRICT
    contact_id: ContactId
