"""What operators may write for a message: as on the wire, with a template's words left plain."""

from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from domain.messages import (
    OutboundButtons,
    OutboundContacts,
    OutboundFlow,
    OutboundLink,
    OutboundList,
    OutboundLocation,
    OutboundLocationRequest,
    OutboundMedia,
    OutboundReaction,
    OutboundReadReceipt,
    OutboundTemplate,
    OutboundText,
)
from domain.messages.template import BodyParameter, HeaderParameter


def _parameter(written: Any) -> Any:
    return {"type": "text", "text": written} if isinstance(written, str) else written


class WrittenTemplate(OutboundTemplate):
    """A template of the business account, by name and language; plain words are parameters."""

    header: (
        Annotated[
            HeaderParameter,
            BeforeValidator(_parameter, json_schema_input_type=HeaderParameter | str),
        ]
        | None
    ) = None
    body: (
        tuple[
            Annotated[
                BodyParameter,
                BeforeValidator(_parameter, json_schema_input_type=BodyParameter | str),
            ],
            ...,
        ]
        | None
    ) = None


def _as_on_the_wire(written: WrittenTemplate) -> OutboundTemplate:
    return OutboundTemplate(
        **{name: getattr(written, name) for name in WrittenTemplate.model_fields}
    )


OperatorTemplate: TypeAlias = Annotated[WrittenTemplate, AfterValidator(_as_on_the_wire)]
"""Is an OutboundTemplate once it was read."""

OperatorMessage: TypeAlias = Annotated[
    OutboundText
    | OutboundButtons
    | OutboundList
    | OutboundLink
    | OutboundFlow
    | OutboundLocationRequest
    | OutboundMedia
    | OutboundLocation
    | OutboundContacts
    | OutboundReaction
    | OutboundReadReceipt
    | OperatorTemplate,
    Field(discriminator="type"),
]
"""Is an OutboundMessage once it was read."""
