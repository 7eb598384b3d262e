"""How settings refuse what cannot work, in words that whoever set them may read."""

import re
from collections.abc import Mapping

from pydantic import AfterValidator
from pydantic_core import ErrorDetails, PydanticCustomError

REFUSED = "refused"
"""The type of such errors; they have found words for all, the variables' names included."""

_FITTING = {
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), "must be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "must be true or false"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), "must be a list"),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type"), "must be a JSON object"),
    **dict.fromkeys(("url_parsing", "url_scheme", "url_type"), "must be a web address"),
    "string_type": "must be a text",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "string_pattern_mismatch": "must match {pattern}",
    "literal_error": "must be {expected}",
    "path_not_directory": "must be a folder that is there",
    "path_not_file": "must be a file that is there",
    "timezone_aware": "must say its zone, as in 2026-11-26T09:30:00Z",
}
"""What a value must be, by the type of the error; none of it is the value."""


class Unfit(ValueError):
    """A value cannot be used. Says what it must be, as in `must be https`, and never the value."""


def like(pattern: str, told: str) -> AfterValidator:
    """Make the check of a text that has to be like `pattern`, for whom a pattern says nothing."""

    def check(given: str) -> str:
        if re.fullmatch(pattern, given) is None:
            raise Unfit(told)
        return given

    return AfterValidator(check)


def refusal(told: str) -> PydanticCustomError:
    """Make the error for a validator to raise; `told` names variables and quotes no value."""
    return PydanticCustomError(REFUSED, "{told}", {"told": told})


def fault(variable: str, problem: ErrorDetails) -> str:
    """Say what is wrong with a variable, and what would be right; never its value."""
    if problem["type"] == REFUSED:
        return problem["msg"]
    if problem["type"] == "missing":
        return f"{variable} is missing"
    fitting = _fitting(problem["type"], problem.get("ctx", {}))
    return f"{variable} is not valid{f': it {fitting}' if fitting else ''}"


def _fitting(kind: str, about: Mapping[str, object]) -> str:
    if kind in {"string_too_short", "too_short"} and about["min_length"] == 1:
        return "must not be empty"
    unit = "letters" if about.get("field_type", "Value") == "Value" else "entries"
    if kind in {"string_too_short", "too_short"}:
        return f"must have {about['min_length']} {unit} or more"
    if kind in {"string_too_long", "too_long"}:
        return f"must have {about['max_length']} {unit} or less"
    if kind.startswith("datetime_"):
        return "must be a time, as in 2026-11-26T09:30:00Z"
    error = about.get("error")
    if isinstance(error, Unfit):
        return str(error)
    return _FITTING.get(kind, "").format_map({name: _plain(one) for name, one in about.items()})


def _plain(bound: object) -> object:
    return f"{bound:g}" if isinstance(bound, float) else bound
