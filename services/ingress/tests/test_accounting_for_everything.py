"""Over ten thousand webhooks a run: whatever WhatsApp says is received, or parked with a reason."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.types import Message, Scope

from domain.codec import decode_command, encode
from domain.ports.command_log import Entry, LogEntry, ParkedWebhook
from domain.topics import SESSION_COMMANDS
from ingress.adapters.memory_command_log import MemoryCommandLog
from ingress.handlers import Door, webhook_api
from ingress.handlers.in_flight import InFlight
from ingress.use_cases.taking import TakeWebhook
from meta.envelopes import HOSTILE_MIX, NEARLY, NUMBER, VALID, Item, Sent, crowded, preferences

AT_ONCE = 20
"""Bodies an example: generating them one by one costs more than all that ingress does."""
SECRET = "the-app-secret"


def many(examples: int) -> settings:
    """Let a property be tried so often, however long that takes on a busy machine."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[phase for phase in Phase if phase is not Phase.explain],  # it takes minutes
    )


class Platform:
    """Posts to ingress without a network and looks at what was kept."""

    def __init__(self) -> None:
        self._log = MemoryCommandLog()
        self._api = webhook_api(
            Door(
                take=TakeWebhook(self._log, {NUMBER}),
                app_secret=SECRET,
                verify_token="v",
                in_flight=InFlight(64 * 1024 * 1024),
                now=lambda: datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
            )
        )

    async def post(self, body: bytes) -> tuple[int, Sequence[LogEntry]]:
        """Return the status, and what was kept because of it."""
        self._log.entries.clear()
        signed = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = [(b"x-hub-signature-256", signed.encode())]
        scope: Scope = {"type": "http", "method": "POST", "path": "/webhook", "headers": headers}
        answers: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            answers.append(message)

        await self._api(scope, receive, send)
        return answers[0]["status"], list(self._log.entries)


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform()


async def check(platform: Platform, sent: Sent) -> None:
    """Whatever is in the body can be found again: as a command, as news, or parked."""
    status, kept = await platform.post(sent.body)
    commands = [one for one in kept if isinstance(one, Entry) and one.topic is SESSION_COMMANDS]
    parked = [one for one in kept if isinstance(one, ParkedWebhook)]
    paths = [problem.path for one in parked for problem in one.problems]

    assert status == 200
    assert kept
    assert len(parked) <= 1
    assert all(one.body == sent.body for one in parked)
    assert all(problem.reason for one in parked for problem in one.problems)
    said = b"".join(one.data for one in commands)
    for one in commands:
        assert encode(decode_command(one.type, one.data)) == one.data, "as its model writes it"
    lost = [item for item in sent.items if not _received(item, said) and not _parked(item, paths)]
    assert lost == []


def _received(item: Item, said: bytes) -> bool:
    if item.id is None:
        return False
    return json.dumps(item.id, ensure_ascii=False).encode(errors="replace") in said


def _parked(item: Item, paths: Sequence[str]) -> bool:
    """Something is wrong with it, within it, or with what it stands in."""
    holders = [path.removesuffix(".object").removesuffix(".field") for path in paths]
    return any(path.startswith(item.path) or item.path.startswith(path) for path in holders)


@many(150)
@given(several=st.lists(VALID, min_size=AT_ONCE, max_size=AT_ONCE))
async def test_every_documented_shape_is_received(platform: Platform, several: list[Sent]) -> None:
    for sent in several:
        await check(platform, sent)


@many(200)
@given(several=st.lists(NEARLY, min_size=AT_ONCE, max_size=AT_ONCE))
async def test_nothing_is_lost_when_something_is_wrong_with_it(
    platform: Platform, several: list[Sent]
) -> None:
    for sent in several:
        await check(platform, sent)


@many(150)
@given(several=st.lists(HOSTILE_MIX, min_size=AT_ONCE, max_size=AT_ONCE))
async def test_nothing_is_lost_when_anything_may_be_wrong(
    platform: Platform, several: list[Sent]
) -> None:
    for sent in several:
        await check(platform, sent)


@many(15)
@given(sent=crowded())
async def test_nothing_of_a_thousand_updates_is_lost(platform: Platform, sent: Sent) -> None:
    await check(platform, sent)


@many(50)
@given(several=st.lists(preferences(), min_size=AT_ONCE, max_size=AT_ONCE))
async def test_what_people_prefer_is_kept_or_parked(
    platform: Platform, several: list[bytes]
) -> None:
    for body in several:
        status, kept = await platform.post(body)

        assert status == 200
        assert kept


@many(50)
@given(sent=st.lists(NEARLY, min_size=AT_ONCE, max_size=AT_ONCE))
async def test_a_repeat_is_the_same_commands_again(platform: Platform, sent: list[Sent]) -> None:
    for one in sent:
        first = await platform.post(one.body)
        again = await platform.post(one.body)

        assert first == again
