#!/usr/bin/env bash
# The controller of ingress-nginx into FOLDER, and into FOLDER/etc-nginx what its image has in /etc/nginx, changed so that
# Debian's nginx 1.22 takes it. The controller writes into /etc/nginx: bind a copy of the folder there, not the folder itself.
# shellcheck source=tests/lab/parts/part.sh
source "$(dirname "$0")/../part.sh"
controller=k8s.io/ingress-nginx

versions() {
  echo "ingress-nginx $(module_version "$controller")"
}

build() {
  needs go Go
  go_program nginx-ingress-controller "$controller/cmd/nginx" \
    -ldflags "-s -w -X $controller/version.RELEASE=v$(module_version "$controller") -X $controller/version.REPO=$controller"
  echo "  etc-nginx"
  cp -r "$(module_folder "$controller")/rootfs/etc/nginx" "$out/etc-nginx"
  chmod -R u+w "$out/etc-nginx"
  rm -r "$out/etc-nginx/lua/test"
  cp -r "$here/lua/." "$out/etc-nginx/lua/"
  from_debian
  change_template "$out/etc-nginx/template/nginx.tmpl"
}

# What Debian's nginx brings and its image brings too.
from_debian() {
  local debian file
  debian=$("$here/../debian/build.sh")/root
  for file in mime.types fastcgi_params; do
    # A machine that has nginx installed has them in place.
    [ -e "$debian/etc/nginx/$file" ] || debian=
    cp "$debian/etc/nginx/$file" "$out/etc-nginx/"
  done
}

# In: Lua, headers_more and set_misc are modules here. Out: the stream block, whose Lua module Debian lacks. `http2 on` is of 1.25; before, one
# `http2` behind one `listen` holds for all servers of that port.
change_template() {
  local module
  # shellcheck disable=SC2016 # the template's own dollar
  sed -i -e '/^pid {{ \.PID }};/i \
load_module /usr/lib/nginx/modules/ndk_http_module.so;\
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;\
load_module /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so;\
load_module /usr/lib/nginx/modules/ngx_http_set_misc_module.so;' \
    -e '/^stream {$/,/^}$/d' \
    -e '/{{ if \$cfg\.UseHTTP2 }}/,/{{ end }}/d' \
    -e '/# backend for when default-backend-service is not configured/i \
    server { listen {{ $all.ListenPorts.HTTPS }} ssl http2; server_name http2.invalid; return 404; }' "$1"
  for module in ndk_http ngx_http_lua ngx_http_headers_more_filter ngx_http_set_misc; do
    grep -q "^load_module .*/${module}_module.so;" "$1" || changed_elsewhere "the pid line"
  done
  if grep -q '^stream {' "$1"; then changed_elsewhere "the stream block"; fi
  if grep -q 'http2 on' "$1" || ! grep -q 'ssl http2;' "$1"; then changed_elsewhere "http2"; fi
}

changed_elsewhere() {
  echo "ingress-nginx: the template of this version is another one, look for $1 in it and correct $here/build.sh" >&2
  exit 1
}

part "$@"
