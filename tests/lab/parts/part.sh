#!/usr/bin/env bash
# What the parts have in common; their build.sh sources it, defines `versions` and `build`, and ends with `part "$@"`.
# shellcheck disable=SC2034 # flags and here are for the script that sources this file
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$here")
export GOFLAGS=-mod=readonly CGO_ENABLED=0
minutes="about a minute"

# The key of a part is made of the files in its folder, and of what the part itself adds to it.
key_of() {
  { (cd "$here" && find . -type f ! -name '*.md' | LC_ALL=C sort | xargs cat); printf '%s' "$*"; } | sha256sum | cut -c1-16
}

# needs PROGRAM WHAT_TO_INSTALL
needs() {
  command -v "$1" >/dev/null || {
    echo "$name: $1 is missing: install $2" >&2
    exit 1
  }
}

# The version of a module that the part's go.mod names: module_version MODULE
module_version() {
  sed -n -E "s#^(require)?[[:space:]]*$1 v([^ ]*).*#\2#p" "$here/go.mod" | head -1
}

# The folder of a module's source: module_folder MODULE
module_folder() {
  (cd "$here" && go mod download "$1" >&2 && go list -m -f '{{.Dir}}' "$1")
}

# Builds one program from the part's go.mod: go_program NAME PACKAGE [GO_FLAG...]
go_program() {
  local program=$1 package=$2
  shift 2
  echo "  $program" >&2
  (cd "$here" && nice go build -trimpath "$@" -o "$out/$program" "$package")
}

# The folder of the part.
place_of_part() {
  echo "${XDG_CACHE_HOME:-$HOME/.cache}/no502/$name-$(key_of "${salt:-}")"
}

# Prints the part's folder; `build` fills it first, in $out, when it is not there yet.
part() {
  if [ "${1:-}" = --versions ]; then
    versions
    return
  fi
  local place
  place=$(place_of_part)
  if [ ! -f "$place/complete" ]; then
    mkdir -p "$place"
    exec 9>"$place.lock"
    flock 9
    if [ ! -f "$place/complete" ]; then
      echo "building $name ($(versions | paste -sd ' ')), $minutes once ..." >&2
      out=$place
      find "$place" -mindepth 1 -delete
      build >&2 9>&-
      touch "$place/complete"
    fi
  fi
  echo "$place"
}
