"""Every CRM that can be told: the one place where another is added.

docs/how-to/add-a-crm.md leads through it.
"""

import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from crm_notifier.adapters import hubspot_access, salesforce_access, webhook_access
from crm_notifier.adapters.console import ConsoleCrm
from crm_notifier.adapters.http_client import HttpClient
from crm_notifier.mapping import CrmMap
from domain.ports.crm import CrmService

Crm: TypeAlias = Literal["console", "hubspot", "salesforce", "webhook"]
"""The words that an operator chooses a CRM by."""


class Access(
    webhook_access.WebhookAccess,
    hubspot_access.HubSpotAccess,
    salesforce_access.SalesforceAccess,
):
    """The variables of all CRMs; each needs its own only."""


CRMS: Mapping[Crm, Callable[[Access, HttpClient, CrmMap], CrmService]] = MappingProxyType(
    {
        "console": lambda _access, _http, _map: ConsoleCrm(sys.stdout),
        "hubspot": hubspot_access.connect,
        "salesforce": salesforce_access.connect,
        "webhook": lambda access, http, _map: webhook_access.connect(access, http),
    }
)
"""How the adapter of each is made. `http` is opened before the first event is told."""
