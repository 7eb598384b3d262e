"""Each promise is kept in a world without faults, and found broken where it is broken."""

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from chaos import effects, publishing, replying, storing
from chaos.testing import NUMBER, PHOTO, WAMID, World, record_of, without
from chaos.verdict import Verdict
from domain.commands import ReceiveMessage
from domain.values import command_id, message_id

FEW = {"order", "reply order", "I4 failures"}
"""What one message and one reply say nothing of."""
NOBODY: Counter[str] = Counter()


async def look(_key: str) -> str | None:
    return PHOTO.hexdigest()


async def look_in_vain(_key: str) -> str | None:
    return None


async def look_at_other_bytes(_key: str) -> str | None:
    return "00"


def messages(world: World, parked: Counter[str] = NOBODY) -> Verdict:
    return storing.messages_once(world.platform(), world.facts(), parked, NUMBER)


def statuses(world: World) -> Verdict:
    return storing.statuses_once(world.platform(), world.facts(), NOBODY, NUMBER)


def replies(world: World, published_at: float = 0.0) -> Verdict:
    times = {str(event.id): published_at for event in world.events}
    return replying.replies_once(world.platform(), world.facts(), times)


async def test_a_world_without_faults_keeps_every_promise(world: World) -> None:
    files = await effects.files_settled(world.platform(), world.facts(), look)

    for verdict in (
        messages(world),
        statuses(world),
        storing.in_order(world.platform(), world.facts()),
        publishing.dense(world.facts(), world.shards()),
        publishing.published(world.facts(), world.records()),
        replies(world),
        replying.failures_explained(world.platform(), world.facts()),
        replying.replies_in_order(world.platform(), world.facts()),
        files,
        effects.crm_told(world.platform(), world.facts()),
    ):
        assert (verdict.name, verdict.broken) == (verdict.name, [])
        assert sum(verdict.checked.values()) > 0 or verdict.name in FEW


def test_a_message_that_was_answered_and_not_stored_is_lost(world: World) -> None:
    world.events = without(world.events, "message.received")

    assert not messages(world).holds


def test_a_message_that_is_stored_twice_is_doubled(world: World) -> None:
    world.event("message.received", message_id=world.events[0].fields["message_id"])

    assert not messages(world).holds


def test_a_message_that_was_never_answered_may_be_absent_or_stored_but_not_twice(
    world: World,
) -> None:
    world.writes("wamid.two")
    absent = messages(world)
    for _ in range(2):
        world.event("message.received", message_id=str(message_id("wamid.two")))

    assert absent.holds
    assert absent.apart["never answered"] == 1
    assert not messages(world).holds


def test_a_message_that_is_parked_instead_of_stored_is_not_lost(world: World) -> None:
    world.events = without(world.events, "message.received")
    command = str(command_id(ReceiveMessage.TYPE, NUMBER, WAMID))

    assert messages(world, Counter({command: 1})).holds
    assert not messages(world, Counter({command: 2})).holds


def test_what_nobody_can_read_is_parked_once_and_nothing_else_is() -> None:
    written = {"acknowledged": True, "in doubt": False}

    assert storing.poison_parked(written, Counter({"acknowledged": 1})).holds
    assert storing.poison_parked(written, Counter({"acknowledged": 1, "in doubt": 1})).holds
    assert not storing.poison_parked(written, NOBODY).holds
    assert not storing.poison_parked(written, Counter({"acknowledged": 2})).holds
    assert not storing.poison_parked(written, Counter({"acknowledged": 1, "in doubt": 2})).holds
    assert not storing.poison_parked(written, Counter({"acknowledged": 1, "other": 1})).holds


def test_a_status_without_effect_is_lost(world: World) -> None:
    world.events = without(world.events, "reply.read")

    assert not statuses(world).holds


def test_a_status_that_a_later_one_outranks_needs_no_event(world: World) -> None:
    world.events = without(world.events, "reply.delivered")

    assert statuses(world).holds
    assert statuses(world).apart["outranked"] == 1


def test_a_status_that_is_stored_twice_is_doubled(world: World) -> None:
    world.event("reply.read", reply_id=world.events[2].fields["reply_id"])

    assert not statuses(world).holds


def test_messages_that_changed_places_are_found(world: World) -> None:
    for wamid in ("wamid.2", "wamid.3"):
        world.writes(wamid)
        world.line("answered", lane="ana", wamid=wamid, shown="both")
    for wamid in ("wamid.3", "wamid.2"):
        world.event("message.received", message_id=str(message_id(wamid)))

    assert not storing.in_order(world.platform(), world.facts()).holds


