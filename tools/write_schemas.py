"""Write the generated schemas and API documents to docs/reference; `make schemas` calls it."""

from pathlib import Path

from domain.schemas import files
from session_core.app.query_api import openapi

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

for path, text in (*files(), ("query-api.json", openapi())):
    (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
    (FOLDER / path).write_text(text)
