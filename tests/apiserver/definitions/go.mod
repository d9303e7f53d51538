// The definitions (CRDs) of the Gateway API that the tests install: only files are taken from it, so it has a go.mod of its own.
module no502.dev/tests/apiserver/definitions

go 1.26.0

require sigs.k8s.io/gateway-api v1.6.1
