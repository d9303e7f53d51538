#!/usr/bin/env bash
# Builds kube-apiserver, kube-controller-manager, kubectl and etcd from their Go modules, and the commands of
# Kubernetes that are named as arguments (kubelet ...); prints the folder they are in.
# The result is kept under a name made of this folder's files, so that it is built again only when one of them changes;
# a command that the folder lacks is added to it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=$(sed -n 's#^[[:space:]]*k8s.io/kubernetes \(v[0-9.]*\).*#\1#p' "$here/go.mod")
wanted=(kube-apiserver kube-controller-manager kubectl etcd "$@")
key=$(cat "$here/go.mod" "$here/go.sum" "$here/build.sh" "$here/etcd/main.go" | sha256sum | cut -c1-16)
out="${KUBEBUILDER_ASSETS:-${XDG_CACHE_HOME:-$HOME/.cache}/no502/apiserver-$key}"

# The wanted commands that the folder has not got.
missing() {
  local command
  for command in "${wanted[@]}"; do
    [ -x "$out/$command" ] || echo "$command"
  done
}

build() {
  local command=$1 package=k8s.io/kubernetes/cmd/$1 flags="-s -w" major minor holder
  if [ "$command" = etcd ]; then
    package=./etcd
  else
    IFS=. read -r major minor _ <<<"${version#v}"
    for holder in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
      flags+=" -X $holder.gitVersion=$version -X $holder.gitMajor=$major -X $holder.gitMinor=$minor"
    done
  fi
  echo "  $command" >&2
  CGO_ENABLED=0 nice go build -mod=readonly -trimpath -ldflags "$flags" -o "$out/$command.new" "$package"
  mv "$out/$command.new" "$out/$command"
}

if [ -n "$(missing)" ]; then
  if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    # The tests say themselves which command they cannot start; who names commands here wants to know now.
    [ $# -gt 0 ] || { echo "$out"; exit 0; }
    echo "KUBEBUILDER_ASSETS=$out lacks: $(missing | tr '\n' ' ')- add them, or unset the variable to have all built" >&2
    exit 1
  fi
  command -v go >/dev/null || {
    echo "go is missing: Kubernetes is built from source (or set KUBEBUILDER_ASSETS to a folder with the binaries)" >&2
    exit 1
  }
  echo "building Kubernetes for the tests ($version), about five minutes once ..." >&2
  mkdir -p "$out"
  exec 9>"$out.lock"
  flock 9
  cd "$here"
  for command in $(missing); do
    build "$command"
  done
fi
echo "$out"
