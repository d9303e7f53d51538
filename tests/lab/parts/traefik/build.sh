#!/usr/bin/env bash
# Traefik into FOLDER. Its definitions go into FOLDER/crds, for experiments with its own objects; it starts without them.
# shellcheck source=tests/lab/parts/part.sh
source "$(dirname "$0")/../part.sh"
traefik=github.com/traefik/traefik/v3
minutes="five minutes"

versions() {
  echo "traefik $(module_version "$traefik")"
}

build() {
  needs go Go
  mkdir "$out/crds"
  install -m 644 "$(module_folder "$traefik")/docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml" \
    "$out/crds/traefik.yaml"
  go_program traefik "$traefik/cmd/traefik" -ldflags "-s -w -X $traefik/pkg/version.Version=$(module_version "$traefik")"
}

part "$@"
