#!/usr/bin/env bash
# Builds the parts of the laboratory that are missing and prints `PART FOLDER` lines: build.sh [PART...]
# With --versions: prints `PROGRAM VERSION` lines of what the parts are made of, and builds nothing.
# Each part is a folder beside this file with a build.sh of its own; progress goes to stderr.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
parts=(debian kubernetes containerd ingress-nginx contour traefik)
option=
if [ "${1:-}" = --versions ]; then
  option=$1
  shift
fi
[ $# -eq 0 ] || parts=("$@")
for part in "${parts[@]}"; do
  if [ ! -x "$here/$part/build.sh" ]; then
    echo "there is no part $part: the parts are the folders in $here" >&2
    exit 2
  fi
  if [ -n "$option" ]; then
    "$here/$part/build.sh" "$option"
  else
    folder=$("$here/$part/build.sh")
    echo "$part $folder"
  fi
done
