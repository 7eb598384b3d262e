"""Lets a service handle events again, by setting back from where its group reads."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentctl.acts import Act
from agentctl.adapters.kafka_cluster import cluster
from agentctl.adapters.kafka_desk import desk
from agentctl.adapters.kafka_topic import Bounds, KafkaTopic, topic
from agentctl.use_cases.tailing import seen
from crm_notifier.handlers import SERVICE as CRM_NOTIFIER
from domain.topics import OPERATOR_ACTS, SESSION_EVENTS
from file_manager.handlers import SERVICE as FILE_MANAGER
from sender.handlers import GROUP as SENDER
from streaming.kafka import KafkaSettings, OutgoingRecord

LEDGER_DAYS = 7
"""For so long the sender knows for certain what it sent (`SENDER_LEDGER_DAYS` is more)."""
EFFECTS: Mapping[str, str] = {
    SENDER: "replies that the ledger knows an outcome of are not sent again; any other is sent",
    FILE_MANAGER: "a file that is stored is found there and left; any other is fetched, and"
    " rejected where WhatsApp has it no more",
    CRM_NOTIFIER: "the CRM is told everything again under the same webhook-id: one that keeps no"
    " ids hears of it twice",
}
"""What it means that a service handles an event again."""


def effect_of(service: str) -> str | None:
    """Say what it means that a service handles events again; None for one that cannot."""
    named_crm = service.startswith(f"{CRM_NOTIFIER}-")
    return EFFECTS[CRM_NOTIFIER] if named_crm else EFFECTS.get(service)


class Refused(Exception):
    """It is not done, for what it would do; says what to do instead."""


@dataclass(frozen=True, slots=True)
class Rewind:
    """What would be handled again, by partition: from where the group reads, and would read."""

    service: str
    now: Mapping[int, int]
    then: Mapping[int, int]
    types: Mapping[str, int]
    oldest: datetime | None

    @property
    def events(self) -> int:
        """How many events would be handled again."""
        return sum(self.types.values())


async def plan(
    kafka: KafkaSettings,
    service: str,
    since: datetime | None,
    *,
    partitions: Sequence[int],
    now: datetime,
    seconds: float,
) -> Rewind:
    """Find out what setting the group back to `since`, or to the beginning, would do.

    Raises Refused or KafkaTrouble; nothing is changed.
    """
    if effect_of(service) is None:
        raise Refused(
            f"{service} cannot be set back: what it has read stands in PostgreSQL, with what came"
            " of it; `agentctl parked redrive commands` sends single commands again"
        )
    async with cluster(kafka, seconds=seconds) as asked:
        group = await asked.group(service)
        committed = await asked.committed(service, SESSION_EVENTS.name)
    if group.members:
        raise Refused(
            f"still at work: {', '.join(group.members)}; stop {service} first, wherever it runs;"
            " what was stopped just now counts as running for some seconds more"
        )
    async with topic(kafka, SESSION_EVENTS.name, seconds=seconds) as events:
        events.require(partitions)
        bounds = await events.bounds()
        begins = {at: one.begin for at, one in bounds.items()}
        if since is not None:
            begins = dict(await events.offsets_at(since))
        then = earlier(committed, begins, bounds, partitions)
        types, oldest = await _what(events, then, committed)
    if service == SENDER and oldest and now - oldest > timedelta(days=LEDGER_DAYS):
        raise Refused(
            f"the oldest of these events is of {oldest:%Y-%m-%d}: what was sent more than"
            f" {LEDGER_DAYS} days ago the ledger may have forgotten, and people would get it twice"
        )
    return Rewind(service, {at: committed[at] for at in then}, then, types, oldest)


async def rewind(
    kafka: KafkaSettings, wanted: Rewind, *, by: str, why: str, at: datetime, seconds: float
) -> None:
    """Do it, and write it down before. Raises Refused if it is not as it was planned any more."""
    async with cluster(kafka, seconds=seconds) as asked:
        committed = await asked.committed(wanted.service, SESSION_EVENTS.name)
        if any(committed.get(one) != offset for one, offset in wanted.now.items()):
            raise Refused(f"{wanted.service} has read on meanwhile: stop it first")
        details = {"from": dict(wanted.now), "to": dict(wanted.then), "events": wanted.events}
        act = Act("replayed", at, by, f"group/{wanted.service}", why, details)
        record = OutgoingRecord(
            topic=OPERATOR_ACTS.name, value=act.encoded(), key=act.about.encode(), headers=()
        )
        async with desk(kafka) as taken:
            await taken.write([record])
        await asked.set_offsets(wanted.service, SESSION_EVENTS.name, wanted.then)


def earlier(
    committed: Mapping[int, int],
    begins: Mapping[int, int],
    bounds: Mapping[int, Bounds],
    partitions: Sequence[int],
) -> Mapping[int, int]:
    """Give from where to read again: never ahead of where a group is, since that would skip."""
    return {
        at: max(begin, bounds[at].begin)
        for at, begin in begins.items()
        if (not partitions or at in partitions)
        and max(begin, bounds[at].begin) < committed.get(at, 0)
    }


async def _what(
    events: KafkaTopic, then: Mapping[int, int], committed: Mapping[int, int]
) -> tuple[Mapping[str, int], datetime | None]:
    types: Counter[str] = Counter()
    oldest: datetime | None = None
    async for portion in events.between(then, committed):
        for one in map(seen, portion):
            types[one.kind or "(no CloudEvent)"] += 1
            if one.event and (oldest is None or one.event.time < oldest):
                oldest = one.event.time
    return types, oldest
