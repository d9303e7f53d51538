#!/usr/bin/env bash
# containerd, its shim for runc and ctr into FOLDER; the CNI plugins bridge, loopback, host-local and portmap into FOLDER/cni.
# runc itself is one of the Debian packages.
# shellcheck source=tests/lab/parts/part.sh
source "$(dirname "$0")/../part.sh"
containerd=github.com/containerd/containerd/v2
plugins=github.com/containernetworking/plugins

versions() {
  echo "containerd $(module_version "$containerd")"
  echo "cni-plugins $(module_version "$plugins")"
}

build() {
  local program plugin version
  needs go Go
  version=$(module_version "$containerd")
  for program in containerd containerd-shim-runc-v2 ctr; do
    go_program "$program" "$containerd/cmd/$program" -tags "no_btrfs no_devmapper no_zfs" \
      -ldflags "-s -w -X $containerd/version.Version=v$version"
  done
  for plugin in main/bridge main/loopback ipam/host-local meta/portmap; do
    go_program "cni/${plugin#*/}" "$plugins/plugins/$plugin" \
      -ldflags "-s -w -X $plugins/pkg/utils/buildversion.BuildVersion=v$(module_version "$plugins")"
  done
}

part "$@"
