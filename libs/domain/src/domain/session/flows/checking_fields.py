"""Fields that nothing has, and plural forms that a language does not."""

from collections.abc import Iterable, Iterator

from domain.session.flows.definition import Definition
from domain.session.flows.expressions import InvalidExpression
from domain.session.flows.flow import Flow
from domain.session.flows.formatting import plural_forms
from domain.session.flows.phrases import phrase
from domain.session.flows.scope import REFERRAL, REFERRAL_FIELDS, names_within
from domain.session.flows.steps import Ask
from domain.session.flows.wording import EVERY, PLAIN, Wording

_ROOTS = {
    "contact": ("name", "language", "opted_out"),
    "session": ("flow", "began_at", "trigger"),
    REFERRAL: REFERRAL_FIELDS,
    "now": (),
    "today": (),
}
_PLACE = ("latitude", "longitude", "name", "address")
_CARD = ("name", "phone")


def problems_of_fields(flow: Flow, scope: str, paths: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield a sentence for each path whose field nothing has."""
    for path in sorted(path for path in paths if len(path) > 1):
        where, fields = scope, path
        while len(fields) > 1 and f"{where}{fields[0]}." in flow.called:
            where, fields = f"{where}{fields[0]}.", fields[1:]
            if fields[0] not in {*names_within(flow, where)}:
                yield f"{'.'.join(path)}: the flow that is called has no {fields[0]}"
                break
        else:
            known = _fields(flow, where, fields[0])
            if len(fields) > 1 and known is not None and fields[1] not in known:
                yield f"{'.'.join(path)}: there is no {fields[1]} in {fields[0]}"


def _fields(flow: Flow, where: str, name: str) -> tuple[str, ...] | None:
    """Return the fields that this can have, none where only others know."""
    if name in _ROOTS:
        return _ROOTS[name]
    step = flow.steps.get(where + name)
    if not isinstance(step, Ask):
        return None
    if step.location:
        return _PLACE
    return _CARD if step.contact else ()


def problems_of_plurals(definition: Definition, wording: Wording) -> Iterator[str]:
    """Yield a sentence for each language that has other forms than a text gives it."""
    for key, text in wording.items():
        try:
            given = phrase(text).plurals
        except InvalidExpression:  # told elsewhere
            continue
        for language in _languages(definition, key) if given else ():
            every, whole = plural_forms(language)
            for forms in sorted(given - {len(every), len(whole)}):
                yield (
                    f"plural has {forms} forms, but {language} needs {len(whole)}: "
                    f"those for {', '.join(whole)}"
                )


def _languages(definition: Definition, key: str) -> tuple[str, ...]:
    if key == EVERY:
        return definition.languages
    return definition.languages[:1] if key == PLAIN else (key,)
