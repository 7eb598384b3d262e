"""The adapters that need no account keep the promises of every CRM."""

import io
from collections.abc import AsyncIterator

import pytest

from crm_contract import CrmContract, FallibleCrmContract, Held
from crm_notifier.adapters.console import ConsoleCrm
from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.adapters.memory import MemoryCrm
from crm_notifier.adapters.signed_webhook import SignedWebhook
from crm_notifier.adapters.webhook_signature import signer
from domain.ports.crm import CrmPaused, CrmRefused, CrmUnavailable
from receiving import Plan, Receiver, listening


class TestMemoryCrm(FallibleCrmContract):
    @pytest.fixture
    def crm(self) -> MemoryCrm:
        return MemoryCrm()

    @pytest.fixture
    def held(self, crm: MemoryCrm) -> Held:
        return lambda: [*crm.known.items()]

    @pytest.fixture
    def busy(self, crm: MemoryCrm) -> MemoryCrm:
        crm.fail_next(CrmUnavailable("http-503"))
        return crm

    @pytest.fixture
    def refusing(self, crm: MemoryCrm) -> MemoryCrm:
        crm.fail_next(CrmRefused("http-422"))
        return crm

    @pytest.fixture
    def cut(self, crm: MemoryCrm) -> MemoryCrm:
        crm.lose_next_answer()
        return crm

    @pytest.fixture
    def closed(self, crm: MemoryCrm) -> MemoryCrm:
        crm.fail_next(CrmPaused("http-401"))
        return crm


class TestConsoleCrm(CrmContract):
    @pytest.fixture
    def terminal(self) -> io.StringIO:
        return io.StringIO()

    @pytest.fixture
    def crm(self, terminal: io.StringIO) -> ConsoleCrm:
        return ConsoleCrm(terminal)

    @pytest.fixture
    def held(self, terminal: io.StringIO) -> Held:
        return lambda: sorted({*terminal.getvalue().splitlines()})


class TestSignedWebhook(FallibleCrmContract):
    @pytest.fixture
    def receiver(self, secret: str) -> Receiver:
        return Receiver(secret)

    @pytest.fixture
    async def crm(self, receiver: Receiver, secret: str) -> AsyncIterator[SignedWebhook]:
        async with listening(receiver) as url, HttpClient() as http:
            yield SignedWebhook(http, url, [signer(secret)])

    @pytest.fixture
    def held(self, receiver: Receiver) -> Held:
        return lambda: [*receiver.known.items()]

    @pytest.fixture
    def busy(self, crm: SignedWebhook, receiver: Receiver) -> SignedWebhook:
        receiver.plans.append(Plan(503))
        return crm

    @pytest.fixture
    def refusing(self, crm: SignedWebhook, receiver: Receiver) -> SignedWebhook:
        receiver.plans.append(Plan(422))
        return crm

    @pytest.fixture
    def cut(self, crm: SignedWebhook, receiver: Receiver) -> SignedWebhook:
        receiver.plans.append(Plan(204, does=True, cut=True))
        return crm

    @pytest.fixture
    def closed(self, crm: SignedWebhook, receiver: Receiver) -> SignedWebhook:
        receiver.plans.append(Plan(410))
        return crm
