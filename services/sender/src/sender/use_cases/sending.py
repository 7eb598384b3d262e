"""One reply from request to outcome: in its turn, inside the window, never knowingly twice."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import structlog

from domain.commands import RecordReplyFailed, RecordReplySent
from domain.events import ReplyRequested
from domain.messages import REPEATABLE, UNCOUNTED
from domain.messages.limits import exceeded
from domain.ports.media_library import MediaLibrary
from domain.ports.sending import (
    MessageSender,
    OutcomeUnknown,
    PlatformUnavailable,
    SendFailure,
    SendFaltered,
    SendRefused,
    SlowDown,
)
from domain.ports.sending_ledger import LedgerUnavailable, SendingLedger, Stage
from domain.values import ReplyId
from sender.use_cases.attaching import attach
from sender.use_cases.book import Book, Line, Outcome, Place
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
    unknown_wait: float = 30.0
    faltering_tries: int = 5
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
        self._book = Book()
        self._calls = asyncio.Semaphore(policy.concurrent_calls)

    async def take_over(self, partitions: Collection[int]) -> None:
        """Learn what whoever had these partitions did; forget all others.

        Raises LedgerUnavailable.
        """
        self._book.replace(await self._ledger.load(partitions))

    def reading_from(self, place: Place) -> None:
        """Take note of where reading a partition begins after `take_over`."""
        self._book.reading_from(place)

    def awaits_news(self, partition: int) -> bool:
        """Say whether `hear` could concern a reply of this partition."""
        return self._book.awaits_news(partition)

    def hear(self, partition: int, reply: ReplyId) -> None:
        """Take note that an event told the outcome of this reply."""
        self._book.hear(partition, reply)

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
        while True:
            if line.stage == "sending" and not await self._may_send_again(request, line):
                return None if line.is_told else _failure(request, "outcome-unknown")
            await self._turn(request)
            if line.is_told:
                return None
            if self._is_window_closed(request):
                maybe_sent = line.stage == "sending"
                return _failure(request, "outcome-unknown" if maybe_sent else "window-closed")
            try:
                return await self._attempt(request, line)
            except OutcomeUnknown:
                _log.warning("reply.outcome-unknown", attempt=line.attempt)
            except SlowDown as limit:
                self._slow_down(request, limit)
            except SendFaltered as failure:
                faltered += 1
                if faltered >= self._policy.faltering_tries:
                    return _failure(request, failure.reason, failure.code)
                await self._time.sleep(2.0 ** (faltered - 1))
            except SendRefused as refusal:
                return _failure(request, refusal.reason, refusal.code)

    async def _attempt(self, request: ReplyRequested, line: Line) -> RecordReplySent:
        async with self._calls:
            await self._announce(request.reply_id, line)
            try:
                acceptance = await self._sender.send(
                    request.personal,
                    phone_number_id=request.phone_number_id,
                    reply_id=request.reply_id,
                )
            except (PlatformUnavailable, SlowDown, SendFaltered) as failure:
                await self._certainly_not_sent(request.reply_id, line, failure)
                raise
        self._pacing.went_well(self._time.monotonic(), request.phone_number_id, request.contact_id)
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
                await self._time.sleep(held)
                continue
            if request.kind in UNCOUNTED:
                return
            if wait := self._pacing.reserve(self._time.monotonic(), *whose):
                await self._time.sleep(wait)
            if not self._pacing.held(self._time.monotonic(), *whose):
                return

    def _slow_down(self, request: ReplyRequested, limit: SlowDown) -> None:
        self._pacing.slow_down(
            self._time.monotonic(), limit.scope, request.phone_number_id, request.contact_id
        )

    def _is_window_closed(self, request: ReplyRequested) -> bool:
        """Where none is known the platform decides: a call opens one too (Meta, send-messages)."""
        closes = request.window_expires_at
        return closes is not None and self._time.now() >= closes

    async def _write(self, reply: ReplyId, line: Line, stage: Stage) -> None:
        await self._ledger.write(reply, line.entry(stage), partition=line.place.partition)
        line.stage = stage


def _failure(request: ReplyRequested, reason: str, code: int | None = None) -> RecordReplyFailed:
    return RecordReplyFailed(
        contact_id=request.contact_id,
        session_id=request.session_id,
        reply_id=request.reply_id,
        code=code,
        reason=reason,
    )
