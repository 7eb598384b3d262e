"""What the query API is asked, with its bounds. Free text is only where a person's words may be."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import Header, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError, to_json

from domain.commands import HumanReply
from domain.messages import OutboundText
from domain.values import ContactId, LookupId, SessionId
from session_core.handlers.operator_words import OperatorMessage, OperatorTemplate
from session_core.use_cases.operating import (
    BUSINESS_NUMBER,
    LANGUAGE,
    PHONE_NUMBER,
    VARIABLE,
    LookupAnswer,
)

_STRICT = ConfigDict(extra="forbid", frozen=True)
_Digits = Annotated[str, Field(pattern=BUSINESS_NUMBER)]
_Name = Annotated[str, Field(pattern=VARIABLE)]
_Language = Annotated[str, Field(pattern=LANGUAGE)]
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
Unmasked: TypeAlias = Annotated[
    bool, Query(description="Also show answers that the flow's author wants hidden.")
]


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond all calendars") from None


Moment: TypeAlias = Annotated[AwareDatetime, AfterValidator(_in_utc)]


def _json(value: Any) -> Any:
    """Refuse what Python's parser takes, and nobody else's does."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        to_json(value)
    except (ValueError, RecursionError):
        raise PydanticCustomError("json_type", "no JSON") from None
    return value


_Json: TypeAlias = Annotated[Any, AfterValidator(_json)]


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
    variables: dict[_Name, _Json] | None = Field(default=None, max_length=100)
    """Values for the variables that the flow's trigger names."""
    language: _Language | None = None
    """In which the person is spoken to from now on, where they have chosen none: BCP 47."""


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


class RecordLookup(BaseModel):
    """Answer what a flow looked up. The lookup's id stands in `lookup.requested`."""

    model_config = _STRICT
    session_id: SessionId
    lookup_id: LookupId
    outcome: Literal["found", "not-found", "failed"]
    data: dict[str, _Json] = Field(default={}, max_length=1000)
    """What was found: nothing else has data."""

    @model_validator(mode="after")
    def _only_what_was_found_has_data(self) -> "RecordLookup":
        if self.data and self.outcome != "found":
            raise ValueError("only what was found has data")
        return self

    @property
    def answer(self) -> LookupAnswer:
        """What the flow is told."""
        return LookupAnswer(self.lookup_id, self.outcome, self.data)


class Erase(BaseModel):
    """Forget a person; an open session of theirs is cancelled."""

    model_config = _STRICT
    contact_id: ContactId
