"""Sends parked records again, each once, in the order in which they were parked.

What a service parked goes to that service alone, on a topic of its own: `session-events` has one
writer. A parked webhook goes through the front door again, signed anew.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Protocol

from agentctl.acts import Act, ActKind
from agentctl.adapters.http import Http
from agentctl.use_cases.parking import Parked, Source
from domain.topics import OPERATOR_ACTS
from streaming.cloudevents import Headers
from streaming.kafka import OutgoingRecord
from streaming.redriven import MARK, times_redriven

SAFE_AGE = timedelta(days=7)
"""For so long at least an effect is known to have been had: by ids seen, the ledger, the CRM."""


class Refused(Exception):
    """It is not sent, for what it might do; says how to have it sent all the same."""


class NotTaken(Exception):
    """ingress did not take the webhook. What was sent before it stays sent."""


class Writes(Protocol):
    """Writes records, all or none."""

    async def write(self, records: Sequence[OutgoingRecord]) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts, why, and when."""

    name: str
    why: str
    now: Callable[[], datetime]

    def act(self, kind: ActKind, one: Parked) -> OutgoingRecord:
        """Return the record of an act."""
        told = Act(kind, self.now(), self.name, str(one.place), self.why, {"reason": one.reason})
        return OutgoingRecord(
            topic=OPERATOR_ACTS.name, value=told.encoded(), key=told.about.encode(), headers=()
        )


def refuse_unsafe(chosen: Sequence[Parked], *, again: bool, even_old: bool, now: datetime) -> None:
    """Raise Refused if one of these could have an effect twice."""
    settled = [str(one.place) for one in chosen if not one.waits]
    if settled and not again:
        raise Refused(f"redriven or skipped before: {', '.join(settled)}; --again sends them")
    old = [str(one.place) for one in chosen if now - one.at > SAFE_AGE]
    if old and not even_old:
        raise Refused(
            f"parked more than {SAFE_AGE.days} days ago: {', '.join(old)}; what it did already is"
            " forgotten by then and may be done twice; --even-old sends them"
        )


def refuse_overtaking(chosen: Sequence[Parked], everything: Sequence[Parked]) -> None:
    """Raise Refused if one of these would overtake an earlier one of the same person."""
    places = {one.place for one in chosen}
    last = {one.record.key: index for index, one in enumerate(everything) if one.place in places}
    passed = [
        str(one.place)
        for index, one in enumerate(everything)
        if one.waits
        and one.place not in places
        and one.record.key is not None
        and index < last.get(one.record.key, -1)
    ]
    if passed:
        raise Refused(
            f"of the same persons these wait since earlier: {', '.join(passed)}; redrive them too,"
            " or skip them first; --out-of-order sends without them"
        )


async def redrive_event(source: Source, one: Parked, desk: Writes, operator: Operator) -> None:
    """Send a parked event to the service that parked it, and write down that it was."""
    if source.redriven is None:
        raise ValueError(source.name)
    record = one.record
    again = OutgoingRecord(
        topic=source.redriven.name,
        value=record.value,
        key=record.key,
        headers=marked(record.headers, one.times_redriven),
        partition=_partition(record.headers, record.partition),
    )
    await desk.write([again, operator.act("redriven", one)])


async def redrive_webhook(
    one: Parked, send: Callable[[bytes], Awaitable[int]], desk: Writes, operator: Operator
) -> None:
    """Hand a parked webhook to ingress again. Raises NotTaken or HttpTrouble.

    Written down before and after: who dies in between leaves it as `redriving`, and sending it
    again is safe, since what it holds has the same ids.
    """
    await desk.write([operator.act("redriving", one)])
    status = await send(one.record.value or b"")
    if status != HTTPStatus.OK:
        raise NotTaken(f"ingress answered {status} to {one.place}")
    await desk.write([operator.act("redriven", one)])


async def skip(one: Parked, desk: Writes, operator: Operator) -> None:
    """Write down that nobody will send it again; it stays where it is."""
    await desk.write([operator.act("skipped", one)])


def to_ingress(http: Http, address: str, app_secret: str) -> Callable[[bytes], Awaitable[int]]:
    """Return how a webhook is posted, signed as Meta does."""

    async def send(body: bytes) -> int:
        signature = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "x-hub-signature-256": f"sha256={signature}",
        }
        answer = await http.ask(
            "POST", f"{address.rstrip('/')}/webhook", headers=headers, content=body
        )
        return answer.status

    return send


def marked(headers: Headers, redriven: int) -> Headers:
    """Say how often it was sent again: from here, and before it was parked here."""
    others = [header for header in headers if header[0].lower() != MARK]
    return [*others, (MARK, b"%d" % (times_redriven(headers) + redriven + 1))]


def _partition(headers: Headers, otherwise: int) -> int:
    told = dict(headers).get("park-partition") or b""
    return int(told) if told.isdigit() else otherwise
