"""What a map may ask of Salesforce: what it cannot hold is said before anything is told."""

import re
from collections.abc import Iterator

from crm_notifier.mapping import CrmMap, FlowMap

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_OURS = "WhatsApp_"
_NOT_OURS = frozenset({"Id", "Name", "ContactId", "AccountId", "OwnerId"})
"""Fields that Salesforce or another part of the map fills."""


def impossible(crm_map: CrmMap) -> list[str]:
    """Return where the map names what is no field, or no id, of Salesforce; a line each."""
    return [mistake for name, flow in crm_map.flows.items() for mistake in _mistakes(name, flow)]


def _mistakes(name: str, flow: FlowMap) -> Iterator[str]:
    for block, fields in (("answers", flow.answers), ("data", flow.data)):
        for key, field in fields.items():
            if not _FIELD.fullmatch(field) or field in _NOT_OURS or field.startswith(_OURS):
                yield f"flows.{name}.{block}.{key}: {field} is no field that a map can fill"
    for team, owner in flow.owners.items():
        if not _ID.fullmatch(owner):
            yield f"flows.{name}.owners.{team}: {owner} is no id of a queue or user"
