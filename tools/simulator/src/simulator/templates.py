"""The templates of the business, as far as they decide what becomes of a send."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from simulator.graph_errors import GraphError
from simulator.template_forms import Components, check_language

Category: TypeAlias = Literal["utility", "marketing", "authentication"]
Standing: TypeAlias = Literal["approved", "missing", "paused", "disabled", "syncing"]

REFUSALS: Mapping[Standing, tuple[int, str]] = {
    "missing": (132001, "Template name does not exist in the translation"),
    "paused": (132015, "Template is paused due to low quality"),
    "disabled": (132016, "Template is disabled"),
    "syncing": (134101, "Template is syncing; try again in 10 minutes"),
}


class Template(BaseModel):
    """What it is for, whether it may be used, and what a send has to fill in.

    Without `languages` it exists in each, without `components` it takes whatever is sent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    category: Category = "utility"
    status: Standing = "approved"
    languages: Sequence[str] | None = None
    components: Components | None = None

    def check(self, template: Mapping[str, Any]) -> None:
        """Raise GraphError where this send of it is refused."""
        refusal = REFUSALS.get(self.status)
        if refusal is not None:
            raise GraphError(*refusal)
        if self.languages is not None:
            check_language(template, self.languages)
        if self.components is not None:
            self.components.check(template)


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
        template.check(body["template"])
        return template
