"""Every CRM that can be told: the one place where another is added.

docs/how-to/add-a-crm.md leads through it.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from crm_notifier.adapters import (
    hubspot_access,
    hubspot_map,
    pretending,
    salesforce_access,
    salesforce_map,
    webhook_access,
)
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


class Pretence(NamedTuple):
    """What stands in for an operator's variables, and for the CRM, in a dry run."""

    variables: Mapping[str, str]
    answers: pretending.Answers


PRETENCES: Mapping[Crm, Pretence] = MappingProxyType(
    {
        "hubspot": Pretence({"hubspot_token": "pretended"}, pretending.hubspot),
        "salesforce": Pretence(
            {
                "salesforce_url": "https://pretended.my.salesforce.com",
                "salesforce_client_id": "pretended",
                "salesforce_client_secret": "pretended",
            },
            pretending.salesforce,
        ),
        "webhook": Pretence(
            {"webhook_url": "https://crm.example.com/", "webhook_secret": f"whsec_{'A' * 32}"},
            pretending.any_receiver,
        ),
    }
)
"""CRMs whose calls a dry run can show; another one needs none of this."""
IMPOSSIBLE: Mapping[Crm, Callable[[CrmMap], Sequence[str]]] = MappingProxyType(
    {"hubspot": hubspot_map.impossible, "salesforce": salesforce_map.impossible}
)
"""What says where a map asks for what a CRM cannot hold, for CRMs that do not hold everything."""


def mistakes(crm: Crm, crm_map: CrmMap) -> Sequence[str]:
    """Say where the map asks for what this CRM cannot hold."""
    return IMPOSSIBLE[crm](crm_map) if crm in IMPOSSIBLE else ()
