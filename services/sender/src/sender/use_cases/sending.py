"""One reply from request to outcome: in its turn, inside the window, never knowingly twice."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import structlog

from domain.commands import RecordReplyFailed, RecordReplySent
from domain.events import OutgoingReply, ReplyRequested
from domain.messages import REPEATABLE, UNCOUNTED, WINDOWLESS, OutboundTemplate
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
from domain.ports.sending_ledger import LedgerUnavailable, SendingLedger, Stage
from domain.values import ReplyId
from sender.use_cases import metrics
from sender.use_cases.attaching import attach
from sender.use_cases.book import Book, Line, Outcome, Place
from sender.use_cases.hearsay import Hearsay
from sender.use_cases.pacing import Pacing

Report: TypeAlias = Callable[[Outcome], Awaitable[None]]
"""Tells session-core; returns once that is durable. Telling twice is harmless."""

_MOST_BETWEEN_ENTRY_AND_CALL = 5.0
"""Seconds; whoever takes over waits longer before it takes our call for one never made."""
_MOST_REPEATS = 5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Time:
    """The clock on the wall, the one for measuring, and the way to wait."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do where the platform leaves a choice. `unknown_wait` is in seconds."""

    unknown: Literal["resend", "fail"] = "resend"
    unknown_wait: float = 60.0
    window_margin: timedelta = timedelta(seconds=60)
    """A reply that goes out so shortly before its window closes may arrive after it."""
    concurrent_calls: int = 64


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
    ) -> None:
        self._sender = sender
        self._library = library
        self._ledger = ledger
        self._pacing = pacing
        self._policy = policy
        self._time = time
        self.hearsay = Hearsay()
        self._book = Book()
        self._calls = asyncio.Semaphore(policy.concurrent_calls)

    async def take_over(self, begins: Mapping[int, int]) -> None:
        """Learn what whoever had these partitions did; forget all others.

        `begins` says from which offset each is read. Raises LedgerUnavailable.
        """
        self._book.replace(await self._ledger.load(begins))
        if begins and self._ledger.pages:
            self._pacing.share(len(begins) / self._ledger.pages)

    def awaits_news(self, partition: int) -> bool:
        """Say whether `hear` could concern a reply of this partition."""
        return self._book.awaits_news(partition)

    def hear(self, partition: int, reply: ReplyId) -> None:
        """Take note that an event told the outcome of this reply."""
        self._book.hear(partition, reply)

    def status(self) -> str | None:
        """Return what a person must see to although replies can be sent, else None."""
        stops = self._pacing.stops()
        told = (f"{number} (error {code})" for number, code in sorted(stops.items()))
        return f"stopped by the platform: {', '.join(told)}" if stops else None

    async def fulfil(self, request: ReplyRequested, place: Place, report: Report) -> None:
        """Return once the reply has an outcome that session-core was told of.

        Raises PlatformUnavailable or LedgerUnavailable, or what `report` raises: call again.
        """
        line = self._book.line(request.reply_id, place)
        if line.outcome is None and not line.is_told:
            line.outcome = await self._decided(request, line)
        if line.outcome is not None:
            await report(line.outcome)
        await self._keep_outcome(request.reply_id, line)

    async def _keep_outcome(self, reply: ReplyId, line: Line) -> None:
        """Only after the report: whoever reads `accepted` there need not tell it any more."""
        if line.stage not in (None, "accepted", "failed"):
            failed = isinstance(line.outcome, RecordReplyFailed)
            await self._write(reply, line, "failed" if failed else "accepted")
        self._book.close(reply, line.place.partition)

    async def _decided(self, request: ReplyRequested, line: Line) -> Outcome | None:
        """Refuse what WhatsApp would refuse, and upload, before anything is entered or called."""
        if problem := exceeded(request.personal.message):
            return _failure(request, f"invalid: {problem}")
        try:
            ready = await attach(self._library, request)
        except SendRefused as refusal:
            return _failure(request, refusal.reason, refusal.code)
        return await self._outcome(ready, line)

    async def _outcome(self, request: ReplyRequested, line: Line) -> Outcome | None:
        """Try until there is one; None when an event told it while we waited."""
        faltered = 0
        is_refused_in_window = False
        while True:
            if line.stage == "sending" and not await self._may_send_again(request, line):
                return None if line.is_told else _failure(request, "outcome-unknown")
            await self._turn(request)
            if line.is_told:
                return None
            reply = self._allowed(request, is_closed=is_refused_in_window)
            if isinstance(reply, str):
                maybe_sent = line.stage == "sending"
                return _failure(request, "outcome-unknown" if maybe_sent else reply)
            try:
                return await self._attempt(request, reply, line)
            except OutcomeUnknown:
                _log.warning("reply.outcome-unknown", attempt=line.attempt)
            except SlowDown as limit:
                self._slow_down(request, limit)
            except NumberStopped as stop:
                if self._is_to_blame(request, line):
                    return _failure(request, stop.reason, stop.code)
                self._stop_number(request, line, stop)
            except SendFaltered as failure:
                faltered += 1
                if faltered >= failure.tries:
                    return _failure(request, failure.reason, failure.code)
                await self._time.sleep(2.0 ** (faltered - 1))
            except SendRefused as refusal:
                is_refused_in_window = refusal.reason == "window-closed" and (
                    reply.message is not request.personal.fallback
                )
                if not (is_refused_in_window and request.personal.fallback):
                    return _failure(request, refusal.reason, refusal.code)
                await self._certainly_not_sent(request.reply_id, line, refusal)

    def _allowed(self, request: ReplyRequested, *, is_closed: bool) -> OutgoingReply | str:
        """Return what may go out now: the reply or the template in its stead; else why nothing."""
        reply = request.personal
        if is_closed or self._is_window_closed(request):
            if reply.fallback is None:
                return "window-closed"
            reply = reply.model_copy(update={"message": reply.fallback})
        if isinstance(reply.message, OutboundTemplate) and self._is_unwelcome(
            request, reply.message
        ):
            return "opted-out"
        return reply

    def _is_unwelcome(self, request: ReplyRequested, template: OutboundTemplate) -> bool:
        """Believe the newest word: what was heard of the person is newer than the request."""
        if template.category != "marketing":
            return False
        heard = self.hearsay.has_opted_out(request.contact_id)
        return bool(request.opted_out) if heard is None else heard

    async def _attempt(
        self, request: ReplyRequested, reply: OutgoingReply, line: Line
    ) -> RecordReplySent:
        whose = (request.phone_number_id, request.contact_id)
        async with self._calls:
            await self._announce(request.reply_id, line)
            began = self._time.monotonic()
            try:
                acceptance = await self._sender.send(
                    reply,
                    phone_number_id=request.phone_number_id,
                    reply_id=request.reply_id,
                )
            except (PlatformUnavailable, SlowDown, NumberStopped, SendFaltered) as failure:
                await self._certainly_not_sent(request.reply_id, line, failure)
                raise
        if self._pacing.went_well(self._time.monotonic(), *whose, began=began):
            self._tell_resumed(request.phone_number_id)
        return RecordReplySent(
            contact_id=request.contact_id,
            session_id=request.session_id,
            reply_id=request.reply_id,
            personal=acceptance,
        )

    async def _announce(self, reply: ReplyId, line: Line) -> None:
        """Enter the call that follows; who stood still meanwhile may be the owner no more."""
        line.attempt += 1
        began = self._time.monotonic()
        await self._write(reply, line, "sending")
        if self._time.monotonic() - began > _MOST_BETWEEN_ENTRY_AND_CALL:
            line.stage = "not-sent"
            raise LedgerUnavailable("the entry took so long that it may be out of date")

    async def _certainly_not_sent(self, reply: ReplyId, line: Line, failure: SendFailure) -> None:
        _log.info("reply.not-sent", reason=failure.reason, code=failure.code, attempt=line.attempt)
        line.stage = "not-sent"  # known here, whether or not the ledger can be told
        await self._write(reply, line, "not-sent")

    async def _may_send_again(self, request: ReplyRequested, line: Line) -> bool:
        """Nobody can say whether it was sent: give a status the time to tell.

        What changes nothing when it is done twice needs no status, and some never get one.
        """
        if request.kind in REPEATABLE:
            await self._time.sleep(min(2.0 ** (line.attempt - 1), self._policy.unknown_wait))
            return line.attempt < _MOST_REPEATS
        try:
            async with asyncio.timeout(self._policy.unknown_wait):
                await line.heard.wait()
        except TimeoutError:
            _log.warning("reply.no-status-came", then=self._policy.unknown, attempt=line.attempt)
            return self._policy.unknown == "resend"
        return False

    async def _turn(self, request: ReplyRequested) -> None:
        """Wait for this reply's turn; a pause that begins meanwhile means to queue again."""
        whose = (request.phone_number_id, request.contact_id)
        while True:
            if held := self._pacing.held(self._time.monotonic(), *whose):
                if isinstance(self._allowed(request, is_closed=False), str):
                    return  # in vain: the window closed while it waited
                await self._time.sleep(held)
                continue
            if request.kind in UNCOUNTED:
                return
            if wait := self._pacing.reserve(self._time.monotonic(), *whose):
                await self._time.sleep(wait)
            if not self._pacing.let_go(self._time.monotonic(), *whose):
                return

    def _slow_down(self, request: ReplyRequested, limit: SlowDown) -> None:
        self._pacing.slow_down(
            self._time.monotonic(), limit.scope, request.phone_number_id, request.contact_id
        )

    def _is_to_blame(self, request: ReplyRequested, line: Line) -> bool:
        """Say whether the number worked for others since this reply stopped it the last time."""
        resumed = self._pacing.resumed(self._time.monotonic(), request.phone_number_id)
        return line.stopped_at is not None and line.stopped_at < resumed

    def _stop_number(self, request: ReplyRequested, line: Line, stop: NumberStopped) -> None:
        now, number = self._time.monotonic(), request.phone_number_id
        line.stopped_at = self._pacing.resumed(now, number)
        if self._pacing.stop(now, number, request.contact_id, stop.code):
            metrics.STOPPED.labels(number, stop.code).set(1)
            _log.error("number.stopped", phone_number_id=number, code=stop.code)

    def _tell_resumed(self, number: str) -> None:
        metrics.stopped_no_more(number)
        _log.warning("number.resumed", phone_number_id=number)

    def _is_window_closed(self, request: ReplyRequested) -> bool:
        """Where none is known the platform decides: a call opens one too (Meta, send-messages)."""
        closes = request.window_expires_at
        if closes is None or request.kind in WINDOWLESS:
            return False
        last = self._time.now() + self._policy.window_margin
        if last < closes:
            return False
        newer = self.hearsay.window_of(request.contact_id)
        return newer is None or last >= newer

    async def _write(self, reply: ReplyId, line: Line, stage: Stage) -> None:
        await self._ledger.write(reply, line.entry(stage), partition=line.place.partition)
        line.stage = stage


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
