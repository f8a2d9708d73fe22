# The executable guide: `make run` and `make test` work on a machine with only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= config.yaml

.DEFAULT_GOAL := help
.PHONY: help run demo test lint format eval train bench bench-lookup lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/.ready ## Install, then watch the sources of config.yaml (no token needed)
	$(BIN)/policywire --config $(CONFIG) run

demo: $(VENV)/.ready ## Install, then show real alerts from a small news site of our own (no network)
	$(BIN)/policywire demo

test: $(VENV)/.ready-dev ## Install, then run every test
	$(BIN)/python -m pytest --cov --cov-report=term

lint: $(VENV)/.ready-dev ## Style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

eval: $(VENV)/.ready-dev ## Score the shipped rules and the grouping on the labelled corpus in ../shared
	$(BIN)/python -m benchmarks.judge --gate
	$(BIN)/python -m benchmarks.stories --gate

train: $(VENV)/.ready-dev ## Train the learned part anew (needs ../shared) and pin the floors of `make eval`
	$(BIN)/python -c 'import sklearn' 2>/dev/null || \
		$(BIN)/python -m pip --disable-pip-version-check install --quiet 'scikit-learn>=1.5'
	$(BIN)/policywire train ../shared/eval/dev.jsonl --out monitor/models/relevance.json
	$(BIN)/python -m benchmarks.judge --model --pin

bench-lookup: $(VENV)/.ready-dev ## Look altered copies up among 100,000 reports, beside datasketch and rensa
	$(BIN)/python -m benchmarks.lookup

bench: $(VENV)/.ready-dev ## Run the side-by-side benchmarks
	$(BIN)/python -m benchmarks.feeds
	$(BIN)/python -m benchmarks.ordinary_feeds
	$(BIN)/python -m benchmarks.extract
	$(BIN)/python -m benchmarks.matching

lock: $(VENV)/.ready-dev ## Write the hashed locks anew from pyproject.toml
	$(BIN)/python -m uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--group build pyproject.toml -o requirements.lock
	$(BIN)/python -m uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--group build --group dev pyproject.toml -o requirements-dev.lock

clean: ## Remove what make has built
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "policywire needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "Python's venv module is missing; on Debian or Ubuntu: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# uv installs the lock in seconds; where it cannot be had, pip does the same from the same hashed file.
define install
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet uv 2>/dev/null || true
	@if $(BIN)/python -m uv --version >/dev/null 2>&1; then \
		$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) && \
		$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
		$(BIN)/python -m pip --disable-pip-version-check install --quiet --require-hashes -r $(1) && \
		$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation -e .; \
	fi
endef

$(VENV)/.ready: $(VENV)/bin/python requirements.lock pyproject.toml
	$(call install,requirements.lock)
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(call install,requirements-dev.lock)
	@touch $@
