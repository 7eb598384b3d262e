"""The adapter, connected with a HubSpot on loopback."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from pydantic import SecretStr

from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.adapters.hubspot import Erasing, HubSpotCrm, Keys
from crm_notifier.adapters.hubspot_api import Access, HubSpotApi
from crm_notifier.adapters.hubspot_files import HubSpotFiles
from crm_notifier.adapters.hubspot_pace import Pace
from crm_notifier.adapters.stored_files import Files, StoredFiles
from crm_notifier.mapping import CrmMap
from domain.ports.crm import Notable
from domain.values import EventId
from file_manager_fake import TOKEN as FILES_TOKEN
from file_manager_fake import FakeFiles
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
    files: FakeFiles | None = None,
) -> AsyncIterator[Connect]:
    """Serve the fake on loopback, and give what connects an adapter with it, as a start does.

    With `files`, they are served, too, and attached.
    """
    if keys == "plain":
        fake.unique -= {"communications", "notes"}

    def connect() -> HubSpotCrm:
        api = HubSpotApi(http, access, pace())
        links = "https://files.test/"
        attaching = HubSpotFiles(api, None if files is None else StoredFiles(http, where))
        return HubSpotCrm(
            api, crm_map, files=attaching, file_links=links, erasing=erasing, keys=keys
        )

    manager = files or FakeFiles({})
    async with (
        listening(fake.answer) as url,
        listening(manager.answer) as files_url,
        HttpClient() as http,
    ):
        where = Files(files_url.removesuffix("/hooks"), SecretStr(FILES_TOKEN))
        access = Access(url.removesuffix("/hooks"), VERSION, SecretStr(TOKEN))
        try:
            yield connect
        finally:
            fake.released.set()
    assert fake.violations + manager.violations == []


@asynccontextmanager
async def connected(
    fake: FakeHubSpot,
    crm_map: CrmMap,
    *,
    erasing: Erasing = "delete",
    keys: Keys = "unique",
    files: FakeFiles | None = None,
) -> AsyncIterator[HubSpotCrm]:
    """Serve the fake on loopback, and give one adapter that is connected with it."""
    async with serving(fake, crm_map, erasing=erasing, keys=keys, files=files) as connect:
        yield connect()


class Telling:
    """Tells of events under ids that count up."""

    def __init__(self, crm: HubSpotCrm, at: datetime) -> None:
        self._crm = crm
        self._at = at
        self._number = 0

    async def __call__(self, *events: Notable) -> None:
        for event in events:
            self._number += 1
            await self._crm.tell(event, event_id=EventId(UUID(int=self._number)), at=self._at)
