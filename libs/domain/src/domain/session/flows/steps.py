"""The steps of a conversation, those that wait and those that do not."""

from typing import Annotated, Any, TypeAlias

from pydantic import Discriminator, Tag

from domain.session.flows.steps_passing import (
    Branch,
    Call,
    Complete,
    Say,
    SendTemplate,
    Set,
)
from domain.session.flows.steps_waiting import (
    Ask,
    FlowForm,
    HandOff,
    Lookup,
    Wait,
)

KINDS = (
    "ask",
    "say",
    "branch",
    "set",
    "call",
    "hand_off",
    "template",
    "flow_form",
    "lookup",
    "wait",
    "complete",
)


def _kind_of_step(data: Any) -> str | None:
    keys = data if isinstance(data, dict) else getattr(data, "model_fields_set", ())
    found = [key for key in KINDS if key in keys]
    return found[0] if len(found) == 1 else None


Step: TypeAlias = (
    Ask | Say | Branch | Set | Call | HandOff | SendTemplate | FlowForm | Lookup | Wait | Complete
)

AnyStep: TypeAlias = Annotated[
    Annotated[Ask, Tag("ask")]
    | Annotated[Say, Tag("say")]
    | Annotated[Branch, Tag("branch")]
    | Annotated[Set, Tag("set")]
    | Annotated[Call, Tag("call")]
    | Annotated[HandOff, Tag("hand_off")]
    | Annotated[SendTemplate, Tag("template")]
    | Annotated[FlowForm, Tag("flow_form")]
    | Annotated[Lookup, Tag("lookup")]
    | Annotated[Wait, Tag("wait")]
    | Annotated[Complete, Tag("complete")],
    Discriminator(
        _kind_of_step,
        custom_error_type="kind_of_step",
        custom_error_message=f"a step has exactly one of {', '.join(KINDS[:-1])} and {KINDS[-1]}",
    ),
]

__all__ = [
    "KINDS",
    "AnyStep",
    "Ask",
    "Branch",
    "Call",
    "Complete",
    "FlowForm",
    "HandOff",
    "Lookup",
    "Say",
    "SendTemplate",
    "Set",
    "Step",
    "Wait",
]
