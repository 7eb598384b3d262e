"""What a receiver of our webhooks sees and can rely on."""

import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some
from standardwebhooks import Webhook

from crm_notifier.adapters.signed_webhook import SignedWebhook
from crm_notifier.adapters.webhook_signature import sign, signing_key
from domain.events import SessionCompleted
from domain.ports.crm import CrmUnavailable, Notable
from domain.values import EventId

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
URL = "https://crm.test/hooks?token=t0k3n"


async def nothing() -> AsyncIterator[bytes]:
    yield b""


class Wire:
    """Keeps what was posted; answers by the prepared statuses, then 204."""

    def __init__(self, *statuses: int) -> None:
        self.posts: list[httpx.Request] = []
        self._statuses = iter(statuses)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.posts.append(request)
        return httpx.Response(next(self._statuses, 204), content=nothing())


def webhook(wire: Wire, secret: str, clock: Iterator[datetime] | None = None) -> SignedWebhook:
    http = httpx.AsyncClient(transport=httpx.MockTransport(wire))
    times = clock or iter(lambda: NOW, None)
    return SignedWebhook(http, URL, signing_key(secret), now=lambda: next(times))


async def test_the_body_says_what_happened_when_and_to_whom(
    completed: SessionCompleted, event_id: EventId, at: datetime, secret: str
) -> None:
    wire = Wire()

    await webhook(wire, secret).tell(completed, event_id=event_id, at=at)

    assert json.loads(wire.posts[0].content) == {
        "type": "session.completed",
        "timestamp": "2026-11-23T09:30:15.250000+00:00",
        "data": {
            "contact_id": str(completed.contact_id),
            "session_id": str(completed.session_id),
            "phone_number_id": completed.phone_number_id,
            "flow": "claim",
            "outcome": "completed",
            "personal": {"answers": {"name": "Ana Lima", "policy": "PL-204417"}},
        },
    }


async def test_types_are_written_as_the_standard_allows(
    notable: tuple[Notable, ...], event_id: EventId, at: datetime, secret: str
) -> None:
    wire = Wire()
    crm = webhook(wire, secret)
    for event in notable:
        await crm.tell(event, event_id=event_id, at=at)

    assert [json.loads(post.content)["type"] for post in wire.posts] == [
        "contact.identified",
        "contact.name_released",
        "contact.merged",
        "contact.absorbed",
        "session.initiated",
        "session.handed_off",
        "session.completed",
        "file.stored",
        "contact.opted_out",
        "contact.opted_in",
        "contact.erased",
    ]


async def test_each_attempt_is_stamped_and_signed_anew_under_one_id(
    completed: SessionCompleted, event_id: EventId, at: datetime, secret: str
) -> None:
    wire = Wire(500)
    ticks = (NOW + timedelta(seconds=second) for second in count())
    crm = webhook(wire, secret, ticks)
    with pytest.raises(CrmUnavailable):
        await crm.tell(completed, event_id=event_id, at=at)
    await crm.tell(completed, event_id=event_id, at=at)
    first, second = (post.headers for post in wire.posts)

    assert first["webhook-id"] == second["webhook-id"] == str(event_id)
    assert int(second["webhook-timestamp"]) > int(first["webhook-timestamp"])
    assert second["webhook-signature"] != first["webhook-signature"]
    assert wire.posts[0].content == wire.posts[1].content


async def test_the_call_is_json_posted_to_the_whole_address(
    completed: SessionCompleted, event_id: EventId, at: datetime, secret: str
) -> None:
    wire = Wire()

    await webhook(wire, secret).tell(completed, event_id=event_id, at=at)

    assert (wire.posts[0].method, str(wire.posts[0].url)) == ("POST", URL)
    assert wire.posts[0].headers["content-type"] == "application/json"


@given(
    key=some.binary(min_size=24, max_size=64),
    body=some.text(),
    at=some.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=some.just(UTC)),  # noqa: DTZ001 hypothesis adds the zone
)
def test_signatures_are_those_of_the_reference_implementation(
    key: bytes, body: str, at: datetime
) -> None:
    reference = Webhook(key).sign("event-1", at, body)
    timestamp = int(at.timestamp())

    ours = sign(key, webhook_id="event-1", timestamp=timestamp, body=body.encode())

    assert ours == reference


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_not base64!",
        "whsec_é" + "A" * 32,
        b64encode(bytes(32)).decode(),
        "whsec_" + b64encode(bytes(23)).decode(),
        "whsec_" + b64encode(bytes(65)).decode(),
    ],
    ids=["empty", "no key", "no base64", "no ASCII", "no prefix", "too short", "too long"],
)
def test_a_secret_that_cannot_sign_is_refused_without_being_quoted(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^must ") as refusal:
        signing_key(secret)
    material = secret.removeprefix("whsec_")

    assert not material or material not in str(refusal.value)
