"""One reply from request to outcome: in its turn, inside the window, never knowingly twice."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

import structlog

from domain.commands import Acceptance, RecordReplyFailed, RecordReplySent
from domain.events import OutgoingReply, ReplyRequested
from domain.messages import REPEATABLE
from domain.messages.limits import exceeded
from domain.ports.media_library import MediaLibrary
from domain.ports.sending import (
    MessageSender,
    NumberStopped,
    OutcomeUnknown,
    PlatformUnavailable,
    SendFailure,
    SendFaltered,
    SendRefused,
    SlowDown,
)
from domain.ports.sending_ledger import OUTCOMES, LedgerUnavailable, Page, SendingLedger, Stage
from domain.values import ReplyId
from sender.use_cases import metrics
from sender.use_cases.attaching import attach, has_file
from sender.use_cases.book import Book, Line, Outcome, Place
from sender.use_cases.hearsay import Hearsay
from sender.use_cases.pacing import Pacing
from sender.use_cases.permitting import Permitting
from sender.use_cases.turns import FOREVER, NotSoon, Patience, Time, Turns
from streaming.places import Places

Report: TypeAlias = Callable[[Outcome], Awaitable[None]]
"""Tells session-core; returns once that is durable. Telling twice is harmless."""
CatchUp: TypeAlias = Callable[[int], Awaitable[None]]
"""Returns once `hear` was told of every outcome that stands in a partition by now.

Raises NewsUnavailable.
"""

_MOST_BETWEEN_ENTRY_AND_CALL = 5.0
"""Seconds; whoever takes over waits longer before it takes our call for one never made."""
_MOST_REPEATS = 5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do where the platform leaves a choice. `unknown_wait` is in seconds."""

    unknown: Literal["resend", "fail"] = "resend"
    unknown_wait: float = 60.0
    window_margin: timedelta = timedelta(seconds=60)
    """A reply that goes out so shortly before its window closes may arrive after it."""
    concurrent_calls: int = 256


class MayHaveBeenSent(Exception):
    """Sending it once more could send it twice; a person has to look."""


