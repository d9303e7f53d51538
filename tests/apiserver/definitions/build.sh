#!/usr/bin/env bash
# Takes the definitions (CRDs) of the Gateway API's standard channel out of its Go module; prints the folder they are in.
# The result is kept under a name made of this folder's files, so that it is fetched again only when one of them changes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
key=$(cat "$here/go.mod" "$here/go.sum" "$here/build.sh" | sha256sum | cut -c1-16)
out="${XDG_CACHE_HOME:-$HOME/.cache}/no502/gateway-api-$key"

if [ ! -d "$out" ]; then
  command -v go >/dev/null || {
    echo "go is missing: the definitions of the Gateway API are taken from a Go module" >&2
    exit 1
  }
  mkdir -p "${out%/*}"
  exec 9>"$out.lock"
  flock 9
  if [ ! -d "$out" ]; then
    # Held against go.sum: what was fetched is what is meant.
    module=$(cd "$here" && go mod download -json sigs.k8s.io/gateway-api | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p')
    rm -rf "$out.new"
    mkdir "$out.new"
    install -m 644 "$module"/config/crd/standard/*.yaml "$out.new"
    mv "$out.new" "$out"
  fi
fi
echo "$out"
