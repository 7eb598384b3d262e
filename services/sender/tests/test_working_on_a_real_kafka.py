"""From `session-events` to the platform and back to `session-commands`, crashes included."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from stage import PARTITION, Core, Graph, killed_afterwards, running

from devstack.ports import free_port
from domain.events import ReplyRequested, ReplySent, SentMessage
from domain.ports.sending_ledger import LedgerEntry
from domain.topics import PARKED_BY_SENDER, SESSION_COMMANDS, SESSION_EVENTS
from sender.adapters.kafka_ledger import KafkaLedger
from sender.app import build
from sender.settings import Settings
from streaming.kafka import KafkaSettings
from streaming.late_kafka import begun_before_kafka
from streaming.service import Service
from streaming.testing import until

pytestmark = [pytest.mark.connected, pytest.mark.timeout(240)]

Ask = Callable[..., ReplyRequested]


async def test_replies_of_one_person_keep_their_order_while_people_are_served_together(
    settings: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    people = [uuid4() for _ in range(10)]
    requests = [ask_now(contact=who, text=f"{who} {n:02}") for n in range(5) for who in people]
    for request in requests:
        await core.happens(request)
    async with running(settings):
        sent = await core.sent_replies(50)

    assert Counter(sent) == Counter(str(request.reply_id) for request in requests)
    assert Counter(graph.calls) == Counter(sent)
    for who in people:
        of_one = [text for text in graph.texts if text.startswith(str(who))]
        assert of_one == [f"{who} {n:02}" for n in range(5)]
    assert graph.most_at_once > 1


async def test_an_unreadable_request_is_parked_and_the_next_one_sent(
    settings: dict[str, Any], core: Core, ask_now: Ask
) -> None:
    person = uuid4()
    bad, good = ask_now(contact=person), ask_now(contact=person)
    await core.happens(bad, data=b'{"personal": "Ana')
    await core.happens(good)
    async with running(settings):
        sent = await core.sent_replies(1)
        [parked] = await core.read(PARKED_BY_SENDER, 1)

    assert sent == [str(good.reply_id)]
    assert parked.value == b'{"personal": "Ana'
    assert b"Ana" not in dict(parked.headers)["park-reason"]


async def test_after_a_kill_in_the_call_the_status_settles_it_and_nothing_goes_out_twice(
    settings: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    person = uuid4()
    first, second = ask_now(contact=person), ask_now(contact=person)
    graph.answers.clear()
    async with killed_afterwards(settings):
        await core.happens(first)
        await core.happens(second)
        await graph.called.wait()
    graph.answers.set()
    await core.happens(
        ReplySent(
            contact_id=first.contact_id,
            session_id=first.session_id,
            reply_id=first.reply_id,
            personal=SentMessage(wamid="wamid.1"),
        )
    )
    async with running(settings):
        sent = await core.sent_replies(1)

    assert sent == [str(second.reply_id)]
    assert graph.calls == [str(first.reply_id), str(second.reply_id)]


async def test_after_a_kill_in_the_call_and_no_status_the_reply_is_sent_again(
    settings: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    request = ask_now()
    graph.answers.clear()
    async with killed_afterwards(settings):
        await core.happens(request)
        await graph.called.wait()
    graph.answers.set()
    async with running(settings | {"unknown_wait": 0.5}):
        sent = await core.sent_replies(1)

    assert sent == [str(request.reply_id)]
    assert graph.calls == [str(request.reply_id)] * 2


async def test_a_waiting_person_stops_neither_others_nor_the_reading(
    settings: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    lost = ask_now()
    graph.answers.clear()
    async with killed_afterwards(settings):
        await core.happens(lost)
        await graph.called.wait()
    graph.answers.set()
    others = [ask_now() for _ in range(20)]
    async with running(settings):
        for other in others:
            await core.happens(other)
        sent = await core.sent_replies(20)

    assert set(sent) == {str(other.reply_id) for other in others}
    assert graph.calls.count(str(lost.reply_id)) == 1


async def test_a_reply_that_the_ledger_knows_as_accepted_is_not_sent_again(
    settings: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    person = uuid4()
    told, fresh = ask_now(contact=person), ask_now(contact=person)
    kafka = KafkaSettings(settings["kafka_bootstrap_servers"], "test", settings["topic_prefix"])
    accepted = LedgerEntry("accepted", attempt=1, offset=0)
    ledger = KafkaLedger(kafka)
    await ledger.load({PARTITION: 0})
    await ledger.write(told.reply_id, accepted, partition=PARTITION)
    await ledger.close()
    await core.happens(told)
    await core.happens(fresh)
    async with running(settings):
        sent = await core.sent_replies(1)

    assert sent == graph.calls == [str(fresh.reply_id)]


async def test_an_instance_that_joins_midway_doubles_nothing_and_loses_nothing(
    settings: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    requests = [(ask_now(), number % SESSION_EVENTS.partitions) for number in range(120)]
    async with running(settings):
        for request, partition in requests[:60]:
            await core.happens(request, partition=partition)
        async with running(settings | {"instance_id": "sender-2"}):
            for request, partition in requests[60:]:
                await core.happens(request, partition=partition)
            sent = await core.sent_replies(120)

    assert set(sent) == {str(request.reply_id) for request, _ in requests}
    assert Counter(graph.calls).most_common(1)[0][1] == 1


async def test_a_sender_whose_page_was_taken_by_mistake_takes_it_back_and_goes_on(
    settings: dict[str, Any], core: Core, ask_now: Ask
) -> None:
    kafka = KafkaSettings(settings["kafka_bootstrap_servers"], "test", settings["topic_prefix"])
    mistaken = KafkaLedger(kafka)
    async with running(settings):
        await core.happens(ask_now())
        await core.sent_replies(1)
        await mistaken.load({PARTITION: 0})
        requests = [ask_now() for _ in range(5)]
        for request in requests:
            await core.happens(request)
        sent = await core.sent_replies(5)
    await mistaken.close()

    assert sorted(sent) == sorted(str(request.reply_id) for request in requests)


async def test_a_sender_that_stood_still_sends_nothing_that_its_successor_has_sent(
    settings: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    """Stopped for longer than its session, with a reply of each person waiting for its turn."""
    settings |= {"limits": True, "pair_seconds": 6, "pair_burst": 1, "unknown": "fail"}
    settings["defer_after"] = 60  # all wait in memory
    people = [uuid4() for _ in range(20)]
    for request in [ask_now(contact=who) for _ in range(3) for who in people]:
        await core.happens(request)
    async with killed_afterwards(settings) as sleeper:
        await core.read(SESSION_COMMANDS, 20)
        sleeper.send_signal(signal.SIGSTOP)
        async with running(settings | {"instance_id": "sender-2", "unknown_wait": 0.5}):
            await until(lambda: len(set(graph.calls)) == 60, within=120)
            sleeper.send_signal(signal.SIGCONT)
            await asyncio.sleep(10)
    twice = [reply for reply, count in Counter(graph.calls).items() if count > 1]

    assert twice == []


async def test_a_restart_after_everything_was_sent_sends_nothing(
    settings: dict[str, Any], core: Core, graph: Graph, ask_now: Ask
) -> None:
    async with running(settings):
        await core.happens(ask_now())
        await core.sent_replies(1)
    async with running(settings):
        more = await core.has_more(SESSION_COMMANDS)

    assert not more
    assert len(graph.calls) == 1


async def test_the_process_ends_with_0_when_told_to_stop_and_logs_nothing_personal(
    settings: dict[str, Any], core: Core, ask_now: Ask
) -> None:
    pipes = {"stdout": asyncio.subprocess.PIPE, "stderr": asyncio.subprocess.STDOUT}
    async with killed_afterwards(settings | {"log_level": "debug"}, **pipes) as process:
        await core.happens(ask_now(text="secret words", to="15550009999"))
        await core.sent_replies(1)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            output, _ = await process.communicate()

    assert process.returncode == 0
    lines = [json.loads(line) for line in output.decode().splitlines()]
    assert any(line["event"] == "reply.accepted" for line in lines)
    for personal in (b"secret words", b"15550009999", b"wamid", b"a-token"):
        assert personal not in output


async def test_begun_before_kafka_it_waits_says_so_and_then_sends(
    settings: dict[str, Any], kafka: str, core: Core, ask_now: Ask
) -> None:
    port = free_port()

    def service(address: str) -> Service:
        chosen = {**settings, "kafka_bootstrap_servers": address, "port": port}
        return build(Settings.model_validate(chosen))

    request = ask_now()
    await core.happens(request)
    async with begun_before_kafka(service, port, kafka):
        sent = await core.sent_replies(1)

    assert sent == [str(request.reply_id)]
