"""Write everything that is generated to docs/reference; `make schemas` calls it."""

from pathlib import Path

from agentctl import reference as agentctl_reference
from crm_notifier import mapping
from domain.schemas import files
from flow import reference, schema
from ingress.handlers import openapi as ingress_api
from session_core.app.query_api import openapi
from telemetry import reference as telemetry

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

APIS = (("ingress-api.json", ingress_api.openapi()), ("query-api.json", openapi()))

for path, text in (
    *files(),
    *APIS,
    *schema.files(),
    *reference.files(),
    *telemetry.files(),
    *agentctl_reference.files(),
    ("crm-map.schema.json", mapping.schema()),
):
    (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
    (FOLDER / path).write_text(text)
