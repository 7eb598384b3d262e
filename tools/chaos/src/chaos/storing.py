"""I1 and order: what people sent is stored once, and in the order of sending."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise

from chaos.facts import OUTCOMES, Facts
from chaos.platform import Platform, Said
from chaos.verdict import Verdict
from domain.commands import ReceiveMessage, RecordDeliveryStatus
from domain.values import command_id

RANKS = {
    "sent": OUTCOMES[0],
    "failed": OUTCOMES[1],
    "delivered": OUTCOMES[2],
    "read": OUTCOMES[3],
    "played": OUTCOMES[4],
}


def messages_once(
    platform: Platform, facts: Facts, parked: Counter[str], phone_number_id: str
) -> Verdict:
    """Check that every message answered 200 is stored or parked once, and no other twice."""
    verdict = Verdict("I1 messages", "each message answered 200 is stored or parked exactly once")
    for said in platform.said.values():
        command = command_id(ReceiveMessage.TYPE, phone_number_id, said.wamid)
        times = len(facts.received.get(said.message_id, ())) + parked[str(command)]
        answered = platform.answered[said.wamid] > 0
        if times > 1 or (answered and times < 1):
            verdict.broken.append(f"message {said.message_id} is kept {times} times")
    verdict.checked = {"answered": len(platform.answered_messages())}
    repeats = sum(times - 1 for times in platform.answered.values() if times)
    verdict.apart = {
        "repeats": repeats,
        "never answered": len(platform.said) - len(platform.answered_messages()),
    }
    return verdict


def statuses_once(
    platform: Platform, facts: Facts, parked: Counter[str], phone_number_id: str
) -> Verdict:
    """Check that every status answered 200 led to its event, or was outranked."""
    verdict = Verdict("I1 statuses", "each status answered 200 led to its event or was outranked")
    outranked = 0
    for (wamid, status, reply_id), shown in platform.statuses.items():
        seen = facts.replies[reply_id].outcomes if reply_id in facts.replies else Counter[str]()
        rank = OUTCOMES.index(RANKS[status])
        command = command_id(RecordDeliveryStatus.TYPE, phone_number_id, wamid, status)
        if any(seen[outcome] for outcome in OUTCOMES[rank:]):
            outranked += not seen[OUTCOMES[rank]]
        elif not parked[str(command)]:
            verdict.broken.append(f"{status} of reply {reply_id}, named by {shown}, had no effect")
    for reply_id, reply in facts.replies.items():
        verdict.broken += [
            f"{outcome} of reply {reply_id} is stored {times} times"
            for outcome, times in reply.outcomes.items()
            if times > 1
        ]
    verdict.checked = {"answered": len(platform.statuses)}
    verdict.apart = {"outranked": outranked}
    return verdict


def poison_parked(written: Mapping[str, bool], parked: Counter[str]) -> Verdict:
    """Check that what cannot be read is parked once, if Kafka acknowledged it, and else not twice.

    `written` says of each command's id whether Kafka acknowledged it.
    """
    verdict = Verdict("I1 parked", "each command that cannot be read is parked exactly once")
    for command, acknowledged in written.items():
        times = parked[command]
        if times > 1 or (acknowledged and times < 1):
            verdict.broken.append(f"command {command} is parked {times} times")
    verdict.broken += [f"command {one} is parked" for one in parked if one not in written]
    verdict.checked = {"acknowledged": sum(written.values())}
    verdict.apart = {"not acknowledged": len(written) - sum(written.values())}
    return verdict


def in_order(platform: Platform, facts: Facts) -> Verdict:
    """Check that messages whose webhooks no fault reordered are stored in the order of sending."""
    verdict = Verdict("order", "each person's messages are stored in the order of sending")
    ways: defaultdict[tuple[str, str], list[Said]] = defaultdict(list)
    for said in platform.answered_messages():
        if said.in_turn and said.message_id in facts.received:
            ways[said.by, said.key].append(said)
    pairs = elsewhere = 0
    for sequence in ways.values():
        for earlier, later in pairwise(sequence):
            first = facts.received[earlier.message_id][0]
            second = facts.received[later.message_id][0]
            if first.shard != second.shard:
                elsewhere += 1
                continue
            pairs += 1
            if first.sequence >= second.sequence:
                verdict.broken.append(f"{later.message_id} is stored before {earlier.message_id}")
    verdict.checked = {"pairs": pairs}
    alone = sum(not said.in_turn for said in platform.answered_messages())
    verdict.apart = {"sent ahead or twice by a fault": alone, "moved to another shard": elsewhere}
    return verdict
