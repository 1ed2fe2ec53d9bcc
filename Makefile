# Every target does the set-up it needs; the second time there is nothing left to do.
# PYTHON=python3.12 chooses the interpreter, PYTEST_ARGS="-k recycle" what `make test` runs. Many tests wait for calls:
# two cores are busy with four of them at once.

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench faults soak screenshots constraints clean lab-packages
.DELETE_ON_ERROR:

BIN := .venv/bin
WORKERS ?= 4
CACHE := $(or $(filter /%,$(XDG_CACHE_HOME)),$(HOME)/.cache)/dialerd

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready ## the virtual environment, with exact versions

.venv/.ready: constraints.txt pyproject.toml .ci/setup
	@PYTHON="$(PYTHON)" .ci/setup

demo: .venv/.ready ## dial 300 fictional people through a real Asterisk here; KEEP=1 leaves it running, with the console
	@$(BIN)/dialerd demo $(if $(KEEP),--keep)

test: lab-packages ## all tests, with real Asterisks and PostgreSQL
	@$(BIN)/pytest -n $(WORKERS) $(PYTEST_ARGS)

check: .venv/.ready ## ruff, mypy and import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: .venv/.ready ## measure on this machine; ONLY="calls pace" chooses what
	@$(BIN)/python tests/bench/run.py $(ONLY)

faults: lab-packages ## break everything, again and again, judged by the carrier's log; ONLY=name, DATABASE=sqlite, CYCLES=3
	@$(BIN)/python tests/drill/run.py $(ONLY)

soak: lab-packages ## 50 calls a second for 30 minutes: memory, descriptors, threads and tasks stay flat; MINUTES=3, RATE=20
	@$(BIN)/python tests/drill/soak.py

screenshots: lab-packages ## take the pictures of docs/console.md anew
	@$(BIN)/python tests/browser/screenshots.py

constraints: .venv/.ready ## fit constraints.txt to pyproject.toml; UPGRADE=1 takes the newest versions
	@$(BIN)/python -m pip -qq install uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes $(if $(UPGRADE),--upgrade) \
		--no-emit-index-url --no-emit-find-links --no-header pyproject.toml -o constraints.txt

clean: ## remove all that was made here, the unpacked Asterisk and PostgreSQL in your cache folder too
	@rm -rf .venv var dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -rf "$(CACHE)"
	@echo "removed .venv, var, the caches of the tools and $(CACHE)"

# Downloads stay out of the tests, whose time is limited.
lab-packages: .venv/.ready
	@$(BIN)/python -m dialerd.lab.provision
