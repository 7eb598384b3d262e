"""I4 to I6: every reply has an outcome, every file a place, and the CRM heard of each event."""

import base64
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from chaos.bucket import Look
from chaos.facts import Facts, Reply
from chaos.platform import Platform
from chaos.store import Stored
from chaos.verdict import Verdict
from domain.values import MessageId, file_id, message_id

UNKNOWN_WAIT_S = 30.0
"""How long sender waits for a status before it sends again (its default)."""
SLACK_S = 5.0
"""From the event that tells a reply's outcome to the sender that reads it."""


def replies_once(platform: Platform, facts: Facts, published_at: Mapping[str, float]) -> Verdict:
    """Check outcomes, and how often the platform saw each reply.

    `published_at` says when an event was put on the topic, by its id, in unix seconds.
    """
    verdict = Verdict("I4", "each reply has one outcome and reached the platform at most once")
    apart: Counter[str] = Counter()
    for reply_id, reply in facts.replies.items():
        times = platform.accepted.get(reply_id, [])
        if reply.requested != 1:
            verdict.broken.append(f"reply {reply_id} is requested {reply.requested} times")
        if not reply.outcomes:
            verdict.broken.append(f"reply {reply_id} has no outcome")
        if len(times) > 1:
            if _withheld(times, reply, published_at):
                apart["sent again, its status withheld beyond the wait"] += 1
            else:
                verdict.broken.append(
                    f"reply {reply_id} reached the platform {_moments(times, reply, published_at)}"
                )
        apart["failed"] += not reply.told and bool(reply.outcomes)
        if reply.told and not times:
            verdict.broken.append(f"reply {reply_id} is called sent, the platform has it not")
    verdict.broken += [
        f"the platform has reply {reply_id}, which nobody requested"
        for reply_id in platform.accepted
        if reply_id not in facts.replies
    ]
    verdict.checked = {
        "requested": len(facts.replies),
        "accepted": sum(map(len, platform.accepted.values())),
        "outcomes": sum(bool(reply.outcomes) for reply in facts.replies.values()),
    }
    verdict.apart = dict(apart)
    return verdict


def _withheld(times: list[float], reply: Reply, published_at: Mapping[str, float]) -> bool:
    """Say whether the sender could not know better when it sent again."""
    told = min((published_at.get(str(event.id), 0.0) for event in reply.told), default=None)
    return all(
        later - earlier > UNKNOWN_WAIT_S - 1 and (told is None or told > later - SLACK_S)
        for earlier, later in pairwise(times)
    )


def _moments(times: list[float], reply: Reply, published_at: Mapping[str, float]) -> str:
    """Tell what somebody needs who looks for the cause, in seconds from the first call."""
    told = [published_at.get(str(event.id), 0.0) - times[0] for event in reply.told]
    calls = ", ".join(f"{time - times[0]:.1f}" for time in times)
    return f"{len(times)} times, at {calls} s; told at {min(told, default=-1.0):.1f} s"


async def files_settled(platform: Platform, facts: Facts, look: Look) -> Verdict:
    """Check that every file is kept with the bytes that were sent, or rejected.

    `look` gives the SHA-256 in hex of the object under a key, None when there is none.
    """
    verdict = Verdict("I5", "each file is stored, object and hash right, or rejected")
    sent = {
        str(file_id(MessageId(message_id(said.wamid)), 0)): base64.b64decode(said.sha256).hex()
        for said in platform.said.values()
        if said.sha256
    }
    reasons: Counter[str] = Counter()
    stored = 0
    for file, known in facts.files.items():
        if known.uploaded != 1 or len(known.outcomes) != 1:
            verdict.broken.append(
                f"file {file}: {known.uploaded} uploaded, {len(known.outcomes)} outcomes"
            )
            continue
        (outcome,) = known.outcomes
        if outcome.type == "file.rejected.v1":
            reasons[f"rejected: {outcome.fields.get('reason')}"] += 1
            continue
        stored += 1
        problem = await _difference(outcome, sent.get(file), look)
        if problem:
            verdict.broken.append(f"file {file}: {problem}")
    verdict.checked = {"uploaded": len(facts.files), "stored": stored}
    verdict.apart = dict(reasons)
    return verdict


async def _difference(stored: Stored, sent: str | None, look: Look) -> str | None:
    if stored.fields["sha256"] != sent:
        return "the event tells another hash than what was sent has"
    found = await look(stored.fields["key"])
    if found is None:
        return "there is no object"
    return None if found == sent else "the object has other bytes"


def crm_told(platform: Platform, facts: Facts) -> Verdict:
    """Check that the CRM took each event under its one key, always with the same words."""
    verdict = Verdict("I6", "the CRM saw each event once per idempotency key")
    taken = {
        key: [sha for status, sha in calls if status == 204]  # noqa: PLR2004 - No Content
        for key, calls in platform.crm.items()
    }
    for event in facts.notable:
        if facts.told_crm[event] != 1:
            verdict.broken.append(f"event {event} has {facts.told_crm[event]} outcomes")
        if not taken.get(event):
            verdict.broken.append(f"the CRM never took event {event}")
        elif len(set(taken[event])) > 1:
            verdict.broken.append(f"the CRM was told different things of event {event}")
    verdict.broken += [
        f"the CRM was told of {key}, which is no such event"
        for key, shas in taken.items()
        if shas and key not in facts.notable
    ]
    verdict.checked = {"events": len(facts.notable), "keys": len(taken)}
    verdict.apart = {
        "repeats under the same key": sum(max(0, len(shas) - 1) for shas in taken.values()),
        "calls refused by a fault": sum(map(len, platform.crm.values()))
        - sum(map(len, taken.values())),
    }
    return verdict