def test_messages_that_a_fault_sent_ahead_may_change_places(world: World) -> None:
    for wamid in ("wamid.2", "wamid.3"):
        world.writes(wamid, way="alone")
        world.line("answered", lane="ana", wamid=wamid, shown="both")
    for wamid in ("wamid.3", "wamid.2"):
        world.event("message.received", message_id=str(message_id(wamid)))

    verdict = storing.in_order(world.platform(), world.facts())
    assert verdict.holds
    assert verdict.apart["sent ahead or twice by a fault"] == 2


def test_a_hole_in_a_shard_or_a_stream_is_found(world: World) -> None:
    hole = world.events[:2] + world.events[3:]
    world.events = hole

    broken = publishing.dense(world.facts(), world.shards()).broken
    assert any("at place 3" in line for line in broken)
    assert any("version 4 after 2" in line for line in broken)


def test_a_shard_that_counts_otherwise_than_it_holds_is_found(world: World) -> None:
    shards = [replace(shard, last_sequence=99) for shard in world.shards()]

    assert not publishing.dense(world.facts(), shards).holds


def test_an_event_id_that_is_there_twice_is_found(world: World) -> None:
    world.event("contact.identified", stream=UUID(int=9), shard=1)
    world.events[-1] = replace(world.events[-1], id=world.events[0].id)

    assert not publishing.dense(world.facts(), world.shards()).holds


@pytest.mark.parametrize(
    "change",
    [
        {"ce_id": "other"},
        {"ce_sequence": "2"},
        {"ce_type": "other"},
        {"ce_subject": "other"},
        {"ce_streamversion": "7"},
    ],
)
def test_a_published_event_that_differs_from_the_stored_one_is_found(
    change: dict[str, str], world: World
) -> None:
    records = world.records()
    records[0] = record_of(world.events[0], **change)

    assert not publishing.published(world.facts(), records).holds


def test_other_bytes_or_another_key_on_the_topic_are_found(world: World) -> None:
    bytes_differ, key_differs = world.records(), world.records()
    bytes_differ[1] = replace(bytes_differ[1], digest=b"other")
    key_differs[1] = replace(key_differs[1], key="other")

    assert not publishing.published(world.facts(), bytes_differ).holds
    assert not publishing.published(world.facts(), key_differs).holds


def test_an_event_published_twice_not_at_all_or_out_of_turn_is_found(world: World) -> None:
    records = world.records()
    facts = world.facts()

    assert not publishing.published(facts, [*records, records[-1]]).holds
    assert not publishing.published(facts, records[:-1]).holds
    assert not publishing.published(facts, [records[1], records[0], *records[2:]]).holds


def test_a_reply_without_outcome_is_found(world: World) -> None:
    for outcome in ("sent", "delivered", "read"):
        world.events = without(world.events, f"reply.{outcome}")

    assert any("no outcome" in line for line in replies(world).broken)


def test_a_reply_that_the_platform_got_twice_is_doubled(world: World) -> None:
    first = next(line for line in world.lines if line["what"] == "accepted")
    world.lines.append({**first, "at": first["at"] + 61})

    assert not replies(world).holds


def test_a_reply_sent_again_after_its_status_was_withheld_is_counted_apart(world: World) -> None:
    first = next(line for line in world.lines if line["what"] == "accepted")
    world.lines.append({**first, "at": first["at"] + 61})
    verdict = replies(world, published_at=first["at"] + 70)

    assert verdict.holds
    assert verdict.apart["sent again, its status withheld beyond the wait"] == 1


def test_a_reply_sent_again_before_the_wait_is_over_is_doubled_whatever_was_withheld(
    world: World,
) -> None:
    first = next(line for line in world.lines if line["what"] == "accepted")
    world.lines.append({**first, "at": first["at"] + 10})

    assert not replies(world, published_at=first["at"] + 40).holds


def test_a_reply_called_sent_that_no_phone_got_is_found(world: World) -> None:
    world.lines = [line for line in world.lines if line["what"] != "accepted"]

    assert not replies(world).holds


def test_a_reply_that_nobody_requested_is_found(world: World) -> None:
    world.line("accepted", lane="ana", wamid="w", reply_id="nobody's", message={})

    assert not replies(world).holds


def asks(world: World, *replies: str) -> None:
    for reply in replies:
        world.event("reply.requested", reply_id=reply)