class ReplySending:
    """Sends replies through the port; may be told to send the same one again at any time."""

    def __init__(
        self,
        *,
        sender: MessageSender,
        library: MediaLibrary,
        ledger: SendingLedger,
        pacing: Pacing,
        policy: Policy,
        time: Time,
        catch_up: CatchUp,
    ) -> None:
        self.hearsay = Hearsay()
        self.turns = Turns(pacing, time)
        self._sender = sender
        self._library = library
        self._ledger = ledger
        self._pacing = pacing
        self._policy = policy
        self._time = time
        self._catch_up = catch_up
        self._permitting = Permitting(self.hearsay, policy.window_margin)
        self._book = Book()
        self._calls = Places(policy.concurrent_calls)

    async def take_over(self, begins: Mapping[int, int]) -> Mapping[int, Page]:
        """Learn what whoever had these partitions did; forget all others. Return what is kept.

        `begins` says from which offset each is read. Raises LedgerUnavailable.
        """
        pages = await self._ledger.load(begins)
        self._book.replace(pages)
        if begins and self._ledger.pages:
            self._pacing.share(len(begins) / self._ledger.pages)
        return pages

    def awaits_news(self, partition: int) -> bool:
        """Say whether `hear` could concern a reply of this partition."""
        return self._book.awaits_news(partition)

    def hear(self, partition: int, reply: ReplyId) -> None:
        """Take note that an event told the outcome of this reply."""
        self._book.hear(partition, reply)

    def is_told(self, partition: int, reply: ReplyId) -> bool:
        """Say whether session-core knows already what came of this reply."""
        line = self._book.find(reply, partition)
        return line is not None and line.is_told

    async def remember(self, reply: ReplyId, place: Place) -> None:
        """Learn what the ledger knows of a reply that an operator wants sent after all.

        Raises MayHaveBeenSent where a call was begun and nobody knows what came of it: its status
        may have come when nobody waited for it. Raises LedgerUnavailable.
        """
        if self._book.find(reply, place.partition) is not None:
            return
        entry = await self._ledger.recall(reply, partition=place.partition)
        if entry is not None and entry.stage == "sending":
            raise MayHaveBeenSent("a call was begun, and what came of it is not known")
        if entry is not None:
            self._book.recall(reply, place, entry)

    async def settle(self, partition: int, reply: ReplyId, stage: Stage = "accepted") -> None:
        """Keep that an event told the outcome of this reply, if one did. Raises LedgerUnavailable.

        Needed where the event may not be read again although the reply waits.
        """
        line = self._book.find(reply, partition)
        if line is not None and line.heard.is_set() and line.stage not in OUTCOMES:
            await self._write(reply, line, stage)

    async def fulfil(
        self,
        request: ReplyRequested,
        place: Place,
        report: Report,
        patience: Patience = FOREVER,
    ) -> float | None:
        """Return None once the reply has an outcome that session-core was told of.

        Return the time by the monotonic clock at which to call again where that takes longer than
        there is patience. Raises PlatformUnavailable, LedgerUnavailable or NewsUnavailable, or what
        `report` raises: call again.
        """
        line = self._book.line(request.reply_id, place)
        if line.outcome is None and not line.is_told:
            try:
                line.outcome = _refused(request) or await self._outcome(request, line, patience)
            except NotSoon as later:
                if line.is_blank:
                    self._book.close(request.reply_id, place.partition)
                return later.at
        if line.outcome is not None:
            await report(line.outcome)
        await self._keep_outcome(request.reply_id, line)
        return None

    async def _keep_outcome(self, reply: ReplyId, line: Line) -> None:
        """Only after the report: whoever reads `accepted` there need not tell it any more."""
        if line.stage not in OUTCOMES:
            failed = isinstance(line.outcome, RecordReplyFailed)
            await self._write(reply, line, "failed" if failed else "accepted")
        self._book.close(reply, line.place.partition)

    async def _outcome(
        self, request: ReplyRequested, line: Line, patience: Patience
    ) -> Outcome | None:
        """Try until there is one; None when an event told it while we waited. Raises NotSoon."""
        while True:
            is_unknown = line.stage == "sending"
            if is_unknown and not await self._may_send_again(request, line, patience):
                return None if line.is_told else _failure(request, "outcome-unknown")
            reply = self._allowed(request, line)
            if isinstance(reply, str):
                unsure = is_unknown or line.is_unsure
                return _failure(request, "outcome-unknown" if unsure else reply)
            try:
                ready = await self._ready(request, reply, line, patience)
                if line.is_told:
                    return None
                if ready is not None:
                    sent = await self._attempt(request, ready, line)
                    return _with_fallback(sent) if sent and _is_fallback(request, reply) else sent
            except OutcomeUnknown:
                reply_id = str(request.reply_id)
                _log.warning("reply.outcome-unknown", reply_id=reply_id, attempt=line.attempt)
            except SlowDown as limit:
                self.turns.slow_down(request, limit)
            except NumberStopped as stop:
                if self.turns.worked_since(request, line.stopped_at):
                    return _failure(request, stop.reason, stop.code)
                line.stopped_at = self.turns.stop(request, stop)
            except SendFaltered as failure:
                line.faltered += 1
                if line.faltered >= failure.tries:
                    return _failure(request, failure.reason, failure.code)
                await self._time.sleep(2.0 ** (line.faltered - 1))
            except SendRefused as refusal:
                if not self._has_way_out(request, reply, refusal):
                    return _failure(request, refusal.reason, refusal.code)
                line.is_window_closed = True
                await self._certainly_not_sent(request.reply_id, line, refusal)

    async def _ready(
        self, request: ReplyRequested, reply: OutgoingReply, line: Line, patience: Patience
    ) -> OutgoingReply | None:
        """Upload what is to go out, and wait for its turn; None when it may go out no more."""
        ready = reply
        if has_file(reply.message):
            ready = await attach(self._library, reply, request.phone_number_id)
        waited = await self.turns.take(request, patience, lambda: self._is_in_vain(request, line))
        if ready is reply and not waited:
            return reply  # it is still the moment at which it was allowed
        now = self._allowed(request, line)
        is_same = isinstance(now, OutgoingReply) and now.message is reply.message
        return ready if is_same else None

    def _allowed(self, request: ReplyRequested, line: Line) -> OutgoingReply | str:
        now = self._time.now()
        return self._permitting.allowed(request, now, is_closed=line.is_window_closed)

    def _is_in_vain(self, request: ReplyRequested, line: Line) -> bool:
        return isinstance(self._allowed(request, line), str)

    def _has_way_out(
        self, request: ReplyRequested, tried: OutgoingReply, refusal: SendRefused
    ) -> bool:
        is_new = request.personal.fallback is not None and not _is_fallback(request, tried)
        return refusal.reason == "window-closed" and is_new

    async def _attempt(
        self, request: ReplyRequested, reply: OutgoingReply, line: Line
    ) -> RecordReplySent | None:
        """Return None when an event told the outcome of an earlier call before this one."""
        if not self._calls.take():
            await self._calls.wait()
        try:
            if line.is_unsure:
                await self._catch_up(line.place.partition)
            if line.is_told:
                return None
            await self._announce(request.reply_id, line)
            if line.is_told:
                return None
            began = self._time.monotonic()
            try:
                acceptance = await self._call(request, reply)
            except (PlatformUnavailable, SlowDown, NumberStopped, SendFaltered) as failure:
                await self._certainly_not_sent(request.reply_id, line, failure)
                raise
        finally:
            self._calls.leave()
        self.turns.went_well(request, began)
        return RecordReplySent(
            contact_id=request.contact_id,
            session_id=request.session_id,
            reply_id=request.reply_id,
            personal=acceptance,
        )

    async def _call(self, request: ReplyRequested, reply: OutgoingReply) -> Acceptance:
        try:
            acceptance = await self._sender.send(
                reply, phone_number_id=request.phone_number_id, reply_id=request.reply_id
            )
        except SendFailure as failure:
            code = "" if failure.code is None else failure.code
            metrics.CALLS.labels(failure.reason, code).inc()
            raise
        metrics.ACCEPTED.inc()
        return acceptance

    async def _announce(self, reply: ReplyId, line: Line) -> None:
        """Enter the call that follows; who stood still meanwhile may be the owner no more."""
        line.attempt += 1
        line.unknown_until = None
        began = self._time.monotonic()
        await self._write(reply, line, "sending")
        if self._time.monotonic() - began > _MOST_BETWEEN_ENTRY_AND_CALL:
            line.stage = "not-sent"
            raise LedgerUnavailable("the entry took so long that it may be out of date")

    async def _certainly_not_sent(self, reply: ReplyId, line: Line, failure: SendFailure) -> None:
        _log.info(
            "reply.not-sent",
            reply_id=str(reply),
            reason=failure.reason,
            code=failure.code,
            attempt=line.attempt,
        )
        if line.is_told:
            return  # an earlier attempt reached the person
        line.stage = "not-sent"  # known here, whether or not the ledger can be told
        await self._write(reply, line, "not-sent")

    async def _may_send_again(
        self, request: ReplyRequested, line: Line, patience: Patience
    ) -> bool:
        """Nobody can say whether it was sent: give a status the time to tell. Raises NotSoon.

        What changes nothing when it is done twice needs no status, and some never get one.
        """
        if request.kind in REPEATABLE:
            await self._time.sleep(min(2.0 ** (line.attempt - 1), self._policy.unknown_wait))
            return line.attempt < _MOST_REPEATS
        now = self._time.monotonic()
        until = line.unknown_until = line.unknown_until or now + self._policy.unknown_wait
        if line.is_told:
            return False
        if until - now > patience.any:
            raise NotSoon(until)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(until - now):
                await line.heard.wait()
        if not line.is_told:
            # The status may be there, behind more than was read in that time.
            await self._catch_up(line.place.partition)
        if line.is_told:
            return False
        _log.warning(
            "reply.no-status-came",
            reply_id=str(request.reply_id),
            then=self._policy.unknown,
            attempt=line.attempt,
        )
        line.is_unsure = self._policy.unknown == "resend"
        return line.is_unsure

    async def _write(self, reply: ReplyId, line: Line, stage: Stage) -> None:
        await self._ledger.write(reply, line.entry(stage), partition=line.place.partition)
        line.stage = stage


def _refused(request: ReplyRequested) -> RecordReplyFailed | None:
    """Refuse what WhatsApp would refuse before anything is entered or called."""
    problem = exceeded(request.personal.message)
    return _failure(request, f"invalid: {problem}") if problem else None


def _is_fallback(request: ReplyRequested, reply: OutgoingReply) -> bool:
    return reply.message is request.personal.fallback


def _with_fallback(sent: RecordReplySent) -> RecordReplySent:
    return sent.model_copy(update={"fallback": True})


def _failure(request: ReplyRequested, reason: str, code: int | None = None) -> RecordReplyFailed:
    metrics.FAILED.labels(reason, code).inc()
    if reason == "needs-operator":
        _log.error("number.needs-operator", phone_number_id=request.phone_number_id, code=code)
    return RecordReplyFailed(
        contact_id=request.contact_id,
        session_id=request.session_id,
        reply_id=request.reply_id,
        code=code,
        reason=reason,
    )
