#!/usr/bin/env bash
# Makes sure that a Docker engine can be started by hand: Debian's packages, none of them started.
set -euo pipefail
needed=(docker.io mmdebstrap iproute2 iptables)
missing=()
for package in "${needed[@]}"; do
  if ! dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then missing+=("$package"); fi
done
if [ ${#missing[@]} = 0 ]; then exit 0; fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
  echo "images-check needs ${missing[*]} of Debian and the rights of root" >&2
  exit 1
fi
echo "Installing the system's packages ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
