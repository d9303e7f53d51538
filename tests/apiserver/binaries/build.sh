#!/usr/bin/env bash
# Builds kube-apiserver, kube-controller-manager, kubectl and etcd from their Go modules, prints the folder they are in.
# The result is kept under a name made of this folder's files, so that it is built again only when one of them changes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  echo "$KUBEBUILDER_ASSETS"
  exit 0
fi
command -v go >/dev/null || {
  echo "go is missing: the API server of the tests is built from source (or set KUBEBUILDER_ASSETS to a folder with the binaries)" >&2
  exit 1
}
version=$(sed -n 's#^[[:space:]]*k8s.io/kubernetes \(v[0-9.]*\).*#\1#p' "$here/go.mod")
key=$(cat "$here/go.mod" "$here/go.sum" "$here/build.sh" "$here/etcd/main.go" | sha256sum | cut -c1-16)
out="${XDG_CACHE_HOME:-$HOME/.cache}/no502/apiserver-$key"
if [ ! -f "$out/complete" ]; then
  echo "building the API server of the tests ($version), about five minutes once ..." >&2
  mkdir -p "$out"
  exec 9>"$out.lock"
  flock 9
  if [ ! -f "$out/complete" ]; then
    IFS=. read -r major minor _ <<<"${version#v}"
    flags="-s -w"
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
      flags+=" -X $package.gitVersion=$version -X $package.gitMajor=$major -X $package.gitMinor=$minor"
    done
    cd "$here"
    for command in kube-apiserver kube-controller-manager kubectl; do
      echo "  $command" >&2
      CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags "$flags" -o "$out/$command" "k8s.io/kubernetes/cmd/$command"
    done
    echo "  etcd" >&2
    CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags "-s -w" -o "$out/etcd" ./etcd
    touch "$out/complete"
  fi
fi
echo "$out"
