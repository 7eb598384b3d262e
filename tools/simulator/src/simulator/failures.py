"""What goes wrong with the next so many sends: told through the control API, used up one by one."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulator.graph_errors import TITLES
from simulator.people import KEY, Person

How: TypeAlias = Literal["refused", "failed", "lost", "unreached"]
"""Refused by the answer; accepted and failed later by a status webhook; accepted with an answer
that never arrives; never arrived itself."""


class Failure(BaseModel):
    """So it goes with the next `times` sends, to everybody or `to` one person."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    how: How = "refused"
    code: int | None = None
    """One of Meta's, needed for `refused` and `failed`."""
    times: int = Field(default=1, ge=1)
    to: Annotated[str, Field(pattern=KEY)] | None = None

    @model_validator(mode="after")
    def _coded(self) -> "Failure":
        needs_code = self.how in {"refused", "failed"}
        if needs_code and self.code not in TITLES:
            raise ValueError("code must be one of Meta's error codes, such as 131056")
        if not needs_code and self.code is not None:
            raise ValueError(f"a send that is {self.how} carries no code")
        return self


class Failures:
    """Those that wait to happen; the first that fits a send is used."""

    def __init__(self) -> None:
        self._waiting: list[Failure] = []

    def waiting(self) -> list[Failure]:
        """Return what is left, in the order in which it was told."""
        return list(self._waiting)

    def add(self, failure: Failure) -> None:
        """Let it happen to the next sends that it fits."""
        self._waiting.append(failure)

    def clear(self) -> None:
        """Let nothing happen any more."""
        self._waiting.clear()

    def take(self, person: Person) -> Failure | None:
        """Return what happens to this send, and use it up once."""
        names = {None, person.wa_id, person.user_id}
        for place, failure in enumerate(self._waiting):
            if failure.to in names:
                left = failure.times - 1
                rest = [failure.model_copy(update={"times": left})] if left else []
                self._waiting[place : place + 1] = rest
                return failure
        return None
