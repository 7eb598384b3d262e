"""A flow as its author writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, Field, model_validator

from domain.session.flows.questions import FORM, StepId
from domain.session.flows.rejections import RejectionCode
from domain.session.flows.steps import AnyStep
from domain.session.flows.steps_passing import Template
from domain.session.flows.steps_waiting import Handing, Span
from domain.session.flows.wording import EVERY, LANGUAGE, Language, Wording, WordList

_LANGUAGE = re.compile(LANGUAGE)

FlowName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


class Variable(BaseModel):
    """A value that comes from outside: from whoever begins or calls the flow."""

    model_config = FORM
    type: Literal["text", "number", "boolean", "list", "object"] = "text"
    default: Any = None
    """What it is when nobody gives it; without a default it has to be given."""

    @model_validator(mode="after")
    def _default_is_of_the_type(self) -> Variable:
        if self.default is not None and not (self.takes(self.default) and _is_json(self.default)):
            raise ValueError(
                f"the default is no {self.type}: write one in quotes, or name its type"
            )
        return self

    def takes(self, value: Any) -> bool:
        """Say whether this value is of the type."""
        is_boolean = isinstance(value, bool)
        return isinstance(value, _TYPES[self.type]) and is_boolean == (self.type == "boolean")


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "text": str,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "object": dict,
}


def _is_json(value: Any) -> bool:
    """Say whether it is the same once it was stored: a day, for example, comes back as words."""
    try:
        return bool(json.loads(json.dumps(value, allow_nan=False)) == value)
    except (TypeError, ValueError):
        return False


class Triggers(BaseModel):
    """What makes this flow begin."""

    model_config = FORM
    keywords: WordList = {}
    """The whole message, without regard to case and closing punctuation."""
    patterns: tuple[str, ...] = ()
    """Regular expressions (RE2) that are found anywhere in the message."""
    referrals: tuple[str, ...] = ()
    """Ids of advertisements or posts from which the person comes; `any` for every one."""
    template_buttons: tuple[str, ...] = ()
    """Payloads of quick replies under templates."""
    default: bool = False
    """Begin when nothing else fits."""
    variables: Mapping[StepId, Variable] = {}
    """What `session.initiate` and `call` may give."""

    @property
    def begin_it(self) -> bool:
        """Whether what a person writes or taps can begin the flow."""
        lists = (self.keywords, self.patterns, self.referrals, self.template_buttons)
        return self.default or any(lists)


class Agent(Handing):
    """Words that ask for a human at any point."""

    words: WordList = Field(default={"": ("agent", "human")})


class Words(BaseModel):
    """Words that do something at any point of the conversation."""

    model_config = FORM
    words: WordList = {}

    @model_validator(mode="before")
    @classmethod
    def _words_alone_are_enough(cls, data: Any) -> Any:
        if isinstance(data, list | str) or cls._are_by_language(data):
            return {"words": data}
        return data

    @classmethod
    def _are_by_language(cls, data: Any) -> bool:
        if not isinstance(data, dict) or not data or data.keys() & cls.model_fields.keys():
            return False
        return all(key == EVERY or _LANGUAGE.fullmatch(str(key)) for key in data)


class Ending(Words):
    """Words by which a person ends the conversation."""

    say: Wording | None = None


class Consent(Words):
    """Words by which a person chooses, in whichever flow they are, and what they are told."""

    say: Wording


class OptOut(Consent):
    """Words by which a person wants no more messages; they end the session."""

    say: Wording = Field(
        default={
            "": "You get no more marketing messages from us. "
            "Write to us whenever you want to talk again."
        }
    )


class OptIn(Consent):
    """Words by which a person who opted out wants messages again; the session goes on."""

    say: Wording = Field(default={"": "You get our marketing messages again."})


class WindowClosing(BaseModel):
    """What happens just before the 24-hour window closes, while the person is asked something."""

    model_config = FORM
    before: Span
    say: Wording | None = None
    """Said before the open question is asked once more; too late, and it is not said."""
    to: StepId | None = None
    """Where to go instead."""

    @model_validator(mode="after")
    def _one_thing(self) -> WindowClosing:
        if (self.say is None) == (self.to is None):
            raise ValueError("name either say or to")
        return self


class Migration(BaseModel):
    """How sessions that wait in an older version come to this one."""

    model_config = FORM
    version: str = Field(alias="from", pattern=r"^[0-9a-f]{16}$")
    steps: Mapping[str, str] = {}
    """Steps of the older version by their name now; the others keep theirs."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder, or no name of a file
        raise ValueError("is not a time zone, such as Europe/Madrid") from None
    return name


class Definition(BaseModel):
    """A flow as its author writes it."""

    model_config = FORM
    name: FlowName
    title: str
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1)
    """In which it is written; who wants none of them is spoken to in the first."""
    fallbacks: Mapping[Language, Language] = {}
    """Which language stands in for another one before the first does."""
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    """Of days and times in answers and texts."""
    triggers: Triggers = Triggers()
    agent: Agent = Agent(say={"": "A colleague will take over and answer you here."})
    back: Words = Words()
    """Words that lead to the question before the open one."""
    restart: Words = Words()
    """Words that begin the flow anew."""
    stop: Ending = Ending()
    """Words that end the conversation."""
    language_words: Mapping[Language, tuple[str, ...]] = {}
    """Words that switch to a language, at any point."""
    opt_out: OptOut = OptOut()
    opt_in: OptIn = OptIn()
    unreadable: Wording = Field(default={"": "I can't read this kind of message."})
    file_failed: Wording | None = None
    """Said of a file that is not kept. Without it, what is said depends on the reason, in English,
    French, German, Italian, Portuguese or Spanish."""
    file_rejected: Mapping[RejectionCode, Wording] = {}
    """The same, by the reason that file-manager gives; comes before `file_failed`."""
    unasked_file: Wording = Field(
        default={"": "I did not ask for a file here, so I did not keep it."}
    )
    late: Wording = Field(default={"": "That was an answer to an earlier question."})
    wrong: Wording = Field(default={"": "Sorry, that does not fit."})
    expires_after_hours: int = Field(default=72, ge=1, le=87_600)
    """How long the person may stay silent before the session ends; ten years at most."""
    read_receipts: bool = False
    """Show the person's messages as read, and that we are typing, before each answer."""
    window_closing: WindowClosing | None = None
    template: Template | None = None
    """What goes out instead of a reply where the 24-hour window is closed."""
    migrations: tuple[Migration, ...] = ()
    steps: tuple[AnyStep, ...] = Field(min_length=1)
