"""I1: what became of every command that the log still holds."""

from collections.abc import Sequence

from domain import commands
from domain.ports.command_source import Delivery
from domain.ports.event_store import ParkedCommand
from domain.ports.verifying import Books, Fate, Horizon, Sighting, StoreAudit, TopicHistory
from domain.session.outcomes import RANK, STATUSES
from session_core.use_cases.findings import MOST_KEPT, Findings
from session_core.use_cases.parsing import parse
from streaming.counting import counted

Figures = dict[str, int | float]


async def check_commands(
    audit: StoreAudit,
    topic: TopicHistory,
    horizons: Sequence[Horizon],
    figures: Figures,
    findings: Findings,
) -> None:
    """Compare the log of commands with the events that it led to."""
    logs = await topic.bounds()
    if len(logs) != len(horizons):
        partitions, shards = counted(len(logs), "partition"), counted(len(horizons), "shard")
        findings.add(f"session-commands has {partitions}, the store {shards}")
    records = events = copies = 0
    async with audit.books() as books:
        for horizon in horizons:
            if horizon.shard in logs:
                async for portion in topic.read(horizon.shard):
                    sightings = [_sighting(one, horizon.next_offset) for one in portion]
                    noted = [one for one in sightings if one is not None]
                    await books.note(noted)
                    records += len(portion)
                    copies += sum(one.kind == "message" and one.due for one in noted)
            events += await books.gather(horizon)
        await _judge(books, findings)
        fate = await books.fate(limit=MOST_KEPT)
    _tell(fate, findings)
    figures.update(records=records, events=events, message_records=copies)
    figures.update(_figures(fate))


def _sighting(delivery: Delivery, next_offset: int) -> Sighting | None:
    due = delivery.offset < next_offset
    request = parse(delivery)
    if isinstance(request, ParkedCommand):
        return Sighting(delivery.shard, delivery.offset, due, "unreadable", None)
    place, identity = (delivery.shard, delivery.offset), request.occasion.command_id
    match request.command:
        case commands.ReceiveMessage():
            return Sighting(*place, due, "message", identity)
        case commands.RecordDeliveryStatus() as said:
            status = STATUSES.get(said.status)
            rank = RANK[status] if status is not None else None
            return Sighting(*place, due, "status", identity, said.reply_id, rank)
        case _:
            return None


async def _judge(books: Books, findings: Findings) -> None:
    for event in await books.repeated_events(limit=MOST_KEPT):
        findings.add(f"event id {event} is there more than once")
    for command in await books.repeated_messages(limit=MOST_KEPT):
        findings.add(f"command {command} led to more than one message.received")


def _tell(fate: Fate, findings: Findings) -> None:
    for command in fate.lost_messages:
        findings.add(f"message.receive {command} led to no event and is not parked")
    for command in fate.lost_statuses:
        findings.add(f"delivery-status.record {command} is neither recorded nor outranked")
    for shard, offset in fate.lost_records:
        findings.add(f"offset {offset} of shard {shard} cannot be read and is not parked")


def _figures(fate: Fate) -> Figures:
    return {
        "messages": fate.messages,
        "messages_decided": fate.messages_decided,
        "messages_parked": fate.messages_parked,
        "statuses": fate.statuses,
        "statuses_recorded": fate.statuses_recorded,
        "statuses_outranked": fate.statuses_outranked,
        "statuses_of_others": fate.statuses_of_others,
        "statuses_parked": fate.statuses_parked,
        "unreadable": fate.unreadable,
        "unreadable_parked": fate.unreadable_parked,
        "parked": fate.parked,
    }
