"""Settings say what a value must be, and never what it is."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    DirectoryPath,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
)

from streaming.refusing import Unfit, fault, refusal

HIDDEN = "hidden"


def _never(_: object) -> object:
    raise Unfit("must be something else")


def _quoting(given: object) -> object:
    raise ValueError(f"{given} is no good")


def _in_own_words(_: object) -> object:
    raise refusal("X and Y go together")


class Knobs(BaseModel):
    """One of each kind."""

    whole: int = 1
    between: float = Field(default=0.5, ge=0, le=1)
    above: float = Field(default=8.0, gt=7)
    below: int = Field(default=0, lt=10)
    switch: bool = False
    word: Literal["some", "none"] = "none"
    name: str = Field(default="a", pattern="^[a-z]+$")
    short: str = Field(default="a", max_length=3)
    filled: str = Field(default="a", min_length=1)
    token: SecretStr = Field(default=SecretStr("a"), min_length=16)
    numbers: tuple[str, ...] = Field(default=("1", "2"), min_length=2)
    table: dict[str, str] = Field(default_factory=dict)
    url: HttpUrl = HttpUrl("http://localhost")
    folder: DirectoryPath = Path("/")
    moment: AwareDatetime | None = None
    ours: Annotated[object, AfterValidator(_never)] = None
    quoting: Annotated[object, AfterValidator(_quoting)] = None
    pair: Annotated[object, AfterValidator(_in_own_words)] = None


@pytest.mark.parametrize(
    ("field", "given", "told"),
    [
        ("whole", HIDDEN, "it must be a whole number"),
        ("between", "1.5", "it must be 1 or less"),
        ("between", HIDDEN, "it must be a number"),
        ("above", "7", "it must be more than 7"),
        ("below", "10", "it must be less than 10"),
        ("switch", HIDDEN, "it must be true or false"),
        ("word", HIDDEN, "it must be 'some' or 'none'"),
        ("name", "HIDDEN", "it must match ^[a-z]+$"),
        ("short", HIDDEN, "it must have 3 letters or less"),
        ("filled", "", "it must not be empty"),
        ("token", HIDDEN, "it must have 16 letters or more"),
        ("numbers", ["1"], "it must have 2 entries or more"),
        ("numbers", HIDDEN, "it must be a list"),
        ("table", HIDDEN, "it must be a JSON object"),
        ("url", HIDDEN, "it must be a web address"),
        ("folder", f"/{HIDDEN}", "it must be a folder that is there"),
        ("moment", HIDDEN, "it must be a time, as in 2026-11-26T09:30:00Z"),
        ("moment", "2026-11-26T09:30:00", "it must say its zone, as in 2026-11-26T09:30:00Z"),
        ("ours", HIDDEN, "it must be something else"),
    ],
)
def test_a_value_is_refused_by_what_it_must_be(field: str, given: object, told: str) -> None:
    assert _told(field, given) == f"X is not valid: {told}"


def test_words_that_may_quote_the_value_are_not_passed_on() -> None:
    assert _told("quoting", HIDDEN) == "X is not valid"


def test_a_refusal_of_our_own_speaks_for_itself() -> None:
    assert _told("pair", HIDDEN) == "X and Y go together"


def _told(field: str, given: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Knobs.model_validate({field: given})
    [problem] = refused.value.errors()
    return fault("X", problem)
