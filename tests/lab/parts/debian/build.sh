#!/usr/bin/env bash
# Unpacks Debian packages into FOLDER/root without installing them: nothing on this machine changes, no service starts.
# The laboratory lays root/usr, root/etc and root/var over its own in a mount namespace. Packages that are installed here are
# left out, and so are their dependencies. Versions are those of the distribution, see FOLDER/versions.
# shellcheck source=tests/lab/parts/part.sh
source "$(dirname "$0")/../part.sh"
packages=(
  runc iproute2 nftables conntrack
  nginx libnginx-mod-http-lua libnginx-mod-http-headers-more-filter libnginx-mod-http-set-misc
  lua-resty-core lua-resty-lrucache lua-cjson lua-nginx-dns lua-nginx-cookie
  haproxy
)
minutes="a few seconds"
# Another release of the distribution has other libraries.
salt=$(sed -n -E 's/^(ID|VERSION_ID)=//p' /etc/os-release)

versions() {
  local package version
  # What was unpacked, not what the distribution would give today.
  cat "$(place_of_part)/versions" 2>/dev/null && return
  for package in "${packages[@]}"; do
    version=$({ apt-cache policy "$package" 2>/dev/null || true; } | sed -n 's/^  Candidate: //p')
    echo "$package ${version:-unknown}"
  done
}

build() {
  needs apt-get "the tools of Debian (this part is made of its packages; another distribution needs a part of its own)"
  needs dpkg-deb dpkg
  local archives=$out/archives package
  mkdir -p "$archives/partial" "$out"/root/{usr,etc,var}
  # The lists of a machine may be old, or not there yet.
  download "$archives" || { apt-get update --quiet=2 >&2 && download "$archives"; } || {
    echo "debian: the packages cannot be had, see above" >&2
    exit 1
  }
  for package in "$archives"/*.deb; do
    [ -e "$package" ] || continue
    dpkg-deb -x "$package" "$out/root"
  done
  merge_usr
  rm -r "$archives"
  versions >"$out/versions.new"
  mv "$out/versions.new" "$out/versions"
}

download() {
  apt-get install --download-only --no-install-recommends --yes --quiet=2 \
    -o Dir::Cache::archives="$1" -o Debug::NoLocking=1 -o APT::Sandbox::User=root "${packages[@]}" >&2
}

# Older packages still bring /bin, /sbin and /lib, which are links to folders of /usr.
merge_usr() {
  local folder
  for folder in bin sbin lib lib32 lib64 libx32; do
    [ -d "$out/root/$folder" ] || continue
    mkdir -p "$out/root/usr/$folder"
    cp -a "$out/root/$folder/." "$out/root/usr/$folder/"
    rm -r "${out:?}/root/$folder"
  done
}

part "$@"
