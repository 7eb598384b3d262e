"""Whoever turned out to be the same person is forgotten in Salesforce together with them."""

import re
from datetime import datetime
from uuid import UUID

import pytest

from crm_contract import tell_all
from crm_notifier.adapters.salesforce import Erasure
from domain.events import ContactErased, ContactIdentified, ContactMerged, Identity
from domain.ports.crm import Notable
from domain.values import ContactId
from salesforce_fake import FakeSalesforce
from salesforce_world import ANA, MAP, NUMBER, YOUNGER, telling

KNOWN = ContactIdentified(
    contact_id=ANA, phone_number_id=NUMBER, personal=Identity(from_="15550001111", name="Ana Lima")
)


@pytest.mark.parametrize("erasure", ["empty", "delete"])
async def test_who_was_merged_into_an_erased_person_is_erased_with_them(
    frequent: tuple[Notable, ...], at: datetime, erasure: Erasure
) -> None:
    fake = FakeSalesforce()
    youngest = ContactId(UUID(int=3))
    said = frequent[0].model_copy(update={"contact_id": YOUNGER})
    async with telling(fake, crm_map=MAP, erasure=erasure) as crm:
        await tell_all(
            crm,
            [
                KNOWN,
                KNOWN.model_copy(update={"contact_id": YOUNGER}),
                KNOWN.model_copy(update={"contact_id": youngest}),
                said,
                ContactMerged(contact_id=youngest, into=YOUNGER),
                ContactMerged(contact_id=YOUNGER, into=ANA),
                ContactErased(contact_id=ANA),
            ],
            at,
        )

    assert fake.records["Task"] == {}
    assert not re.search("Ana Lima|15550001111", str(fake.held()))
