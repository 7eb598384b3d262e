"""What has to be there outside of a flow before it can be used."""

from collections.abc import Iterator

from domain.session.flows.definition import Definition
from domain.session.flows.steps import Call, FlowForm, HandOff, Lookup, Say, SendTemplate
from domain.session.flows.steps_passing import Template


def needs(flow: Definition) -> Iterator[str]:
    """Yield templates, files, forms, lookups, teams and flows, each once."""
    yield from dict.fromkeys(_needs(flow))


def _needs(flow: Definition) -> Iterator[str]:
    if flow.template:
        yield _template(flow.template)
    if flow.agent.team:
        yield f"team {flow.agent.team}"
    for step in flow.steps:
        match step:
            case SendTemplate():
                yield _template(step.template)
            case Say(media=media) if media:
                yield f"{media.type} {media.link or media.id}"
            case FlowForm():
                yield f"form {step.flow_form.flow} (a published WhatsApp Flow)"
            case Lookup():
                yield f"lookup {step.lookup.name} (a service that answers it)"
            case HandOff(hand_off=handing) if handing.team:
                yield f"team {handing.team}"
            case Call():
                yield f"flow {step.call.flow}"
            case _:
                pass


def _template(template: Template) -> str:
    kind = f", {template.category}" if template.category else ""
    return f"template {template.name} ({template.language}{kind})"
