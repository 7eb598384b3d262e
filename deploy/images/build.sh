#!/usr/bin/env bash
# Builds the image of every member that has a Dockerfile, or of those named: build.sh [NAME...]
#   VERSION        tag and label (the project's)
#   REGISTRY       what comes before whatsapp-agent/NAME, such as registry.example.com/team (nothing)
#   PLATFORMS      such as linux/amd64,linux/arm64 (this machine's alone); several are built by buildx
#   PUSH           1: to the registry, with provenance and an SBOM; else several platforms of one
#                  image become dist/images/NAME.tar, an OCI archive
#   PYTHON_IMAGE   the base (what the Dockerfiles say)
#   DOCKER         the engine's command (docker)
#   BUILD_OPTIONS  further words for each build
set -euo pipefail
cd "$(dirname "$0")/../.."

version=${VERSION:-$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)}
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
read -r -a docker <<<"${DOCKER:-docker}"
read -r -a options <<<"${BUILD_OPTIONS:-}"
options+=(--build-arg "VERSION=$version" --build-arg "REVISION=$revision")
if [ -n "${PYTHON_IMAGE:-}" ]; then options+=(--build-arg "PYTHON_IMAGE=$PYTHON_IMAGE"); fi

how=(build)
if [ -n "${PLATFORMS:-}" ]; then how=(buildx build --platform "$PLATFORMS"); fi
if [ -n "${PUSH:-}" ]; then how=(buildx build ${PLATFORMS:+--platform "$PLATFORMS"} --push --provenance=true --sbom=true); fi

for name in "$@"; do
  if ! compgen -G "*/$name/Dockerfile" >/dev/null; then
    echo "nothing with a Dockerfile is called $name" >&2
    exit 1
  fi
done
for dockerfile in */*/Dockerfile; do
  member=$(dirname "$dockerfile")
  name=$(basename "$member")
  if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
  tag="${REGISTRY:+$REGISTRY/}whatsapp-agent/$name:$version"
  to=()
  if [ -n "${PLATFORMS:-}" ] && [ -z "${PUSH:-}" ]; then
    mkdir -p dist/images
    to=(--output "type=oci,dest=dist/images/$name.tar")
  fi
  echo "$tag"
  DOCKER_BUILDKIT=1 "${docker[@]}" "${how[@]}" --quiet "${options[@]}" ${to[@]+"${to[@]}"} -f "$dockerfile" -t "$tag" . >/dev/null
done
