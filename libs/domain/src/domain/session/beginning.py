"""The values with which a session begins."""

from collections.abc import Mapping
from typing import Any

from domain import events
from domain.messages import Referral
from domain.session.flows.definition import Variable
from domain.session.flows.flow import Flow
from domain.session.flows.scope import REFERRAL, REFERRAL_FIELDS


class InvalidVariables(Exception):
    """The flow cannot begin with these values."""


def defaults(flow: Flow, begun: events.SessionInitiated) -> list[events.VariablesSet]:
    """Return the values of a session that nobody gave any."""
    variables = flow.definition.triggers.variables
    return _set(begun, {name: variable.default for name, variable in variables.items()})


def came_from(
    begun: events.SessionInitiated, referral: Referral | None
) -> list[events.VariablesSet]:
    """Return what the advertisement tells from which the person comes, if they come from one."""
    if referral is None:
        return []
    told = referral.model_dump(mode="json", exclude_none=True)
    return _set(begun, {REFERRAL: {name: told.get(name) for name in REFERRAL_FIELDS}})


def given(
    flow: Flow, begun: events.SessionInitiated, values: Mapping[str, Any]
) -> list[events.VariablesSet]:
    """Return the values as given, or by default. Raises InvalidVariables, naming no value."""
    variables = flow.definition.triggers.variables
    if unknown := sorted(values.keys() - variables.keys()):
        raise InvalidVariables(f"{flow.name} has no variable {', '.join(unknown)}")
    return _set(begun, {n: _checked(n, v, values) for n, v in variables.items()})


def _checked(name: str, variable: Variable, values: Mapping[str, Any]) -> Any:
    if name not in values:
        if variable.default is None:
            raise InvalidVariables(f"the variable {name} is missing")
        return variable.default
    value = values[name]
    if not variable.takes(value):
        raise InvalidVariables(f"the variable {name} is no {variable.type}")
    return value


def _set(begun: events.SessionInitiated, values: dict[str, Any]) -> list[events.VariablesSet]:
    if not values:
        return []
    return [
        events.VariablesSet(
            contact_id=begun.contact_id,
            session_id=begun.session_id,
            personal=events.Values(values=values),
        )
    ]
