"""What crm-notifier relies on, whichever CRM it talks to."""

import io
import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from uuid import UUID

import httpx
import pytest
from standardwebhooks import Webhook

from crm_notifier.adapters.console import ConsoleCrm
from crm_notifier.adapters.memory import MemoryCrm
from crm_notifier.adapters.signed_webhook import SignedWebhook
from crm_notifier.adapters.webhook_signature import signing_key
from domain.events import SessionCompleted
from domain.ports.crm import CrmRefused, CrmService, CrmUnavailable, Notable
from domain.values import EventId

Known = Callable[[], set[EventId]]


class CrmContract:
    """Every adapter inherits these tests: `known` is what the CRM has, repeats told apart."""

    async def test_a_crm_is_told_of_every_kind_of_event_that_it_supports(
        self,
        crm: CrmService,
        known: Known,
        notable: tuple[Notable, ...],
        frequent: tuple[Notable, ...],
        at: datetime,
    ) -> None:
        supported = [event for event in (*notable, *frequent) if type(event) in crm.supports]
        ids = {EventId(UUID(int=number)) for number in range(1, len(supported) + 1)}
        for event_id, event in zip(sorted(ids), supported, strict=True):
            await crm.tell(event, event_id=event_id, at=at)

        assert supported
        assert known() == ids

    async def test_an_event_told_twice_is_known_once(
        self,
        crm: CrmService,
        known: Known,
        completed: SessionCompleted,
        event_id: EventId,
        at: datetime,
    ) -> None:
        await crm.tell(completed, event_id=event_id, at=at)
        await crm.tell(completed, event_id=event_id, at=at)

        assert known() == {event_id}

    def test_the_name_of_a_crm_is_one_plain_word(self, crm: CrmService) -> None:
        assert re.fullmatch(r"[a-z]+", crm.name)


class FallibleCrmContract(CrmContract):
    """Adapters of CRMs that can fail inherit these as well: `busy` and `refusing` fail once."""

    async def test_a_busy_crm_is_told_by_trying_again(
        self,
        busy: CrmService,
        known: Known,
        completed: SessionCompleted,
        event_id: EventId,
        at: datetime,
    ) -> None:
        with pytest.raises(CrmUnavailable):
            await busy.tell(completed, event_id=event_id, at=at)
        assert known() == set()
        await busy.tell(completed, event_id=event_id, at=at)

        assert known() == {event_id}

    async def test_a_refusal_says_why_without_saying_who(
        self, refusing: CrmService, completed: SessionCompleted, event_id: EventId, at: datetime
    ) -> None:
        with pytest.raises(CrmRefused) as refusal:
            await refusing.tell(completed, event_id=event_id, at=at)

        assert re.fullmatch(r"[a-z0-9-]+", str(refusal.value))


class TestMemoryCrm(FallibleCrmContract):
    @pytest.fixture
    def crm(self) -> MemoryCrm:
        return MemoryCrm()

    @pytest.fixture
    def busy(self, crm: MemoryCrm) -> MemoryCrm:
        crm.fail_next(CrmUnavailable("http-503"))
        return crm

    @pytest.fixture
    def refusing(self, crm: MemoryCrm) -> MemoryCrm:
        crm.fail_next(CrmRefused("http-422"))
        return crm

    @pytest.fixture
    def known(self, crm: MemoryCrm) -> Known:
        return lambda: set(crm.known)


class TestConsoleCrm(CrmContract):
    @pytest.fixture
    def terminal(self) -> io.StringIO:
        return io.StringIO()

    @pytest.fixture
    def crm(self, terminal: io.StringIO) -> ConsoleCrm:
        return ConsoleCrm(terminal)

    @pytest.fixture
    def known(self, terminal: io.StringIO) -> Known:
        return lambda: {
            EventId(UUID(found)) for found in re.findall(r"event=(\S+)", terminal.getvalue())
        }


async def answer() -> AsyncIterator[bytes]:
    yield b"told about Ana Lima"


class Receiver:
    """Verifies with the standard's own package and keeps each `webhook-id` once."""

    def __init__(self, secret: str) -> None:
        self.known: set[EventId] = set()
        self.answers: list[int] = []
        self._webhook = Webhook(secret)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self._webhook.verify(request.content, dict(request.headers))
        status = self.answers.pop(0) if self.answers else 204
        if status < 300:
            self.known.add(EventId(UUID(request.headers["webhook-id"])))
        return httpx.Response(status, content=answer())


class TestSignedWebhook(FallibleCrmContract):
    @pytest.fixture
    def receiver(self, secret: str) -> Receiver:
        return Receiver(secret)

    @pytest.fixture
    def crm(self, receiver: Receiver, secret: str) -> SignedWebhook:
        http = httpx.AsyncClient(transport=httpx.MockTransport(receiver))
        return SignedWebhook(http, "https://crm.test/hooks", signing_key(secret))

    @pytest.fixture
    def busy(self, crm: SignedWebhook, receiver: Receiver) -> SignedWebhook:
        receiver.answers.append(503)
        return crm

    @pytest.fixture
    def refusing(self, crm: SignedWebhook, receiver: Receiver) -> SignedWebhook:
        receiver.answers.append(422)
        return crm

    @pytest.fixture
    def known(self, receiver: Receiver) -> Known:
        return lambda: set(receiver.known)
