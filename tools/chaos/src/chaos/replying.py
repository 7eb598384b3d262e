"""I4 and the order of replies: what the platform took, against what was asked for and told."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise

from chaos.facts import Facts, Reply
from chaos.platform import Platform
from chaos.verdict import Verdict

UNKNOWN_WAIT_S = 30.0
"""How long sender waits for a status before it sends again, as the run tells it."""
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
    verdict.apart = {**apart, **dict(sorted(platform.troubles.items()))}
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


def failures_explained(platform: Platform, facts: Facts) -> Verdict:
    """Check that a reply called failed with one of Meta's codes was refused with that code."""
    verdict = Verdict("I4 failures", "each reply that failed by a code was refused with that code")
    apart: Counter[str] = Counter()
    failed = 0
    for reply_id, reply in facts.replies.items():
        for event in reply.failed:
            failed += 1
            code = event.fields.get("code")
            if code is not None and code not in platform.refused.get(reply_id, ()):
                verdict.broken.append(f"reply {reply_id} failed with {code}, which nobody said")
            apart[" ".join(str(one) for one in (event.fields.get("reason"), code) if one)] += 1
    verdict.checked = {"failed": failed}
    verdict.apart = dict(sorted(apart.items()))
    return verdict


def replies_in_order(platform: Platform, facts: Facts) -> Verdict:
    """Check that the platform first took each person's replies in the order of their requests."""
    verdict = Verdict("reply order", "each person's replies reach the platform as they were asked")
    asked: defaultdict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
    for reply_id, reply in facts.replies.items():
        if reply.request is not None and reply_id in platform.accepted_in_turn:
            whose = (str(reply.request.fields.get("contact_id")), reply.request.shard)
            asked[whose].append((reply.request.sequence, reply_id))
    pairs = 0
    for replies in asked.values():
        for (_, earlier), (_, later) in pairwise(sorted(replies)):
            pairs += 1
            if platform.accepted_in_turn[earlier] > platform.accepted_in_turn[later]:
                verdict.broken.append(f"reply {later} reached the platform before {earlier}")
    verdict.checked = {"pairs": pairs}
    return verdict
