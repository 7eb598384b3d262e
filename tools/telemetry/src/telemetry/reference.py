"""The page docs/reference/telemetry.md: every span and metric, written from the code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

import crm_notifier.handlers
import file_manager.handlers.metrics
import ingress.handlers.metrics
import sender.use_cases.metrics
import session_core.use_cases.metrics
import streaming.metrics
from crm_notifier.adapters.http_client import CALL
from crm_notifier.adapters.salesforce_rest import COMPOSITE
from crm_notifier.adapters.salesforce_tokens import TOKEN
from crm_notifier.adapters.signed_webhook import TELL
from crm_notifier.adapters.stored_files import FETCH, LOCATE
from file_manager.adapters import s3_failures
from file_manager.adapters.clamd import PING, SCAN
from file_manager.adapters.whatsapp_media import DOWNLOAD, LOOK_UP
from ingress.handlers.webhook_api import WEBHOOK
from sender.adapters.whatsapp_cloud import SEND_MESSAGE
from sender.adapters.whatsapp_media_library import UPLOAD_MEDIA
from sender.handlers import RESUME
from session_core.adapters.kafka_event_publisher import PUBLISH
from session_core.adapters.postgres_event_store import APPEND, LOAD
from session_core.use_cases.following import BATCH, COMMAND
from streaming.traced import SPANS, Traced

FILE = "telemetry.md"
_WORDS = Path(__file__).with_name("page.md")
"""What the page says around its tables."""


@dataclass(frozen=True, slots=True)
class Teller:
    """A service, or what all of them have in common, with what it tells of itself."""

    name: str
    spans: Sequence[Traced]
    module: ModuleType
    """Where its metrics are."""

    @property
    def metrics(self) -> Sequence[MetricWrapperBase]:
        """Its metrics, as they stand there; one that has its labels already counts with its own."""
        first: dict[str, MetricWrapperBase] = {}
        for one in vars(self.module).values():
            if isinstance(one, MetricWrapperBase):
                first.setdefault(name_of(one), one)
        return [*first.values()]


TELLERS = (
    Teller("Every service", SPANS, streaming.metrics),
    Teller("ingress", (WEBHOOK,), ingress.handlers.metrics),
    Teller("session-core", (BATCH, COMMAND, LOAD, APPEND, PUBLISH), session_core.use_cases.metrics),
    Teller("sender", (SEND_MESSAGE, UPLOAD_MEDIA, RESUME), sender.use_cases.metrics),
    Teller(
        "file-manager",
        (LOOK_UP, DOWNLOAD, PING, SCAN, *s3_failures.SPANS),
        file_manager.handlers.metrics,
    ),
    Teller("crm-notifier", (TELL, COMPOSITE, TOKEN, CALL, LOCATE, FETCH), crm_notifier.handlers),
)


def files() -> Sequence[tuple[str, str]]:
    """Give the page, with its name below docs/reference."""
    page = _WORDS.read_text()
    page = page.replace("<spans>\n", "\n".join(_spans()) + "\n")
    return ((FILE, page.replace("<metrics>\n", "\n".join(_metrics()) + "\n")),)


def name_of(metric: MetricWrapperBase) -> str:
    """Give the name under which Prometheus sees it, of a histogram without suffix."""
    (family,) = metric.describe()
    return f"{family.name}_total" if isinstance(metric, Counter) else family.name


def _spans() -> Iterator[str]:
    for teller in TELLERS:
        yield f"### {teller.name}\n"
        yield "| span | kind | what it stands for | below | links to | attributes |"
        yield "|---|---|---|---|---|---|"
        yield from map(_of_span, teller.spans)
        yield ""


def _metrics() -> Iterator[str]:
    for teller in TELLERS:
        yield f"### {teller.name}\n"
        yield "| metric | kind | what it tells | labels |"
        yield "|---|---|---|---|"
        yield from map(_of_metric, teller.metrics)
        yield ""


def _of_span(one: Traced) -> str:
    name = one.name.replace("{}", "{topic}")
    attributes = ", ".join(_attribute(one, name) for name in one.attributes)
    cells = [f"`{name}`", one.kind.name, one.means, one.below, one.links, attributes]
    return f"| {' | '.join(cells)} |"


def _attribute(one: Traced, name: str) -> str:
    return f"`{name}={one.always[name]}`" if name in one.always else f"`{name}`"


def _of_metric(metric: MetricWrapperBase) -> str:
    (family,) = metric.describe()
    kind = family.type
    if isinstance(metric, Histogram):
        kind += f", up to {metric._upper_bounds[-2]:g}"  # noqa: SLF001 there is no other way to know
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)  # noqa: SLF001 the same
    return f"| `{name_of(metric)}` | {kind} | {family.documentation} | {labels} |"
