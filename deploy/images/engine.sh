#!/usr/bin/env bash
# Makes sure that a Docker engine can be started by hand: Debian's packages, none of them started.
# With --there it installs nothing, and says what was left out where one cannot be.
set -euo pipefail
needed=(docker.io mmdebstrap iproute2 iptables)
missing=()
for package in "${needed[@]}"; do
  if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then missing+=("$package"); fi
done
if [ "${1:-}" = --there ]; then
  if [ ${#missing[@]} = 0 ] && [ "$(id -u)" = 0 ]; then exit 0; fi
  echo "No image was built and the compose file not started: make images-check does, as root on Debian"
  exit 1
fi
if [ ${#missing[@]} = 0 ]; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "images-check needs ${missing[*]} of Debian and the rights of root" >&2
  exit 1
fi
echo "Installing the system's packages ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
