"""Are the variables of each service right: by the very settings that the service goes by."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import groupby

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from agentctl.findings import Finding, failed, ok, skipped, warning
from crm_notifier.settings import Settings as CrmNotifierSettings
from file_manager.settings import Settings as FileManagerSettings
from ingress.settings import Settings as IngressSettings
from sender.settings import Settings as SenderSettings
from session_core.settings import Settings as SessionCoreSettings
from streaming.counting import counted
from streaming.service import complaints

SERVICES: Mapping[str, type[BaseSettings]] = {
    "ingress": IngressSettings,
    "session-core": SessionCoreSettings,
    "sender": SenderSettings,
    "file-manager": FileManagerSettings,
    "crm-notifier": CrmNotifierSettings,
}
_SAME_EVERYWHERE = (
    *("KAFKA_BOOTSTRAP_SERVERS", "TOPIC_PREFIX", "KAFKA_SECURITY_PROTOCOL"),
    *("GRAPH_URL", "GRAPH_VERSION", "ACCESS_TOKEN"),
)
_ALIKE = 0.8
_REFERENCE = "services/{}/README.md lists them"


def configuration(environ: Mapping[str, str]) -> Sequence[Finding]:
    """Check the variables of each service that has any here."""
    findings = [one for service in SERVICES for one in _service(service, environ)]
    return [*findings, *_agreement(environ)]


def prefix_of(service: str) -> str:
    """Give what the variables of a service begin with."""
    return service.upper().replace("-", "_") + "_"


def _service(service: str, environ: Mapping[str, str]) -> Iterator[Finding]:
    check = f"config {service}"
    own = {name for name in environ if name.startswith(prefix_of(service))}
    if not own:
        yield skipped(check, "it has no variables here")
        return
    try:
        _read(SERVICES[service])
    except (ValidationError, SettingsError) as error:
        problems = complaints(SERVICES[service], error)
        yield failed(check, "; ".join(problems), _REFERENCE.format(service))
    else:
        yield ok(check, counted(len(own), "variable"))
    yield from _unknown(check, service, own)


def _read(settings: type[BaseSettings]) -> None:
    settings()


def _unknown(check: str, service: str, own: set[str]) -> Iterator[Finding]:
    prefix = prefix_of(service)
    known = {prefix + field.upper() for field in SERVICES[service].model_fields}
    for name in sorted(own - known):
        alike = get_close_matches(name, known, n=1, cutoff=_ALIKE)
        hint = f"did you mean {alike[0]}?" if alike else _REFERENCE.format(service)
        yield warning(check, f"{name} means nothing to {service}", hint)


def _agreement(environ: Mapping[str, str]) -> Iterator[Finding]:
    for name in _SAME_EVERYWHERE:
        given = sorted(
            (environ[variable], variable)
            for service in SERVICES
            if (variable := prefix_of(service) + name) in environ
        )
        sides = [[v for _, v in group] for _, group in groupby(given, key=lambda one: one[0])]
        if len(sides) > 1:
            told = " and ".join(side[0] for side in sides)
            yield failed("config", f"{told} differ", f"give all services the same {name.lower()}")
