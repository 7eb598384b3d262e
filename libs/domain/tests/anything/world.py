"""A conversation in which anything happens, and what holds of it at every moment."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, assert_never

import yaml
from anything.flows import renamed
from anything.moves import (
    Answers,
    Changes,
    FillsIn,
    Finds,
    Fires,
    FiresAny,
    Move,
    Operates,
    Passes,
    Repeats,
    Reports,
    Says,
    Taps,
)
from anything.outcomes import outcome_of_file, outcome_of_reply

from domain import commands, events
from domain.messages import (
    InboundChoice,
    InboundFlowReply,
    InboundLocation,
    InboundMedia,
    InboundMessage,
    InboundText,
    OutboundFlow,
    OutboundMessage,
    OutboundText,
    Referral,
)
from domain.messages.limits import exceeded
from domain.session import (
    NOBODY,
    SETTING_TIMERS,
    FlowBook,
    Occasion,
    Person,
    deadlines,
    decide,
    evolve,
    fold,
    timer_changes,
)
from domain.session.flows.parsing import parse_flows
from domain.session.flows.questions import (
    Choice,
    ContactCard,
    Date,
    Email,
    Files,
    Location,
    Number,
    Pattern,
    Phone,
    Text,
    Time,
)
from domain.session.flows.steps import Ask, FlowForm, HandOff, Lookup, Wait
from domain.session.migrating import migration_problems
from domain.session.state import InteractiveSession
from domain.session.testing import ANA, NOON, NUMBER, taps_under
from domain.values import CommandId, SessionId, TimerKind, command_id, message_id, timer_id

MOST_EVENTS = 100
"""Events of one decision on a flow of few steps."""


class World:
    """Ana, the flows, and all timers that are in use."""

    def __init__(self, sources: Mapping[str, str], later: str) -> None:
        """Begin with somebody who never wrote; `later` is what the main flow becomes one day."""
        self.sources, self.later = dict(sources), later
        self.flows = FlowBook.of(sources)
        self.person = NOBODY
        self.now = NOON
        self.log: list[tuple[events.Event, Occasion]] = []
        self.asked: list[tuple[commands.Command, CommandId]] = []
        self.timers: dict[tuple[SessionId, TimerKind], Any] = {}

    def do(self, move: Move) -> None:
        """Let this happen, and see that all is as it should be."""
        match move:
            case Says(message, referral):
                self._receive(message, referral=referral)
            case Answers(number):
                self._answer(number)
            case Taps(number):
                if tap := _nth([*self._taps()], number):
                    self._receive(tap)
            case FillsIn(number, fields):
                forms = [one.token for one in self._said() if isinstance(one, OutboundFlow)]
                if token := _nth(forms, number):
                    self._receive(InboundFlowReply(flow_token=token, response=fields))
            case Passes(minutes):
                self.now += timedelta(minutes=minutes)
            case Fires(number, late):
                self._fire_due(number, late)
            case FiresAny(kind, minutes):
                if session := self._newest:
                    due = self.now + timedelta(minutes=minutes)
                    self._decide(self._firing(session.session_id, kind, due))
            case Finds():
                self._find(move)
            case Operates(what):
                self._operate(what)
            case Reports():
                self._report(move)
            case Repeats(number):
                if repeated := _nth(self.asked, number):
                    self._decide(*repeated)
            case Changes(with_migration):
                self._change(with_migration=with_migration)
            case _:
                assert_never(move)

    def check_history(self) -> None:
        """See that what is known is what happened, also when it was written down and read."""
        assert fold(self.log) == self.person
        stored = [
            (type(event).model_validate_json(event.model_dump_json(by_alias=True)), occasion)
            for event, occasion in self.log
        ]
        assert fold(stored) == self.person

    def _decide(self, command: commands.Command, known_as: CommandId | None = None) -> None:
        self.now += timedelta(seconds=20)
        one = known_as or command_id(command.TYPE, str(len(self.asked)))
        self.asked.append((command, one))
        occasion, before = Occasion(one, self.now), self.person
        decided = decide(before, command, occasion, self.flows)
        assert decide(before, command, occasion, self.flows) == decided
        assert len(decided) <= MOST_EVENTS
        for event in decided:
            self.person = evolve(self.person, event, occasion)
            self.log.append((event, occasion))
        again = Occasion(one, self.now + timedelta(hours=1))
        if any(type(event) not in _OUTCOMES for event in decided):
            assert decide(self.person, command, again, self.flows) == []
        self._keep_timers(command, decided, before)
        self._check(command, decided)

    def _keep_timers(
        self, command: commands.Command, decided: list[events.Event], before: Person
    ) -> None:
        """Do with the timers what a service does."""
        fired = command if isinstance(command, commands.FireTimer) else None
        if fired is None and not any(type(event) in SETTING_TIMERS for event in decided):
            return
        concerned = {one for e in decided if (one := getattr(e, "session_id", None))}
        for session in concerned | ({fired.session_id} if fired else set()):
            kind = fired.kind if fired and fired.session_id == session else None
            was, now = before.sessions.get(session), self.person.sessions.get(session)
            for each, due_at in timer_changes(was, now, self.flows, fired=kind).items():
                if due_at is None:
                    self.timers.pop((session, each), None)
                else:
                    self.timers[session, each] = due_at

    def _check(self, command: commands.Command, decided: list[events.Event]) -> None:
        assert sum(one.open for one in self.person.sessions.values()) <= 1
        waited_for = {
            (one.session_id, kind): at
            for one in self.person.sessions.values()
            for kind, at in deadlines(one, self._flow(one)).items()
        }
        for timer, at in waited_for.items():
            assert self.timers[timer] <= at, timer
        assert self.timers.keys() <= waited_for.keys()
        if isinstance(command, commands.FireTimer):
            still = waited_for.get((command.session_id, command.kind))
            assert still is None or still > command.due_at, "it would fire for ever"
        self._check_patience()
        self._check_session()
        self._check_replies(decided, ours=not isinstance(command, commands.ReplyInSession))

    def _check_patience(self) -> None:
        """See that whoever is asked just now has time to answer."""
        session = self.person.open_session
        if session is None or session.status != "waiting" or session.waiting_since != self.now:
            return
        for kind, at in deadlines(session, self._flow(session)).items():
            assert kind == "window-closing" or at > self.now, kind

    def _check_session(self) -> None:
        session = self.person.open_session
        if session is None or session.status != "waiting":
            return
        step = self._flow(session).steps[session.step]
        assert isinstance(step, Ask | FlowForm | Lookup | Wait)
        assert session.waiting_since is not None
        assert isinstance(step, Lookup) == (session.lookup is not None)
        assert not isinstance(step, HandOff)

    def _check_replies(self, decided: list[events.Event], *, ours: bool) -> None:
        asked = [event for event in decided if isinstance(event, events.ReplyRequested)]
        every = [e.reply_id for e, _ in self.log if isinstance(e, events.ReplyRequested)]
        assert len(set(every)) == len(every)
        for reply in asked if ours else ():
            assert exceeded(reply.personal.message) is None
            fallback = reply.personal.fallback
            assert fallback is None or exceeded(fallback) is None

    def _receive(self, message: InboundMessage, *, referral: bool = False) -> None:
        wamid = f"wamid.{len(self.asked)}"
        self._decide(
            commands.ReceiveMessage(
                phone_number_id=NUMBER,
                message_id=message_id(wamid),
                received_at=self.now,
                personal=commands.IncomingMessage(
                    wamid=wamid,
                    from_=ANA,
                    name="Ana",
                    message=message,
                    referral=Referral(source_id="1", source_type="ad") if referral else None,
                ),
            )
        )

    def _answer(self, number: int) -> None:
        """Give what the open step waits for, or begin."""
        session = self.person.open_session
        step = self._flow(session).steps.get(session.step) if session else None
        if session is None:
            self._receive(InboundText(text="hi"))
        elif session.status == "handed-off":
            self._operate("release")
        elif isinstance(step, Lookup):
            self._find(Finds(0, "found", {"status": "shipped", "items": ["a", "b"]}))
        elif isinstance(step, FlowForm):
            self.do(FillsIn(0, {"field": "shipped", "status": 4}))
        elif isinstance(step, Wait):
            self._receive(InboundText(text="And this"))
        elif isinstance(step, Ask) and step.choice and [*self._taps()]:
            self.do(Taps(number))
        elif isinstance(step, Ask):
            self._receive(_FITTING[type(step.kind)])

    def _fire_due(self, number: int, late: int) -> None:
        in_use = sorted(self.timers.items(), key=lambda timer: (timer[1], timer[0][1]))
        if in_use:
            (session, kind), due_at = in_use[number % len(in_use)]
            self.now = max(self.now, due_at) + timedelta(minutes=late)
            self._decide(self._firing(session, kind, due_at))

    def _firing(self, session: SessionId, kind: TimerKind, due_at: Any) -> commands.FireTimer:
        assert self.person.contact_id is not None
        return commands.FireTimer(
            contact_id=self.person.contact_id,
            session_id=session,
            timer_id=timer_id(session, kind, due_at),
            kind=kind,
            due_at=due_at,
        )

    def _find(self, move: Finds) -> None:
        looked_up = [event for event, _ in self.log if isinstance(event, events.LookupRequested)]
        if one := _nth(looked_up, move.number):
            self._decide(
                commands.RecordLookup(
                    contact_id=one.contact_id,
                    session_id=one.session_id,
                    lookup_id=one.lookup_id,
                    outcome=move.outcome,
                    personal=commands.Found(data=move.data),
                )
            )

    def _operate(self, what: str) -> None:
        if what == "begin":
            self._decide(
                commands.InitiateSession(
                    phone_number_id=NUMBER,
                    flow="main",
                    language="es",
                    personal=commands.Addressee(to=ANA, variables={"v0": "given"}),
                )
            )
            return
        if what == "echo":
            note = commands.HandOffNote.model_validate({"from": ANA, "wamid": "wamid.echo"})
            self._decide(
                commands.HandOffSession(phone_number_id=NUMBER, source="echo", personal=note)
            )
            return
        session = self._newest
        if session is None or self.person.contact_id is None:
            return
        ids = {"contact_id": self.person.contact_id, "session_id": session.session_id}
        made: dict[str, commands.Command] = {
            "hand-off": commands.HandOffSession(**ids),
            "release": commands.ReleaseSession(**ids),
            "reply": commands.ReplyInSession(
                **ids, personal=commands.HumanReply(message=OutboundText(text="It is me."))
            ),
            "complete": commands.CompleteSession(**ids, outcome="by-hand"),
            "cancel": commands.CancelSession(**ids, reason="by-hand"),
        }
        self._decide(made[what])

    def _report(self, move: Reports) -> None:
        if move.what in ("stop", "resume"):
            self._decide(
                commands.RecordConsent(
                    phone_number_id=NUMBER,
                    value=move.what,
                    source="whatsapp",
                    personal=commands.Person.model_validate({"from": ANA}),
                )
            )
        elif move.what in ("stored", "rejected"):
            files = [e for e, _ in self.log if isinstance(e, events.FileUploaded)]
            if file := _nth(files, move.number):
                self._decide(outcome_of_file(file, move.what))
        else:
            replies = [e for e, _ in self.log if isinstance(e, events.ReplyRequested)]
            if reply := _nth(replies, move.number):
                self._decide(outcome_of_reply(reply, move.what))

    def _change(self, *, with_migration: bool) -> None:
        current = self.flows.current["main"]
        source, self.later = self.later, self.sources["main.yaml"]
        source = _without_migrations(source) + f"# {len(self.flows.versions)}\n"
        others = {one: _renamed_first(one) for one in current.steps}
        flow = parse_flows({**self.sources, "main.yaml": source})["main.yaml"]
        names = {
            one: other
            for one, other in others.items()
            if one not in flow.steps and other in flow.steps
        }
        migration = {"from": current.version, "steps": names}
        moving = source + yaml.safe_dump({"migrations": [migration]})
        newest = parse_flows({**self.sources, "main.yaml": moving})["main.yaml"]
        if with_migration and not [*migration_problems(newest, current)]:
            source = moving
        self.sources["main.yaml"] = source
        older = [flow.source for flow in self.flows.versions.values()]
        self.flows = FlowBook.of(self.sources, older)

    def _flow(self, session: InteractiveSession) -> Any:
        return self.flows.of_session(session.flow, session.flow_version)

    @property
    def _newest(self) -> InteractiveSession | None:
        return [None, *self.person.sessions.values()][-1]

    def _said(self) -> Iterator[OutboundMessage]:
        for event, _ in self.log:
            if isinstance(event, events.ReplyRequested):
                yield event.personal.message

    def _taps(self) -> Iterator[InboundChoice]:
        for message in self._said():
            yield from taps_under(message)


_FITTING: Mapping[type, InboundMessage] = {
    Text: InboundText(text="Some words"),
    Pattern: InboundText(text="ab123"),
    Number: InboundText(text="7"),
    Date: InboundText(text="tomorrow"),
    Time: InboundText(text="10:30"),
    Phone: InboundText(text="+34 600 000 000"),
    Email: InboundText(text="ana@example.org"),
    Location: InboundLocation(latitude=41.4, longitude=2.2, name="Home"),
    ContactCard: InboundText(text="Ben +34 600 000 000"),
    Files: InboundMedia(type="image", media_id="m", mime_type="image/jpeg"),
    Choice: InboundText(text="Yes"),
}
_OUTCOMES = (events.ReplySent, events.ReplyDelivered, events.ReplyRead, events.ReplyFailed)


def _nth(items: list[Any], number: int) -> Any:
    """Return one of the items, counted from the newest."""
    return items[-1 - number % len(items)] if items else None


def _renamed_first(step: str) -> str:
    first, dot, inner = step.partition(".")
    return renamed(first) + dot + inner


def _without_migrations(source: str) -> str:
    return source.partition("migrations:")[0]