def takes(world: World, *replies: str, **more: Any) -> None:
    for reply in replies:
        world.line("accepted", lane="ana", wamid="w", reply_id=reply, message={}, **more)


def order(world: World) -> Verdict:
    return replying.replies_in_order(world.platform(), world.facts())


def test_replies_that_changed_places_are_found(world: World) -> None:
    asks(world, "first", "second")
    takes(world, "second", "first")

    assert order(world).broken == ["reply second reached the platform before first"]


def test_a_reply_that_is_sent_again_behind_a_later_one_changes_no_places(world: World) -> None:
    asks(world, "first", "second")
    takes(world, "first", "second", "first")

    assert order(world).holds
    assert order(world).checked == {"pairs": 2}


def test_a_reply_that_nobody_got_changes_no_places(world: World) -> None:
    asks(world, "first", "second", "third")
    takes(world, "first", "third")

    assert order(world).holds


def test_replies_of_different_people_have_no_order(world: World) -> None:
    world.event("reply.requested", reply_id="ana's", contact_id="ana")
    world.event("reply.requested", reply_id="ben's", contact_id="ben")
    takes(world, "ben's", "ana's")

    assert order(world).holds


@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
def test_a_reply_that_failed_by_the_code_with_which_it_was_refused_is_explained(
    world: World, *, later: bool
) -> None:
    asks(world, "r")
    if later:
        takes(world, "r", fails=131026)
    else:
        world.line("refused", reply_id="r", code=131026)
    world.event("reply.failed", reply_id="r", reason="refused", code=131026)

    verdict = replying.failures_explained(world.platform(), world.facts())
    assert verdict.holds
    assert verdict.apart == {"refused 131026": 1}


def test_what_sender_met_is_counted_apart(world: World) -> None:
    world.line("unreached", reply_id="r")
    world.line("refused", reply_id="r", code=131056)
    takes(world, "r", fails=131026, answered=False)
    asks(world, "r")
    world.event("reply.sent", reply_id="r")

    assert replies(world).holds
    assert replies(world).apart == {
        "answers lost": 1,
        "calls lost": 1,
        "failed later 131026": 1,
        "refused 131056": 1,
    }


def test_a_reply_that_failed_by_a_code_that_nobody_said_is_found(world: World) -> None:
    asks(world, "r")
    world.line("refused", reply_id="r", code=131056)
    world.event("reply.failed", reply_id="r", reason="refused", code=131026)

    assert not replying.failures_explained(world.platform(), world.facts()).holds


def test_a_reply_that_failed_without_a_code_is_counted_by_its_reason(world: World) -> None:
    asks(world, "r")
    world.event("reply.failed", reply_id="r", reason="window-closed")

    verdict = replying.failures_explained(world.platform(), world.facts())
    assert (verdict.holds, verdict.apart) == (True, {"window-closed": 1})


async def test_a_file_without_object_or_with_other_bytes_is_found(world: World) -> None:
    platform, facts = world.platform(), world.facts()

    assert not (await effects.files_settled(platform, facts, look_in_vain)).holds
    assert not (await effects.files_settled(platform, facts, look_at_other_bytes)).holds


async def test_a_file_without_outcome_is_found(world: World) -> None:
    world.events = without(world.events, "file.stored")

    assert not (await effects.files_settled(world.platform(), world.facts(), look)).holds


async def test_a_rejected_file_is_counted_by_its_reason(world: World) -> None:
    file = world.events[1].fields["file_id"]
    world.events = without(world.events, "file.stored")
    world.event("file.rejected", file_id=file, reason="media-expired")
    verdict = await effects.files_settled(world.platform(), world.facts(), look)

    assert verdict.holds
    assert verdict.apart == {"rejected: media-expired": 1}


def test_an_event_that_the_crm_never_took_is_found(world: World) -> None:
    world.lines[-1] = {**world.lines[-1], "answered": 500}

    assert not effects.crm_told(world.platform(), world.facts()).holds


def test_a_crm_that_is_told_other_words_under_the_same_key_is_found(world: World) -> None:
    world.lines.append({**world.lines[-1], "sha256": "other"})

    assert not effects.crm_told(world.platform(), world.facts()).holds


def test_a_repeat_under_the_same_key_with_the_same_words_is_counted_apart(world: World) -> None:
    world.lines.append(world.lines[-1])
    verdict = effects.crm_told(world.platform(), world.facts())

    assert verdict.holds
    assert verdict.apart["repeats under the same key"] == 1
