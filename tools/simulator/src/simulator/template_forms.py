"""What a template was approved as, and whether a send fills it in so (Meta: error-codes 1320xx)."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from simulator.graph_errors import MISSING_PARAMETER, GraphError
from simulator.template_components import components_of, parameters_of

MISCOUNTED, MISSING, TOO_LONG, MISFORMED = 132000, 132001, 132005, 132012
LONGEST = 1024
HeaderFormat: TypeAlias = Literal["text", "image", "video", "document", "location"]
ButtonType: TypeAlias = Literal[
    "quick_reply", "url", "flow", "copy_code", "catalog", "phone_number"
]
NEEDS_PARAMETER = frozenset({"url", "copy_code"})
"""Buttons of these types that have a variable; a described one has."""


class Components(BaseModel):
    """The variables of a template: what a send has to fill in."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    header: HeaderFormat | None = None
    """The format of a header with something to fill in."""
    body: int | Sequence[str] = 0
    """How many variables the body has, or their names."""
    buttons: Sequence[ButtonType] = ()

    def check(self, template: Mapping[str, Any]) -> None:
        """Raise GraphError with Meta's code where the send does not fit."""
        given = components_of(template)
        self._check_header([one for one in given if one["type"] == "header"])
        self._check_body([one for one in given if one["type"] == "body"])
        self._check_buttons([one for one in given if one["type"] == "button"])

    def _check_header(self, given: Sequence[Mapping[str, Any]]) -> None:
        found = [value["type"] for one in given for value in parameters_of(one)]
        expected = [self.header] if self.header else []
        if len(found) != len(expected):
            raise _miscounted("header", len(found), len(expected))
        if found != expected:
            raise GraphError(
                MISFORMED, f"header: Format mismatch, expected {self.header}, received {found[0]}"
            )

    def _check_body(self, given: Sequence[Mapping[str, Any]]) -> None:
        values = [value for one in given for value in parameters_of(one)]
        names = () if isinstance(self.body, int) else tuple(self.body)
        expected = self.body if isinstance(self.body, int) else len(names)
        if len(values) != expected:
            raise _miscounted("body", len(values), expected)
        if names and {value.get("parameter_name") for value in values} != set(names):
            raise GraphError(MISFORMED, f"body: the parameters are named {', '.join(names)}")
        if sum(len(str(value.get("text", ""))) for value in values) > LONGEST:
            raise GraphError(TOO_LONG, "The text of the body is too long with its parameters")

    def _check_buttons(self, given: Sequence[Mapping[str, Any]]) -> None:
        filled = {int(one["index"]): str(one["sub_type"]).lower() for one in given}
        for index, sub_type in filled.items():
            if index >= len(self.buttons) or self.buttons[index] != sub_type:
                raise GraphError(MISFORMED, f"buttons: there is no {sub_type} at index {index}")
        for index, sub_type in enumerate(self.buttons):
            if sub_type in NEEDS_PARAMETER and index not in filled:
                raise GraphError(
                    MISSING_PARAMETER,
                    f"buttons: Button at index {index} of type {sub_type} requires a parameter",
                )


def check_language(template: Mapping[str, Any], languages: Sequence[str]) -> None:
    """Raise GraphError unless the template exists in the language asked for."""
    code = template["language"]["code"]
    if code not in languages:
        raise GraphError(MISSING, f"Template name ({template['name']}) does not exist in {code}")


def _miscounted(place: str, found: int, expected: int) -> GraphError:
    return GraphError(
        MISCOUNTED,
        f"{place}: number of localizable_params ({found}) does not match the expected number of "
        f"params ({expected})",
    )
