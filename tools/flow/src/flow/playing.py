"""A conversation at a terminal: what is typed, and what is shown."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from domain import events
from domain.messages import (
    OutboundButtons,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundLocationRequest,
    OutboundMessage,
)
from domain.session import deadlines
from flow.comparing import said
from flow.exits import span
from flow.rehearsal import Rehearsal, Said
from flow.saying import special, titles, words

HELP = """\
  words            say them
  #2               tap the second button or row of the last message that has any
  +10m             let time pass (90s, 10m, 2h, 7d); + alone: until something happens
  /send image/jpeg [bytes]     send a file          /rejected [reason]   it is not kept
  /place 41.4 2.1 [name]       send a place         /card "Ben" [+15550002222]
  /form {"field": "value"}     fill in the form     /button PAYLOAD [title]   of a template
  /ad 120 words                come from an advertisement
  /found {"status": "shipped"} what was looked up   /not-found   /failed
  /release         the human gives the session back
  /status failed   of our last message (sent, delivered, read, failed)
  /help  /quit     a word that begins with one of # + / is written with \\ before it"""


class NotUnderstood(ValueError):
    """What was typed means nothing; says what would."""


def understood(line: str, rehearsal: Rehearsal) -> dict[str, Any]:
    """Return the turn that a line means, as a transcript would say it. Raises NotUnderstood."""
    match line[:1]:
        case "#":
            return {"tap": _title(line[1:].strip(), rehearsal.said)}
        case "+":
            return {"after": line[1:].strip() or _until_next(rehearsal)}
        case "/":
            return _command(line[1:])
        case "\\":
            return {"they": line[1:]}
        case _:
            return {"they": line}


def _title(number: str, told: Sequence[Said]) -> str:
    for one in reversed(told):
        if offered := [*titles(one.message, "buttons"), *titles(one.message, "rows")]:
            if number.isdigit() and 1 <= int(number) <= len(offered):
                return offered[int(number) - 1]
            raise NotUnderstood(f"there are #1 to #{len(offered)}")
    raise NotUnderstood("nothing is there to be tapped")


def _until_next(rehearsal: Rehearsal) -> str:
    session = rehearsal.person.open_session
    if session is None:
        raise NotUnderstood("nobody waits for anything")
    flow = rehearsal.flows.of_session(session.flow, session.flow_version)
    due = [at for at in deadlines(session, flow).values() if at > rehearsal.now]
    if not due:
        raise NotUnderstood("nothing will happen by itself")
    seconds = -(-(min(due) - rehearsal.now) // timedelta(seconds=1))
    return span(timedelta(seconds=max(1, seconds)))


def _command(line: str) -> dict[str, Any]:
    name, _, rest = line.partition(" ")
    try:
        return _of_command(name, rest.strip())
    except json.JSONDecodeError as wrong:
        where = repr(wrong.doc[wrong.pos :]) if wrong.doc[wrong.pos :] else "its end"
        raise NotUnderstood(
            f'this is not JSON: {wrong.msg}, at {where}; write it like /{name} {{"field": "value"}}'
        ) from None
    except (ValueError, IndexError):
        raise NotUnderstood("not understood; /help says what is") from None


def _of_command(name: str, rest: str) -> dict[str, Any]:
    match name:
        case "send":
            mime_type, *size = rest.split()
            return {"send": {"mime_type": mime_type, "size": int(size[0])} if size else mime_type}
        case "rejected":
            return {"file": {"rejected": rest} if rest else "rejected"}
        case "place":
            latitude, longitude, *named = rest.split(maxsplit=2)
            where = {"latitude": float(latitude), "longitude": float(longitude)}
            return {"location": where | ({"name": named[0]} if named else {})}
        case "card":
            called, *phone = shlex.split(rest)
            return {"card": {"name": called} | ({"phone": phone[0]} if phone else {})}
        case "form":
            return {"form": json.loads(rest)}
        case "button":
            payload, *titled = rest.split(maxsplit=1)
            title = titled[0] if titled else payload
            return {"template_button": {"payload": payload, "title": title}}
        case "ad":
            source, *told = rest.split(maxsplit=1)
            referral = {"source_id": source, "source_type": "ad"}
            return {"they": told[0] if told else "Hello", "referral": referral}
        case "found":
            return {"lookup": {"found": json.loads(rest)}}
        case "not-found" | "failed":
            return {"lookup": {name.replace("-", "_"): True}}
        case "release":
            return {"release": True}
        case "status":
            return {"status": rest}
        case _:
            raise NotUnderstood(name)


def shown(happened: Sequence[events.Event]) -> Iterator[str]:
    """Tell what happened as the person sees it, and between dashes what they do not see."""
    for message in said(happened):
        yield from _message(message)
    for event in happened:
        if told := _told(event):
            yield f"-- {told}"


def _message(message: OutboundMessage) -> Iterator[str]:
    first, *others = (words(message) or _wordless(message)).split("\n")
    yield f"   {first}"
    yield from (f"   {line}" for line in others)
    match message:
        case OutboundButtons(buttons=buttons):
            yield "   " + "  ".join(f"[#{n} {one.title}]" for n, one in enumerate(buttons, 1))
        case OutboundList(rows=rows, button=button):
            yield f"   [{button}]"
            for number, row in enumerate(rows, 1):
                more = f": {row.description}" if row.description else ""
                yield f"     #{number} {row.title}{more}"
        case OutboundLink(button=button, url=url):
            yield f"   [{button}: {url}]"
        case OutboundFlow(button=button):
            yield f"   [{button}: fill it in with /form]"
        case OutboundLocationRequest():
            yield "   [Send location: /place]"
        case _:
            pass


def _wordless(message: OutboundMessage) -> str:
    kind, name = special(message) or (message.type, "")
    return f"({kind} {name})".replace(" )", ")")


def _told(event: events.Event) -> str | None:
    match event:
        case events.SessionInitiated():
            return f"{event.flow} begins"
        case events.SessionCompleted():
            data = event.personal.data
            return f"completed: {event.outcome}{f' {_json(data)}' if data else ''}"
        case events.SessionExpired():
            return "the session expired"
        case events.SessionCancelled():
            return f"cancelled: {event.reason}"
        case events.SessionHandedOff():
            return f"handed off to {event.team or 'a human'}; /release gives the session back"
        case events.SessionReleased():
            return "the bot has the session back"
        case events.LookupRequested():
            query = _json(event.personal.query)
            return (
                f"looks up {event.name} {query}; answer with /found {{...}}, /not-found or /failed"
            )
        case events.WaitBegun(until=until) if until:
            return f"waits until {until:%Y-%m-%d %H:%M:%S}"
        case events.WaitBegun():
            return "collects what the person says"
        case events.ContactOptedOut():
            return "the person opted out"
        case events.ContactOptedIn():
            return "the person opted in"
        case events.ContactLanguageChosen():
            return f"the person's language is {event.language}"
        case events.VariablesSet():
            return f"set {_json(event.personal.values)}"
        case events.FileUploaded():
            return f"file {event.mime_type} is kept"
        case events.ReplyFailed():
            return f"a message did not reach the person: {event.reason}"
        case _:
            return None


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
