"""What each answer of a CRM means: done, try again later, or a person must look."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from crm_notifier.adapters.retry_after import pause_of
from crm_notifier.adapters.signed_webhook import SignedWebhook
from crm_notifier.adapters.webhook_signature import signing_key
from domain.events import SessionCompleted
from domain.ports.crm import CrmRefused, CrmUnavailable
from domain.values import EventId

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


async def insult() -> AsyncIterator[bytes]:
    yield b"Ana Lima is not welcome"


def answering(secret: str, status: int, headers: dict[str, str] | None = None) -> SignedWebhook:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, content=insult())

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return SignedWebhook(http, "https://crm.test/", signing_key(secret), now=lambda: NOW)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_success_means_that_the_crm_was_told(
    status: int, secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    crm = answering(secret, status)

    await crm.tell(completed, event_id=event_id, at=NOW)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 507, 599])
async def test_a_crm_in_trouble_is_told_later(
    status: int, secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    with pytest.raises(CrmUnavailable) as failure:
        await answering(secret, status).tell(completed, event_id=event_id, at=NOW)

    assert str(failure.value) == f"http-{status}"
    assert failure.value.after is None


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 403, 404, 409, 413, 422])
async def test_a_refusal_or_a_redirect_needs_a_person(
    status: int, secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    crm = answering(secret, status, {"location": "https://elsewhere.test/"})
    with pytest.raises(CrmRefused) as refusal:
        await crm.tell(completed, event_id=event_id, at=NOW)

    assert str(refusal.value) == f"http-{status}"


async def test_an_endpoint_that_is_gone_says_so_by_name(
    secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    with pytest.raises(CrmRefused, match=r"^endpoint-gone$"):
        await answering(secret, 410).tell(completed, event_id=event_id, at=NOW)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_the_pause_that_a_busy_crm_asks_for_is_kept(
    status: int, secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    crm = answering(secret, status, {"retry-after": "7"})
    with pytest.raises(CrmUnavailable) as failure:
        await crm.tell(completed, event_id=event_id, at=NOW)

    assert failure.value.after == 7


async def test_nobody_is_told_before_the_pause_is_over(
    secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    calls: list[datetime] = []
    now = NOW

    def limit_the_first(_: httpx.Request) -> httpx.Response:
        calls.append(now)
        headers = {"retry-after": "30"} if len(calls) == 1 else {}
        return httpx.Response(429 if headers else 204, headers=headers, content=insult())

    http = httpx.AsyncClient(transport=httpx.MockTransport(limit_the_first))
    crm = SignedWebhook(http, "https://crm.test/", signing_key(secret), now=lambda: now)
    with pytest.raises(CrmUnavailable, match=r"^http-429$"):
        await crm.tell(completed, event_id=event_id, at=NOW)
    now = NOW + timedelta(seconds=20)
    with pytest.raises(CrmUnavailable, match=r"^asked-to-wait$") as failure:
        await crm.tell(completed, event_id=event_id, at=NOW)
    now = NOW + timedelta(seconds=30)
    await crm.tell(completed, event_id=event_id, at=NOW)

    assert failure.value.after == 10
    assert calls == [NOW, NOW + timedelta(seconds=30)]


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 400, 3600),
        ("Mon, 23 Nov 2026 10:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 11:00:30 +0100", 30),
        ("Mon, 23 Nov 2026 10:00:30 -0000", 30),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
        ("Tue, 23 Nov 2027 10:00:00 GMT", 3600),
        ("Mon, 99 Nov 2026 10:00:30 GMT", None),
    ],
)
def test_a_pause_is_read_as_seconds_or_as_a_date_and_bounded(
    header: str | None, pause: float | None
) -> None:
    assert pause_of(header, NOW) == pause
