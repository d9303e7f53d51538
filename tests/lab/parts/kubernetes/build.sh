#!/usr/bin/env bash
# The control plane of the API server tests, and with it what a node needs: one go.mod and one version for both.
set -euo pipefail
binaries=$(cd "$(dirname "$0")/../../../apiserver/binaries" && pwd)
if [ "${1:-}" = --versions ]; then
  sed -n -E 's#^(require)?[[:space:]]*(k8s.io/kubernetes|go.etcd.io/etcd/server/v3) v([^ ]*).*#\2 \3#p' "$binaries/go.mod" |
    sed -e 's#^k8s.io/##' -e 's#^go.etcd.io/etcd/server/v3#etcd#' | sort -u
else
  exec "$binaries/build.sh" kube-scheduler kubelet kube-proxy
fi
