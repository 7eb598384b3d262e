"""Where each CRM is told: by agentctl's own variables, else by those of a crm-notifier."""

import re
from collections.abc import Mapping

from crm_notifier.settings import Settings

FIRST = ""
"""Stands for the CRM without a name of its own."""
_ADDRESS = "AGENT_CRM_URL"
_NAMED = re.compile(rf"{_ADDRESS}_([A-Z][A-Z0-9_]{{0,39}})")
_CRM_NOTIFIER = "CRM_NOTIFIER_"


def variable_of(name: str) -> str:
    """Give the variable that says where the CRM of this name is told."""
    return f"{_ADDRESS}_{name.upper().replace('-', '_')}" if name else _ADDRESS


def is_address(variable: str) -> bool:
    """Say whether a variable is that of a CRM with a name."""
    return _NAMED.fullmatch(variable) is not None


def addresses(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return where each CRM is told of which that was said, by its name."""
    named = {
        found[1].lower().replace("_", "-"): given
        for variable, given in environ.items()
        if given and (found := _NAMED.fullmatch(variable))
    }
    first = {FIRST: given} if (given := environ.get(_ADDRESS)) else {}
    return {**_of_crm_notifier(environ), **first, **named}


def _of_crm_notifier(environ: Mapping[str, str]) -> Mapping[str, str]:
    field = f"{environ.get(f'{_CRM_NOTIFIER}CRM') or 'webhook'}_url"
    if field not in Settings.model_fields:
        return {}
    usual = Settings.model_fields[field].default
    address = environ.get(_CRM_NOTIFIER + field.upper()) or usual
    return {environ.get(f"{_CRM_NOTIFIER}NAME") or FIRST: address} if address else {}
