# The commands of this project; `make help` lists them. What the build needs of the system is installed by .ci/install.sh,
# DuckDB's library fetched or compiled by .ci/libduckdb.sh.

PORT ?= 8000
FEATURES = $$(cat .duckdb/features)

.DEFAULT_GOAL := help
.PHONY: help build serve test check bench clean library

help: ## Lists these commands.
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 14

build: library ## Builds the server for production: target/release/mxcp-actor and DuckDB's library beside it.
	cargo build --release --locked $(FEATURES)
	@.ci/link-target.sh release

# The demo runs in a copy, because it writes: definitions are refreshed from config/demo, its data stays.
serve: build ## Starts the demo project on http://localhost:8000 (another port: make serve PORT=9000).
	@mkdir -p demo && cp -R config/demo/. demo/
	cd demo && MXCP_CONFIG=config.yml ../target/release/mxcp-actor serve --port $(PORT)

test: library ## Installs what the tests need and runs all of them: Rust, the MCP conformance suites, real clients.
	@.ci/install.sh
	cargo test --workspace $(FEATURES)
	@.ci/link-target.sh debug
	tests/run-external.sh target/debug/mxcp-actor

check: library ## Checks formatting, lints and documentation; a warning fails.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets $(FEATURES) -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps $(FEATURES)

bench: build ## Runs the benchmarks.
	cargo bench --workspace $(FEATURES)

clean: ## Removes everything built or fetched into the checkout; caches and the demo's data stay.
	cargo clean
	rm -rf target .duckdb tests/node_modules tests/.venv

library:
	@.ci/install.sh build
	@.ci/libduckdb.sh
