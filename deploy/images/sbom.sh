#!/usr/bin/env bash
# Writes what each image holds: dist/sbom/NAME.cdx.json (CycloneDX) and NAME.licences.md.
# Another Python than that of the images may need other packages: make sbom IMAGE_PYTHON=python3.12
#   UV, PYTHON     the commands
set -euo pipefail
cd "$(dirname "$0")/../.."

uv=${UV:-uv}
for name in "$@"; do
  if ! compgen -G "*/$name/Dockerfile" >/dev/null; then
    echo "nothing with a Dockerfile is called $name" >&2
    exit 1
  fi
done
made=$PWD/dist/sbom
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$made"
for dockerfile in */*/Dockerfile; do
  member=$(dirname "$dockerfile")
  name=$(basename "$member")
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  UV_PROJECT_ENVIRONMENT="$work/$name" "$uv" sync --locked --quiet --package "wa-$name" \
    --no-dev --no-editable --python "${PYTHON:-python3}"
  .venv/bin/cyclonedx-py environment --output-reproducible --spec-version 1.6 --output-format JSON \
    --pyproject "$member/pyproject.toml" --output-file "$made/$name.cdx.json" "$work/$name"
  .venv/bin/pip-licenses --python "$work/$name/bin/python" --from=mixed --with-system \
    --order=license --format=markdown --output-file "$made/$name.licences.md" >/dev/null
  echo "dist/sbom/$name.cdx.json dist/sbom/$name.licences.md"
done
