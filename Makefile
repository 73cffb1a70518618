# Headwater: `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install demo up test check bench bench-models prove chaos docs lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Headwater needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the pinned requirements into .venv (a minute or two the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: .venv/.installed ## Create .venv with the pinned requirements

demo: install ## Simulate a month of a SaaS site and a year of its payments, load, model, check, print
	@$(BIN)/headwater demo

up: install ## Run ClickHouse, API, Dagster and the loader until Ctrl-C
	@$(BIN)/headwater up

test: install ## Run the whole test suite
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

check: install ## Lint, types, import rules, dbt project
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/headwater dbt parse

bench: install ## Measure ingestion as ratios; writes build/bench.json
	@$(BIN)/python -m tests.benchmarks

bench-models: install ## Measure the models (ROWS=10000000, CHARGES=1000000); writes build/bench-models.json, build/bench-revenue-models.json
	@$(BIN)/python -m tests.benchmarks.models --rows $(or $(ROWS),1000000)
	@$(BIN)/python -m tests.benchmarks.revenue_models --charges $(or $(CHARGES),100000)

prove: install ## Build the models batch by batch and at once, and compare (SEEDS=500)
	@$(BIN)/python -m tests.dbt_project.prove --seeds $(or $(SEEDS),100)

chaos: install ## Kill processes at random under load (KILLS=100)
	@$(BIN)/python -m tests.chaos --kills $(or $(KILLS),100)

docs: install ## Write the generated pages of docs/ again
	@$(BIN)/python -m cli.settings_page
	@$(BIN)/python -m cli.metrics_page

lock: install ## Resolve pyproject.toml into requirements.lock again
	@$(BIN)/uv pip compile pyproject.toml --extra dev --quiet --no-header --no-emit-index-url --universal --python-version 3.11 --output-file requirements.lock

clean: ## Remove .venv, build output and local state
	rm -rf .venv build .headwater
