"""A conversation as a human reads it: who said what when, the newest last.

Personal, and printed for nobody but whoever asked for this session.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.ports.session_archive import ArchivedEvent
from session_core.use_cases.looking_up import Timeline

_PERSON, _AGENT, _COLLEAGUE, _NOBODY = "person", "agent", "colleague", "--"
_WHO_WIDTH = len(_COLLEAGUE)
_REACHED = ("sent", "delivered", "read", "played")
_TURNS = {
    "lookup.requested": "looked up elsewhere: {name}",
    "lookup.answered": "what was looked up: {outcome}",
    "wait.begun": "waiting at {step}",
    "wait.ended": "waited enough at {step}",
    "question.reminded": "reminder {number} of {step}",
    "step.timed-out": "no answer to {step} in time",
    "session.restarted": "begun anew",
    "session.migrated": "gone on in version {flow_version}",
    "session.window-closing": "the 24-hour window is about to close",
}
"""What the flow did without anybody speaking; nothing of it is personal."""
_FORGOTTEN = "(forgotten: the person asked for it)"
_INDENT = "\n" + " " * (len("2026-11-26 12:00:00Z") + _WHO_WIDTH + 4)


def conversation(session_id: UUID, timeline: Timeline) -> str:
    """Lay a session out, one message or turn of events after the other."""
    home = timeline.home
    fates = _fates(timeline)
    head = f"session {session_id}  {home.status}  contact {home.contact_id}"
    return "\n".join([head, *_lines(timeline, fates)])


def _lines(timeline: Timeline, fates: Mapping[str, str]) -> Iterator[str]:
    speaker = _AGENT
    for archived in timeline.page.events:
        kind, data = _read(archived, timeline)
        at = archived.event.origin.at
        match kind:
            case "message.received":
                yield _line(at, _PERSON, _words(data))
            case "reply.requested" if data["kind"] != "read_receipt":
                fate = fates.get(data["reply_id"], "asked for, no outcome yet")
                yield _line(at, speaker, f"{_words(data)}  [{fate}]")
            case "session.handed-off":
                speaker = _COLLEAGUE
                yield _line(at, _NOBODY, _handed_off(data))
            case "session.released":
                speaker = _AGENT
                why = ", for the lease is over" if data.get("reason") == "lease" else ""
                yield _line(at, _NOBODY, f"given back to the agent{why}")
            case "session.initiated":
                yield _line(at, _NOBODY, f"begun: {data['flow']}, by {data['trigger']}")
            case "session.completed":
                yield _line(at, _NOBODY, f"completed: {data['outcome']}")
            case "session.cancelled":
                yield _line(at, _NOBODY, f"cancelled: {data['reason']}")
            case "session.expired":
                yield _line(at, _NOBODY, "expired")
            case "file.rejected":
                yield _line(at, _NOBODY, f"file refused: {data['reason']}")
            case _ if kind in _TURNS:
                yield _line(at, _NOBODY, _TURNS[kind].format_map(data))
            case _:
                pass


def _fates(timeline: Timeline) -> Mapping[str, str]:
    """Say of each reply how far it got; the last that was told is the furthest."""
    fates: dict[str, str] = {}
    instead: set[str] = set()
    for archived in timeline.page.events:
        kind, data = _read(archived, timeline)
        noun, _, verb = kind.partition(".")
        if noun != "reply" or verb == "requested":
            continue
        reply = data["reply_id"]
        if data.get("fallback"):
            instead.add(reply)
        fate = f"failed: {data['reason']}" if verb == "failed" else verb
        in_its_stead = reply in instead and verb in _REACHED
        fates[reply] = f"not this but its fallback: {fate}" if in_its_stead else fate
    return fates


def _read(archived: ArchivedEvent, timeline: Timeline) -> tuple[str, dict[str, Any]]:
    """Return the type without its version, and the data; of the forgotten nothing personal."""
    data: dict[str, Any] = json.loads(archived.event.data)
    if archived.sequence < timeline.erased_until:
        data.pop("personal", None)
    data = timeline.marks.event(archived.event.type, data)
    return archived.event.type.rpartition(".")[0], data


def _handed_off(data: Mapping[str, Any]) -> str:
    team = f", team {data['team']}" if data.get("team") else ""
    note = data.get("personal", {}).get("note")
    return f"handed off: {data['reason']}{team}{f': {note}' if note else ''}"


def _words(data: Mapping[str, Any]) -> str:
    if "personal" not in data:
        return _FORGOTTEN
    return _said(data["personal"]["message"])


def _said(message: Mapping[str, Any]) -> str:
    """Give the words of a message, whatever its kind; what has none is its kind alone."""
    kind = message["type"]
    if kind == "edit":
        return f"(edit) {_said(message['message'])}"
    found = (message.get(name) for name in ("text", "caption", "title", "body", "emoji", "name"))
    words = next((one for one in found if isinstance(one, str)), "")
    if kind == "template":
        words = " ".join([words, *_parameters(message)])
    offered = [one["title"] for one in (*message.get("buttons", ()), *message.get("rows", ()))
               if "title" in one]  # fmt: skip
    told = words if kind == "text" else f"({kind.replace('_', ' ')}) {words}".rstrip()
    return f"{told}  <{' | '.join(offered)}>" if offered else told


def _parameters(message: Mapping[str, Any]) -> Iterator[str]:
    for parameter in (message.get("header") or {}, *message.get("body", ())):
        if words := parameter.get("text") or parameter.get("fallback"):
            yield f'"{words}"'


def _line(at: datetime, who: str, told: str) -> str:
    words = "\n".join(map(_harmless, told.splitlines()))
    indented = words.replace("\n", _INDENT)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z  {who.ljust(_WHO_WIDTH)}  {indented}"


def _harmless(words: str) -> str:
    """Let nobody's message move the cursor, change colours or turn the line around."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _steers(char) else char for char in words)


def _steers(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs") or unicodedata.bidirectional(char) in (
        *("LRE", "RLE", "LRO", "RLO", "PDF"),
        *("LRI", "RLI", "FSI", "PDI"),
    )
