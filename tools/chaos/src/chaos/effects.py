"""I5 and I6: every file has a place, and the CRM heard of each event."""

import base64
from collections import Counter

from chaos.bucket import Look
from chaos.facts import Facts
from chaos.platform import Platform
from chaos.store import Stored
from chaos.verdict import Verdict
from domain.values import MessageId, file_id, message_id


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
