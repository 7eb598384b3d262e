"""What each answer of a CRM means: done, try again later, or a person must look."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from multidict import CIMultiDict
from yarl import URL

from crm_notifier.adapters.http_client import TIMEOUT, Answer, HttpClient
from crm_notifier.adapters.retry_after import pause_of
from crm_notifier.adapters.signed_webhook import SignedWebhook
from crm_notifier.adapters.webhook_signature import signer
from domain.events import SessionCompleted
from domain.ports.crm import CrmPaused, CrmRefused, CrmUnavailable
from domain.values import EventId
from streaming.traced import Traced

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


class Answering(HttpClient):
    """Always gives the same answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._same = answer

    async def post(
        self,
        traced: Traced,  # noqa: ARG002
        url: str | URL,  # noqa: ARG002
        *,
        body: bytes,  # noqa: ARG002
        headers: Mapping[str, str] | None = None,  # noqa: ARG002
        within: float = TIMEOUT,  # noqa: ARG002
    ) -> Answer:
        return self._same


def answering(secret: str, status: int, headers: dict[str, str] | None = None) -> SignedWebhook:
    http = Answering(Answer(status, CIMultiDict(headers or {}), b""))
    return SignedWebhook(http, "https://crm.test/", [signer(secret)], now=lambda: NOW)


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


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
async def test_an_event_that_is_refused_needs_a_person(
    status: int, secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    with pytest.raises(CrmRefused) as refusal:
        await answering(secret, status).tell(completed, event_id=event_id, at=NOW)

    assert str(refusal.value) == f"http-{status}"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 401, 402, 403, 404, 405, 407])
async def test_a_wrong_address_or_secret_stops_everything_and_parks_nothing(
    status: int, secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    crm = answering(secret, status, {"location": "https://elsewhere.test/"})
    with pytest.raises(CrmPaused) as pause:
        await crm.tell(completed, event_id=event_id, at=NOW)

    assert str(pause.value) == f"http-{status}"


async def test_an_endpoint_that_is_gone_says_so_by_name(
    secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    with pytest.raises(CrmPaused, match=r"^endpoint-gone$"):
        await answering(secret, 410).tell(completed, event_id=event_id, at=NOW)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_the_pause_that_a_busy_crm_asks_for_is_kept(
    status: int, secret: str, completed: SessionCompleted, event_id: EventId
) -> None:
    crm = answering(secret, status, {"retry-after": "7"})
    with pytest.raises(CrmUnavailable) as failure:
        await crm.tell(completed, event_id=event_id, at=NOW)

    assert failure.value.after == 7


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
        ("Mon, 23 Nov 99999999999999999999 10:00:30 GMT", None),
        ("Mon, 23 Nov 2026 10:00:30 +99999999999999999", None),
    ],
)
def test_a_pause_is_read_as_seconds_or_as_a_date_and_bounded(
    header: str | None, pause: float | None
) -> None:
    assert pause_of(header, NOW) == pause
