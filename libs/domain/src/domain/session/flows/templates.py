"""Templates: a flow's own for closed windows, and those that a step sends."""

from collections.abc import Mapping

from domain.messages import OutboundTemplate, TextParameter
from domain.messages.limits import exceeded
from domain.session.flows.phrases import phrase
from domain.session.flows.scope import Scope
from domain.session.flows.steps_passing import Template


def filled(template: Template | None, scope: Scope) -> OutboundTemplate | None:
    """Return the template with the answers in it.

    None where there is none, or an answer is not there yet or too long for a parameter.
    """
    if template is None:
        return None
    # Meta refuses a parameter that is empty or has line breaks or wide gaps.
    words = {text: " ".join(phrase(text).fill(scope).split()) for text in template.texts}
    if not all(words.values()):
        return None
    message = filled_with(template, words)
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
