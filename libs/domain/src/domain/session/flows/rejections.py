"""What a flow says of a file that is not kept."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from domain.commands.file_rejections import OTHER, REJECTIONS


def _known(code: str) -> str:
    if code not in REJECTIONS:
        raise ValueError(f"is no reason; there are {', '.join(sorted(REJECTIONS))}")
    return code


RejectionCode: TypeAlias = Annotated[str, AfterValidator(_known)]
"""Why a file is not kept, as in `file.rejected`."""


def said_of(code: str) -> Mapping[str, str]:
    """Return what is said of it where the flow has no words of its own, by language."""
    known = REJECTIONS.get(code)
    return OTHER if known is None else known.says
