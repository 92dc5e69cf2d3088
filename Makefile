# Two commands do everything: `make run` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
# An empty environment (cron, `env -i`) has neither; Python and the browser need both.
export PATH := $(or $(PATH),/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
export HOME := $(or $(HOME),$(shell getent passwd $$(id -u) | cut -d: -f6))
export LC_ALL := C.UTF-8

.PHONY: run test check lock docs translations conformance chaos widget clean \
        isolation verify-attacks fuzz-api bench-api bench-campaign bench-capture bench-evidence bench-forward bench-gate bench-import bench-mail bench-reconcile bench-repair bench-reports bench-start bench-widget

run: $(VENV)/.run
	@$(BIN)/ileti up

test: $(VENV)/.dev
	@bash tools/test.sh

check: $(VENV)/.dev
	@bash tools/test.sh checks

# The environment, from lock files with hashes.
$(VENV)/.run: requirements/base.txt tools/venv.sh
	@bash tools/venv.sh $(PYTHON) requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/base.txt tools/venv.sh
	@bash tools/venv.sh $(PYTHON) requirements/dev.txt
	@touch $@ $(VENV)/.run

lock: $(VENV)/.dev
	$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate requirements/base.in -o requirements/base.txt
	$(BIN)/uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--no-annotate -c requirements/base.txt requirements/dev.in -o requirements/dev.txt

docs: $(VENV)/.dev
	$(BIN)/python -m tools.settings_doc

translations: $(VENV)/.dev
	$(BIN)/python -m tools.check_translations --write

# How much of İYS's services and codes client and simulator cover.
conformance: $(VENV)/.dev
	@PYTHONPATH=. $(BIN)/python -m tools.conformance

# Random faults under load, drawn from SEED (0: any), then everything is compared from outside.
chaos: SEED ?= 0
chaos: SECONDS ?= 60
chaos: $(VENV)/.dev
	@$(BIN)/python tests/chaos/chaos_run.py --seed $(SEED) --seconds $(SECONDS)

# Every way of tampering with ledger and bundle that the tests know.
verify-attacks: $(VENV)/.dev
	@PYTHONPATH=. $(BIN)/python -m tools.verify_attacks

# Everybody asks for everything that is not theirs, with and without the application's own filter.
isolation: $(VENV)/.dev
	@PYTHONPATH=. $(BIN)/python -m tools.isolation

# Everything the API's document allows, and much that it does not, against a server of its own.
fuzz-api: $(VENV)/.dev
	@PYTHONPATH=. $(BIN)/python -m tools.fuzz_api

widget: $(VENV)/.dev
	bash tools/node.sh build

bench-api bench-campaign bench-capture bench-evidence bench-forward bench-gate bench-import bench-mail bench-reconcile bench-repair bench-reports bench-start bench-widget: bench-%: $(VENV)/.dev
	@PYTHONPATH=. $(BIN)/python -m benchmarks.$(or $(filter-out import,$*),imports)

clean:
	rm -rf $(VENV) widgets/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
