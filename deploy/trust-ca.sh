#!/bin/sh
# Tells the API server which CA signs the certificate of no502: writes a PEM file, which may hold several CAs, into
# every webhook of both configurations. Meant for installations without cert-manager.
set -eu

if [ "$#" -ne 1 ] || [ ! -r "$1" ]; then
  echo "usage: $0 CA.crt   (KUBECONFIG and KUBECTL are honoured)" >&2
  exit 2
fi
kubectl=${KUBECTL:-kubectl}

if grep -q 'PRIVATE KEY' "$1"; then
  echo "$0: $1 holds a private key; the CA certificate is wanted" >&2
  exit 2
fi
# The API server takes any PEM here, and every call would fail afterwards.
if ! grep -q 'BEGIN CERTIFICATE-----' "$1"; then
  echo "$0: no certificate in $1" >&2
  exit 2
fi
bundle=$(base64 <"$1" | tr -d '\n')

for kind in mutatingwebhookconfiguration validatingwebhookconfiguration; do
  names=$("$kubectl" get "$kind" no502 --output jsonpath='{.webhooks[*].name}')
  entries=
  for name in $names; do
    entries="$entries${entries:+,}{\"name\":\"$name\",\"clientConfig\":{\"caBundle\":\"$bundle\"}}"
  done
  # A strategic patch finds the webhooks by name. The rest of each stays as it is.
  "$kubectl" patch "$kind" no502 --type strategic --patch "{\"webhooks\":[$entries]}"
done
