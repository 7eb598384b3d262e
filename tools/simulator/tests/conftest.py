"""A platform without network: the business is a fake, and requests go straight to the app."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from simulator.app import build, page_of
from simulator.platform import Simulator
from simulator.settings import Settings
from simulator.stream import Stream
from simulator.testing import FakeBusiness, Hands


@pytest.fixture
def settings() -> Settings:
    return Settings(
        webhook_url="http://business/webhook",
        app_secret=SecretStr("app-secret"),
        verify_token=SecretStr("verify-token"),
        access_token=SecretStr("token"),
        phone_number_id="106540352242922",
        crm_secret=SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        seed=1,
        webhook_first_pause_s=0.001,
        webhook_longest_pause_s=0.002,
        sent_after_s=0,
        delivered_after_s=0,
        read_after_s=0,
    )


@pytest.fixture
def business() -> FakeBusiness:
    return FakeBusiness(verify_token="verify-token")


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
async def platform(
    settings: Settings, business: FakeBusiness, clock: Hands
) -> AsyncIterator[Simulator]:
    simulator = build(settings, clock=clock, caller=business)
    yield simulator
    await simulator.number.stop()
    await simulator.statuses.stop()
    await simulator.delivery.stop()
    await simulator.caller.close()
    simulator.journal.close()


@pytest.fixture
async def client(platform: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    """Anybody's client: no token."""
    transport = httpx.ASGITransport(app=platform.web)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.fixture
async def graph(platform: Simulator) -> AsyncIterator[httpx.AsyncClient]:
    """The business' client: with the token."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=platform.web),
        base_url="http://localhost",
        headers={"Authorization": "Bearer token"},
    ) as client:
        yield client


@pytest.fixture
def pages(platform: Simulator) -> Stream:
    """The streams that open pages follow; an ASGI transport cannot follow an endless answer."""
    return Stream(platform.hub, page_of(platform).snapshot)
