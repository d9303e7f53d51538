# syntax=docker/dockerfile:1.17
#
# One static file in an empty image:
#   docker build --tag no502:0.1.0 .
#   docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/no502:0.1.0 --push .
# Each platform compiles on itself, natively or emulated, so there is no cross compiler to keep.

# The same version as in rust-toolchain.toml.
FROM rust:1.95.0-alpine3.23 AS build
ARG TARGETARCH
WORKDIR /src
# The allocator is built by a makefile. Whatever version the base image's distribution has will do.
# hadolint ignore=DL3018
RUN apk add --no-cache make
COPY . .
# The target is named, even though the compiler runs on the same one: the flags then hold for no502 alone,
# and build scripts and procedural macros, which cannot be static, are left as they are.
RUN --mount=type=cache,id=no502-registry-${TARGETARCH},target=/usr/local/cargo/registry \
    --mount=type=cache,id=no502-target-${TARGETARCH},target=/src/target \
    set -eu; \
    case "${TARGETARCH}" in \
        amd64) target=x86_64-unknown-linux-musl ;; \
        # Kernels for arm64 have pages of up to 64 KiB, and the allocator has to know the largest.
        arm64) target=aarch64-unknown-linux-musl; export JEMALLOC_SYS_WITH_LG_PAGE=16 ;; \
        *) echo "no502 is built for amd64 and arm64, not for '${TARGETARCH}'" >&2; exit 1 ;; \
    esac; \
    RUSTFLAGS='-C target-feature=+crt-static' \
        cargo build --release --locked --bin no502 --target "${target}"; \
    install -D -m 0555 "target/${target}/release/no502" /image/no502; \
    # An empty image has no loader: a file that asks for one would fail at its first start.
    readelf --program-headers /image/no502 >/tmp/headers; \
    if grep -q INTERP /tmp/headers; then echo 'no502 is not static' >&2; exit 1; fi; \
    /image/no502 --version

FROM scratch
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="no502" \
      org.opencontainers.image.description="Keeps 502 and 504 answers out of a Kubernetes cluster" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /image/ /
# By number, since there is no list of users in here; `runAsNonRoot` wants to see one that is not 0.
USER 65532:65532
EXPOSE 8443 8080
ENTRYPOINT ["/no502"]
