"""Write the generated schemas to docs/reference; `make schemas` calls it."""

from pathlib import Path

from domain.schemas import files

FOLDER = Path(__file__).parents[1] / "docs" / "reference"

for path, text in files():
    (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
    (FOLDER / path).write_text(text)
