"""What can happen to a conversation, in any order: to be done by a `World`."""

from random import Random
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from hypothesis import strategies as st

from domain.messages import (
    Card,
    CardName,
    CardPhone,
    InboundChoice,
    InboundContacts,
    InboundFlowReply,
    InboundLocation,
    InboundMedia,
    InboundMessage,
    InboundOrder,
    InboundReaction,
    InboundRevoke,
    InboundText,
    InboundUnknown,
    InboundUnsupported,
    InboundWelcomeRequest,
)
from domain.values import TIMER_KINDS, TimerKind

Operation: TypeAlias = Literal[
    "hand-off", "release", "reply", "complete", "cancel", "echo", "begin"
]
Report: TypeAlias = Literal["sent", "failed", "read", "stored", "rejected", "stop", "resume"]
Outcome: TypeAlias = Literal["found", "not-found", "failed"]


class Says(NamedTuple):
    """The person sends this."""

    message: InboundMessage
    referral: bool = False


class Answers(NamedTuple):
    """What the session waits for comes, as it fits."""

    number: int


class Taps(NamedTuple):
    """The person taps one of all that was ever shown, counted from the newest."""

    number: int


class FillsIn(NamedTuple):
    """The person sends a form that was shown, counted from the newest."""

    number: int
    fields: dict[str, Any]


class Passes(NamedTuple):
    """Minutes pass. Timers do not fire: something is down."""

    minutes: int


class Fires(NamedTuple):
    """A timer in use fires, as late as it may."""

    number: int
    late: int


class FiresAny(NamedTuple):
    """A timer fires that may be of any kind and time."""

    kind: TimerKind
    minutes: int


class Finds(NamedTuple):
    """The other service answers one of all that it was ever asked, counted from the newest."""

    number: int
    outcome: Outcome
    data: dict[str, Any]


class Operates(NamedTuple):
    """An operator or another system does this to the newest session."""

    what: Operation


class Reports(NamedTuple):
    """It is told what became of a reply or file, counted from the newest."""

    number: int
    what: Report


class Repeats(NamedTuple):
    """A command comes once more, counted from the newest."""

    number: int


class Changes(NamedTuple):
    """The author changes the flows: all that wait may move to them, or none."""

    with_migration: bool


Move: TypeAlias = (
    Says
    | Answers
    | Taps
    | FillsIn
    | Passes
    | Fires
    | FiresAny
    | Finds
    | Operates
    | Reports
    | Repeats
    | Changes
)

WORDS = (
    *("hi", "agent", "back", "restart", "stop", "español", "english", "unsubscribe", "subscribe"),
    *("other", "yes", "no", "Option 3", "done", "5", "99", "0", "2,5", "AB123", "a", "..."),
    *("tomorrow", "2026-12-24", "31.12.2026", "10:30", "at 3 pm", "+34 600 00 00 00"),
    *("ana@example.org", "41.38, 2.17", "Ben +34 600 000 000", "", "\u200b", "word " * 900),
)

MESSAGES: tuple[InboundMessage, ...] = (
    InboundMedia(type="image", media_id="m", mime_type="image/jpeg", caption="See"),
    InboundMedia(type="document", media_id="m", mime_type="application/pdf", file_name="a.pdf"),
    InboundMedia(type="audio", media_id="m", mime_type="audio/ogg; codecs=opus", voice=True),
    InboundMedia(type="sticker", media_id="m", mime_type="image/webp"),
    InboundLocation(latitude=41.4, longitude=2.2, name="Home"),
    InboundLocation(latitude=999, longitude=0),
    InboundContacts(
        cards=(Card(name=CardName(formatted="Ben"), phones=(CardPhone(phone="+34 600 000 000"),)),)
    ),
    InboundContacts(cards=()),
    InboundOrder(items=()),
    InboundReaction(target_wamid="wamid.1", emoji="👍"),
    InboundRevoke(original_wamid="wamid.1"),
    InboundWelcomeRequest(),
    InboundUnsupported(code=131051),
    InboundUnknown(original_type="ephemeral", raw={}),
    InboundUnknown(original_type="news", raw={"a": 1}),
    InboundChoice(type="template_button", id="BOOK:NOW", title="Book"),
    InboundChoice(type="template_button", id="yes", title="stop"),
    InboundChoice(type="button_reply", id="nowhere:ok", title="OK"),
    InboundChoice(type="list_reply", id="", title=""),
    InboundFlowReply(flow_token=None, response=None, response_json="{"),
    InboundFlowReply(flow_token="of another session", response={"a": 1}),
)


def json_value(r: Random, depth: int = 2) -> Any:
    """Return anything that another service or a form may send."""
    plain: tuple[Any, ...] = (None, True, 0, -1, 2**70, 1.5, 1e300, "", "a", "shipped", "x" * 5000)
    plain += ("2026-11-25T10:00:00Z", "7", "yes")
    kind = r.random() if depth else 0
    if kind < 0.6:
        return r.choice(plain)
    if kind < 0.8:
        return [json_value(r, depth - 1) for _ in range(r.randint(0, 3))]
    return fields(r, depth - 1)


def fields(r: Random, depth: int = 2) -> dict[str, Any]:
    """Return fields of which flows may know some."""
    known = ("status", "field", "items", "id", "title", "flow_token", "size")
    return {name: json_value(r, depth) for name in r.sample(known, r.randint(0, 3))}


def move(seed: int) -> Move:
    """Return what happens next; fitting answers, timers and findings are the most of it."""
    r = Random(seed)  # noqa: S311  # a life is no secret
    number = r.choice((0, 0, 0, 1, 2, 5))
    match r.choices(
        ("answers", "says", "taps", "fills", "fires", "finds", "operates", "changes", "rare"),
        (30, 15, 8, 3, 14, 8, 8, 4, 10),
    )[0]:
        case "answers":
            return Answers(number)
        case "says":
            if r.random() < 0.3:
                return Says(r.choice(MESSAGES), referral=r.random() < 0.5)
            return Says(InboundText(text=r.choice(WORDS)))
        case "taps":
            return Taps(number)
        case "fills":
            return FillsIn(number, fields(r))
        case "fires":
            return Fires(number, r.choice((0, 0, 1, 70, 3000)))
        case "finds":
            return Finds(number, r.choice(("found", "found", "not-found", "failed")), fields(r))
        case "operates":
            return Operates(r.choice(("release", "release", *get_args(Operation))))
        case "changes":
            return Changes(r.random() < 0.7)
        case _:
            return _rare(r, number)


def _rare(r: Random, number: int) -> Move:
    return r.choice(
        (
            Passes(r.choice((1, 9, 61, 1500, 6000))),
            FiresAny(r.choice(TIMER_KINDS), r.randint(-6000, 0)),
            Repeats(number),
            Reports(number, r.choice(get_args(Report))),
        )
    )


LIVES = st.lists(st.integers(0, 2**32 - 1).map(move), min_size=10, max_size=60)
"""Lives of many things in any order."""
