"""How settings refuse what cannot work, in words that whoever set them may read."""

from pydantic_core import PydanticCustomError

REFUSED = "refused"
"""The type of such errors; of others only the variable's name is told."""


def refusal(told: str) -> PydanticCustomError:
    """Make the error for a validator to raise; `told` names variables and quotes no value."""
    return PydanticCustomError(REFUSED, "{told}", {"told": told})
