"""I2 and I3: versions and sequences have no holes, and the topic is the store."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import zip_longest
from uuid import UUID

from chaos.facts import Facts
from chaos.store import Shard, Stored
from chaos.topic import Record
from chaos.verdict import Verdict


def dense(facts: Facts, shards: Sequence[Shard]) -> Verdict:
    """Check versions within streams and sequences within shards."""
    verdict = Verdict("I2", "versions contiguous per stream, sequences dense per shard")
    versions: defaultdict[UUID, int] = defaultdict(int)
    for shard, events in facts.events.items():
        for place, event in enumerate(events, start=1):
            if event.sequence != place:
                verdict.broken.append(f"shard {shard} has {event.sequence} at place {place}")
                break
        for event in events:
            if event.version != versions[event.stream] + 1:
                verdict.broken.append(
                    f"stream {event.stream} has version {event.version} "
                    f"after {versions[event.stream]}"
                )
            versions[event.stream] = event.version
    verdict.broken += [
        f"shard {row.shard} counts {row.last_sequence} events"
        for row in shards
        if row.last_sequence != len(facts.events[row.shard])
    ]
    verdict.broken += [
        f"event {event} is stored {times} times" for event, times in facts.ids.items() if times > 1
    ]
    verdict.checked = {"streams": len(versions), "shards": len(shards), "events": len(facts.ids)}
    return verdict


def published(facts: Facts, records: Sequence[Record]) -> Verdict:
    """Check that each partition, read committed, is its shard: events, order and bytes."""
    verdict = Verdict("I3", "partition p of session-events is shard p, byte by byte")
    by_partition: defaultdict[int, list[Record]] = defaultdict(list)
    for record in records:
        by_partition[record.partition].append(record)
    for shard in sorted({*by_partition, *facts.events}):
        pairs = zip_longest(facts.events.get(shard, []), by_partition.get(shard, []))
        for place, (event, record) in enumerate(pairs, start=1):
            difference = _difference(event, record)
            if difference:
                found = record.headers.get("ce_sequence") if record else None
                told = f"{difference}; the record there has sequence {found}"
                verdict.broken.append(f"shard {shard}, sequence {place}: {told}")
                break
    verdict.checked = {"partitions": len(by_partition), "records": len(records)}
    return verdict


def _difference(event: Stored | None, record: Record | None) -> str | None:
    if event is None or record is None:
        return "stored, not published" if record is None else "published, not stored"
    told = record.headers
    same = {
        "id": told.get("ce_id") == str(event.id),
        "sequence": told.get("ce_sequence") == str(event.sequence),
        "type": told.get("ce_type") == event.type,
        "stream": told.get("ce_subject") == str(event.stream),
        "version": told.get("ce_streamversion") == str(event.version),
        "bytes": record.digest == event.digest,
        "key": record.key == event.fields.get("contact_id"),
    }
    return ", ".join(name for name, equal in same.items() if not equal) or None
