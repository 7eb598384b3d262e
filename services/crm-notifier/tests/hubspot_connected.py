"""The adapter, connected with a HubSpot on loopback."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

from pydantic import SecretStr

from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.adapters.hubspot import Erasing, HubSpotCrm, Keys
from crm_notifier.adapters.hubspot_api import Access, HubSpotApi
from crm_notifier.adapters.hubspot_pace import Pace
from crm_notifier.mapping import CrmMap
from hubspot_fake import TOKEN, FakeHubSpot
from hubspot_schemas import VERSION
from receiving import listening

Connect: TypeAlias = Callable[[], HubSpotCrm]


@asynccontextmanager
async def serving(
    fake: FakeHubSpot,
    crm_map: CrmMap,
    *,
    erasing: Erasing = "delete",
    keys: Keys = "unique",
    pace: Callable[[], Pace] = Pace,
) -> AsyncIterator[Connect]:
    """Serve the fake on loopback, and give what connects an adapter with it, as a start does."""
    if keys == "plain":
        fake.unique -= {"communications", "notes"}

    def connect() -> HubSpotCrm:
        api = HubSpotApi(http, access, pace())
        links = "https://files.test/"
        return HubSpotCrm(api, crm_map, file_links=links, erasing=erasing, keys=keys)

    async with listening(fake.answer) as url, HttpClient() as http:
        access = Access(url.removesuffix("/hooks"), VERSION, SecretStr(TOKEN))
        try:
            yield connect
        finally:
            fake.released.set()
    assert fake.violations == []


@asynccontextmanager
async def connected(
    fake: FakeHubSpot, crm_map: CrmMap, *, erasing: Erasing = "delete", keys: Keys = "unique"
) -> AsyncIterator[HubSpotCrm]:
    """Serve the fake on loopback, and give one adapter that is connected with it."""
    async with serving(fake, crm_map, erasing=erasing, keys=keys) as connect:
        yield connect()
