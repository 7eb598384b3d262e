"""A reply is not sent again while its status may stand in what is still to be read."""

import asyncio
import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from stage import PARTITION
from world import NOON, World, restarted

from domain.commands import RecordReplyFailed
from domain.events import ReplyDelivered, ReplyRequested
from domain.ports.outlook import NewsUnavailable
from domain.ports.sending import OutcomeUnknown
from domain.topics import SESSION_EVENTS
from sender.adapters.kafka_outlook import KafkaOutlook
from sender.handlers import OUTCOMES
from sender.use_cases.catching_up import CatchingUp
from sender.use_cases.sending import Policy
from streaming.kafka import KafkaSettings

Ask = Callable[..., ReplyRequested]
ANA, BEN = uuid4(), uuid4()


def delivered(request: ReplyRequested) -> ReplyDelivered:
    about = request.model_dump(include={"contact_id", "session_id", "reply_id"})
    return ReplyDelivered(**about, at=NOON)


@pytest.mark.parametrize("preferred", ["resend", "fail"])
async def test_a_status_that_was_not_read_yet_settles_what_was_unknown(
    world: World, ask: Ask, preferred: str
) -> None:
    await restarted(world, policy=Policy(unknown=preferred))  # type: ignore[arg-type]
    world.platform.failures = [OutcomeUnknown("no-answer")]
    lost = ask(contact=ANA, text="lost")
    await world.happens(lost, ask(contact=ANA, text="next"))
    world.is_written(ask(contact=BEN), delivered(lost))
    await world.pass_time(200)

    assert world.texts == ["next"]
    assert not any(isinstance(outcome, RecordReplyFailed) for outcome in world.told)


async def test_after_a_crash_a_status_that_was_not_read_yet_settles_it_as_well(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [OutcomeUnknown("no-answer")]
    lost = ask(contact=ANA, text="lost")
    await world.happens(lost)
    await world.restart()
    world.is_written(delivered(lost))
    await world.pass_time(200)

    assert world.platform.calls == 1
    assert world.told == []


async def test_while_nothing_can_be_read_ahead_nothing_is_sent_again(
    world: World, ask: Ask
) -> None:
    world.platform.failures = [OutcomeUnknown("no-answer")]
    await world.happens(ask(contact=ANA, text="lost"))
    world.away = True
    await world.pass_time(600)
    calls_meanwhile = world.platform.calls
    world.away = False
    await world.pass_time(40)

    assert calls_meanwhile == 1
    assert world.texts == ["lost"]


async def test_who_asks_while_it_is_read_waits_for_the_next_time() -> None:
    looks: list[asyncio.Event] = []

    class Slow:
        async def look(self, _: int) -> None:
            looks.append(asyncio.Event())
            await looks[-1].wait()

    catch_up = CatchingUp(Slow())
    first = asyncio.create_task(catch_up(0))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(catch_up(0)) for _ in range(20)]
    await asyncio.sleep(0.01)
    looks[0].set()
    await first
    done_too_early = [other for other in others if other.done()]
    await asyncio.sleep(0.01)
    looks[1].set()
    await asyncio.gather(*others)

    assert done_too_early == []
    assert len(looks) == 2


async def test_who_gives_up_asking_takes_the_answer_from_nobody() -> None:
    may_fail = asyncio.Event()

    class Failing:
        async def look(self, _: int) -> None:
            await may_fail.wait()
            raise NewsUnavailable

    catch_up = CatchingUp(Failing())
    one, other = (asyncio.create_task(catch_up(0)) for _ in range(2))
    await asyncio.sleep(0.01)
    one.cancel()
    await asyncio.wait([one])
    may_fail.set()

    with pytest.raises(NewsUnavailable):
        await other


@pytest.mark.connected
@pytest.mark.parametrize("begin", [0, 3])
async def test_events_are_read_to_the_end_of_the_partition_as_session_core_writes_them(
    kafka: str, topic_prefix: str, begin: int
) -> None:
    settings = KafkaSettings(kafka, "sender-1", topic_prefix)
    topic, heard = settings.topic(SESSION_EVENTS.name), list[str]()
    outlook = KafkaOutlook(
        settings,
        topic,
        OUTCOMES,
        lambda _: begin,
        lambda _, data: heard.append(json.loads(data)["reply_id"]),
    )
    await outlook.look(PARTITION)
    async with AIOKafkaProducer(
        bootstrap_servers=kafka, transactional_id=topic_prefix + "core"
    ) as producer:
        for number, kind in enumerate([OUTCOMES[0], "reply.requested.v1", OUTCOMES[1]]):
            async with producer.transaction():
                await producer.send(
                    topic,
                    json.dumps({"reply_id": str(number)}).encode(),
                    partition=PARTITION,
                    headers=[("ce_type", kind.encode())],
                )
    await outlook.look(PARTITION)

    assert heard == (["0", "2"] if begin == 0 else ["2"])


@pytest.mark.connected
async def test_a_topic_that_cannot_be_reached_says_so(topic_prefix: str) -> None:
    nowhere = KafkaSettings("127.0.0.1:1", "sender-1", topic_prefix)
    outlook = KafkaOutlook(nowhere, "events", OUTCOMES, lambda _: 0, lambda *_: None)

    with pytest.raises(NewsUnavailable):
        await outlook.look(0)
