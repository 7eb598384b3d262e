"""What a receiver of our webhooks sees and can rely on."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some
from standardwebhooks import Webhook
from yarl import URL

from crm_notifier.adapters.http_client import TIMEOUT, Answer, HttpClient
from crm_notifier.adapters.signed_webhook import SignedWebhook
from crm_notifier.adapters.webhook_signature import sign, signer
from domain.events import FileStored, SessionCompleted
from domain.ports.crm import CrmUnavailable, Notable
from domain.values import EventId
from streaming.traced import Traced

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
URL_OF_THE_CRM = "https://crm.test/hooks?token=t0k3n"


@dataclass(frozen=True)
class Post:
    url: str
    headers: Mapping[str, str]
    body: bytes


class Wire(HttpClient):
    """Keeps what was posted; answers by the prepared statuses, then 204."""

    def __init__(self, *statuses: int) -> None:
        super().__init__()
        self.posts: list[Post] = []
        self._statuses = iter(statuses)

    async def post(
        self,
        traced: Traced,
        url: str | URL,
        *,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        within: float = TIMEOUT,
    ) -> Answer:
        assert traced.name == "POST"
        assert within > 0
        self.posts.append(Post(str(url), headers or {}, body))
        return Answer(next(self._statuses, 204), {}, b"")


def webhook(
    wire: Wire, secrets: str | Sequence[str], clock: Iterator[datetime] | None = None
) -> SignedWebhook:
    given = [secrets] if isinstance(secrets, str) else secrets
    times = clock or iter(lambda: NOW, None)
    return SignedWebhook(wire, URL_OF_THE_CRM, [*map(signer, given)], now=lambda: next(times))


async def test_the_body_says_what_happened_when_and_to_whom(
    completed: SessionCompleted, event_id: EventId, at: datetime, secret: str
) -> None:
    wire = Wire()

    await webhook(wire, secret).tell(completed, event_id=event_id, at=at)

    assert json.loads(wire.posts[0].body) == {
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


async def test_a_file_is_told_of_by_reference_and_by_an_address_that_asks_who_comes(
    notable: tuple[Notable, ...], event_id: EventId, at: datetime, secret: str
) -> None:
    wire = Wire()
    (stored,) = (event for event in notable if isinstance(event, FileStored))
    stored = stored.model_copy(update={"key": "1/2026/a b.jpg"})
    for links in (None, "https://files.example.com/"):
        crm = SignedWebhook(wire, URL_OF_THE_CRM, [signer(secret)], file_links=links)
        await crm.tell(stored, event_id=event_id, at=at)
    plain, linked = (json.loads(post.body)["data"] for post in wire.posts)

    assert plain == stored.model_dump(mode="json", exclude_none=True)
    assert linked == {**plain, "link": "https://files.example.com/files/1/2026/a%20b.jpg"}


async def test_types_are_written_as_the_standard_allows(
    notable: tuple[Notable, ...], event_id: EventId, at: datetime, secret: str
) -> None:
    wire = Wire()
    crm = webhook(wire, secret)
    for event in notable:
        await crm.tell(event, event_id=event_id, at=at)

    assert [json.loads(post.body)["type"] for post in wire.posts] == [
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
    assert wire.posts[0].body == wire.posts[1].body


async def test_the_call_is_json_posted_to_the_whole_address(
    completed: SessionCompleted, event_id: EventId, at: datetime, secret: str
) -> None:
    wire = Wire()

    await webhook(wire, secret).tell(completed, event_id=event_id, at=at)

    assert wire.posts[0].url == URL_OF_THE_CRM
    assert wire.posts[0].headers["content-type"] == "application/json"


async def test_while_a_secret_is_replaced_receivers_of_either_take_the_call(
    completed: SessionCompleted, event_id: EventId, at: datetime, secret: str
) -> None:
    wire = Wire()
    older = "whsec_" + b64encode(bytes(range(100, 132))).decode()

    await webhook(wire, [secret, older], iter(lambda: datetime.now(UTC), None)).tell(
        completed, event_id=event_id, at=at
    )

    (post,) = wire.posts
    for known in (secret, older):
        assert Webhook(known).verify(post.body, dict(post.headers))


@pytest.mark.parametrize("with_public_key", [True, False])
async def test_a_receiver_that_has_only_our_public_key_can_verify(
    with_public_key: bool,  # noqa: FBT001
    completed: SessionCompleted,
    event_id: EventId,
    at: datetime,
) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = key.public_key()
    content = bytes(range(32)) + (public.public_bytes_raw() if with_public_key else b"")
    wire = Wire()

    await webhook(wire, "whsk_" + b64encode(content).decode()).tell(
        completed, event_id=event_id, at=at
    )

    (post,) = wire.posts
    version, _, signature = post.headers["webhook-signature"].partition(",")
    signed = f"{event_id}.{int(NOW.timestamp())}.".encode() + post.body
    assert version == "v1a"
    public.verify(b64decode(signature), signed)
    with pytest.raises(InvalidSignature):
        public.verify(b64decode(signature), signed + b" ")


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

    secret = "whsec_" + b64encode(key).decode()
    ours = sign([signer(secret)], webhook_id="event-1", timestamp=timestamp, body=body.encode())

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
        "whsk_" + b64encode(bytes(31)).decode(),
        "whsk_" + b64encode(bytes(range(64))).decode(),
        "whpk_" + b64encode(bytes(32)).decode(),
    ],
    ids=[
        *("empty", "no key", "no base64", "no ASCII", "no prefix", "too short", "too long"),
        *("no ed25519 key", "halves of two keys", "a public key"),
    ],
)
def test_a_secret_that_cannot_sign_is_refused_without_being_quoted(secret: str) -> None:
    with pytest.raises(ValueError, match=r"^must ") as refusal:
        signer(secret)
    material = secret.partition("_")[2]

    assert not material or material not in str(refusal.value)
