"""What a map may ask of HubSpot: what it cannot hold is said before anything is told."""

import re
from collections.abc import Iterator

from crm_notifier.adapters.hubspot_answers import OURS
from crm_notifier.mapping import HANDED_OFF, CrmMap, FlowMap

_PROPERTY = re.compile(r"[a-z][a-z0-9_]{0,99}")
_NOT_OURS = frozenset(
    {"subject", "content", "hs_pipeline", "hs_pipeline_stage", "hubspot_owner_id"}
)
"""Properties of a ticket that another part of the map fills."""


def impossible(crm_map: CrmMap) -> list[str]:
    """Return where the map asks for what HubSpot cannot hold; a line each."""
    return [
        f"flows.{name}.{mistake}"
        for name, flow in crm_map.flows.items()
        for mistake in _mistakes(flow)
    ]


def _mistakes(flow: FlowMap) -> Iterator[str]:
    for block, fields in (("answers", flow.answers), ("data", flow.data)):
        for key, name in fields.items():
            if not _PROPERTY.fullmatch(name) or name in _NOT_OURS or name.startswith(OURS):
                yield f"{block}.{key}: {name} is no property that a map can fill"
    for team, owner in flow.owners.items():
        if not owner.isdecimal():
            yield f"owners.{team}: {owner} is no id of an owner"
    if flow.pipeline and HANDED_OFF not in flow.stages:
        yield f"pipeline: name one of its stages for {HANDED_OFF}, too"
    if flow.data and not flow.stages.keys() - {HANDED_OFF}:
        yield "data: no ticket will hold them unless stages name an outcome"
