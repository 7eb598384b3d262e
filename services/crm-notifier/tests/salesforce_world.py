"""Salesforce as crm-notifier meets it: the adapter on real connections, the fake behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.adapters.salesforce import SalesforceCrm
from crm_notifier.adapters.salesforce_rest import SalesforceRest
from crm_notifier.adapters.salesforce_tokens import Grant, Tokens, client_credentials
from crm_notifier.mapping import CrmMap, parse
from domain.values import ContactId, MessageId, SessionId
from receiving import listening
from salesforce_fake import CLIENT, SECRET, FakeSalesforce

ANA = ContactId(UUID("0d9f5c8e-4a0c-5c6e-9a53-0d4f4f1f2b11"))
CLAIM = SessionId(UUID("7c1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c22"))
HELLO = MessageId(UUID("6a1ce4f2-6ff5-5a0e-8e70-3a8f5f6b7c55"))
NUMBER = "106540352242922"
YOUNGER = ContactId(UUID("1d9f5c8e-4a0c-5c6e-9a53-0d4f4f1f2b12"))
"""As in the fixtures."""
MAP = """
flows:
  claim:
    subject: "Claim {answers.policy}"
    answers: {name: LastName, policy: Policy__c}
    data: {amount: Amount__c}
    stages: {completed: Closed, handed-off: Waiting}
    owners: {claims: 00G000000000001}
"""


@asynccontextmanager
async def telling(
    fake: FakeSalesforce,
    *,
    crm_map: str = "",
    grant: Grant | None = None,
    within: float = 5.0,
    **options: Any,
) -> AsyncIterator[SalesforceCrm]:
    """Give an adapter that is let in, and closes its connections in the end."""
    async with listening(fake) as url, HttpClient() as http:
        tokens = Tokens(
            http, url.removesuffix("/hooks"), grant or client_credentials(CLIENT, SECRET)
        )
        rest = SalesforceRest(http, tokens, "v67.0", within=within)
        yield SalesforceCrm(rest, parse(crm_map) if crm_map else CrmMap(), **options)
