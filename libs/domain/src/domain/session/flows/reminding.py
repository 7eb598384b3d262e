"""The template with which a flow reaches somebody whose 24-hour window is closed."""

from collections.abc import Mapping

from domain.messages import OutboundTemplate, TextParameter
from domain.messages.limits import exceeded
from domain.session.flows.flow import Flow, Template
from domain.session.flows.turn import fill


def reminder(flow: Flow, answers: Mapping[str, str]) -> OutboundTemplate | None:
    """Return the flow's template, filled.

    None where it has none, or an answer is not there yet or too long for a parameter.
    """
    template = flow.definition.template
    if template is None:
        return None
    # Meta refuses a parameter that is empty or has line breaks or wide gaps.
    filled = {text: " ".join(fill(flow, text, answers).split()) for text in template.texts}
    if not all(filled.values()):
        return None
    message = filled_with(template, filled)
    return None if exceeded(message) else message


def filled_with(template: Template, words: Mapping[str, str]) -> OutboundTemplate:
    """Return the template with these words in the place of each text that its author wrote."""
    named = template.body.items() if isinstance(template.body, dict) else None
    body = (
        tuple(TextParameter(name=name, text=words[text]) for name, text in named)
        if named is not None
        else tuple(TextParameter(text=words[text]) for text in template.body)
    )
    return OutboundTemplate(
        name=template.name,
        language=template.language,
        category=template.category,
        header=TextParameter(text=words[template.header]) if template.header else None,
        body=body or None,
    )
