"""Numbers whose throughput the platform raises: who is meant, and how it is heard."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.topics import ACCOUNT_UPDATES
from sender.adapters.kafka_account_updates import KafkaAccountUpdates
from sender.use_cases.pacing import Limits, Pacing, Rate
from sender.use_cases.upgrading import Upgrading
from streaming.cloudevents import CloudEvent, encode
from streaming.kafka import KafkaSettings, Publisher, broker
from streaming.testing import until

LIMITS = Limits(number=Rate(80, 1), pair=Rate(1 / 6, 45))
DISPLAYS = {"106540352242922": "+1 555-078-3881"}


@pytest.mark.parametrize("display", ["15550783881", "+1 555-078-3881", "+1 (555) 078 3881"])
def test_a_number_is_known_in_whatever_notation_it_is_told(display: str) -> None:
    pacing = Pacing(LIMITS)
    Upgrading(pacing, DISPLAYS, 1000).upgraded(display)

    assert not pacing.speed_up("106540352242922", 1000)


def test_an_upgrade_of_a_number_that_is_not_ours_speeds_up_nobody() -> None:
    pacing = Pacing(LIMITS)
    Upgrading(pacing, DISPLAYS, 1000).upgraded("15550000000")

    assert pacing.speed_up("106540352242922", 1000)


def change(field: str = "phone_number_quality_update", **value: Any) -> bytes:
    return json.dumps({"field": field, "value": value}).encode()


UPGRADE = {"event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_UNLIMITED"}


@pytest.mark.connected
class TestAccountUpdates:
    @pytest.fixture
    def settings(self, kafka: str, topic_prefix: str) -> KafkaSettings:
        return KafkaSettings(kafka, "sender-test", topic_prefix)

    @pytest.fixture
    async def publisher(self, settings: KafkaSettings) -> AsyncIterator[Publisher]:
        connection = broker(settings)
        await connection.start()
        yield Publisher(connection, settings)
        await connection.stop()

    async def tell(self, publisher: Publisher, data: bytes) -> None:
        event = CloudEvent(
            id="1", type="account.updated.v1", source="ingress", time=datetime.now(UTC), data=data
        )
        await publisher.publish(
            ACCOUNT_UPDATES.name, data, key=b"102290129340398", headers=encode(event)
        )

    @asynccontextmanager
    async def listening(self, settings: KafkaSettings) -> AsyncIterator[list[str]]:
        heard: list[str] = []
        listening = asyncio.create_task(KafkaAccountUpdates(settings, heard.append).listen())
        yield heard
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening

    async def test_an_upgrade_is_heard_at_once_and_by_who_starts_later(
        self, settings: KafkaSettings, publisher: Publisher
    ) -> None:
        async with self.listening(settings) as first, self.listening(settings) as second:
            await self.tell(publisher, change(display_phone_number="1555", **UPGRADE))
            await until(lambda: first == second == ["1555"])
        async with self.listening(settings) as later:
            await until(lambda: later == ["1555"])

    async def test_whatever_else_is_told_of_the_account_changes_nothing(
        self, settings: KafkaSettings, publisher: Publisher
    ) -> None:
        for data in (
            b"THROUGHPUT_UPGRADE",
            b'["THROUGHPUT_UPGRADE"]',
            change("history", text="THROUGHPUT_UPGRADE"),
            change(event="THROUGHPUT_UPGRADE"),
            change(event="ONBOARDING", display_phone_number="1666"),
            change(display_phone_number="1555", **UPGRADE),
        ):
            await self.tell(publisher, data)
        async with self.listening(settings) as heard:
            await until(lambda: bool(heard))

        assert heard == ["1555"]


@pytest.mark.connected
async def test_while_kafka_is_away_listening_goes_on() -> None:
    listening = asyncio.create_task(
        KafkaAccountUpdates(KafkaSettings("127.0.0.1:1", "test"), lambda _: None).listen()
    )
    done, _ = await asyncio.wait([listening], timeout=0.5)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening

    assert not done
