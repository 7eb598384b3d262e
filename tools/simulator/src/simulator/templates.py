"""The templates of the business, as far as they decide what becomes of a send."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from simulator.graph_errors import GraphError

Category: TypeAlias = Literal["utility", "marketing", "authentication"]
Standing: TypeAlias = Literal["approved", "missing", "paused", "disabled", "syncing"]

REFUSALS: Mapping[Standing, tuple[int, str]] = {
    "missing": (132001, "Template name does not exist in the translation"),
    "paused": (132015, "Template is paused due to low quality"),
    "disabled": (132016, "Template is disabled"),
    "syncing": (134101, "Template is syncing; try again in 10 minutes"),
}


class Template(BaseModel):
    """What it is for, and whether it may be used."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    category: Category = "utility"
    status: Standing = "approved"


class Templates:
    """By name. One that nobody described is an approved utility template."""

    def __init__(self) -> None:
        self._known: dict[str, Template] = {}

    def everything(self) -> Mapping[str, Template]:
        """Return what was described."""
        return dict(self._known)

    def describe(self, name: str, template: Template) -> None:
        """Say what a template is from now on."""
        self._known[name] = template

    def usable(self, body: Mapping[str, Any]) -> Template | None:
        """Return the template of a message to send, None for other messages; else GraphError."""
        if body.get("type") != "template":
            return None
        template = self._known.get(body["template"]["name"], Template())
        refusal = REFUSALS.get(template.status)
        if refusal is not None:
            raise GraphError(*refusal)
        return template
