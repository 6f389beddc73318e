# Everything a person or CI runs here. `make demo` shows the gateway at work; `make test` proves it.

PYTHON ?= python3
BIN := .venv/bin
PLUGINS := $(sort $(wildcard plugins/*/pyproject.toml))
UV := $(shell command -v uv)
INSTALL := $(if $(UV),uv pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)
EDITABLE := -e . $(foreach each,$(PLUGINS),-e $(dir $(each)))

# Modules are compiled once, not anew by each of the many processes of the tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test quick lint format bench torture new-plugin lock clean
.DEFAULT_GOAL := demo

demo: .venv/ready  ## serve three vendors on loopback, and sync against them
	$(BIN)/gateway demo demo

test: lint  ## what CI runs: lint, then all tests in random order
	$(BIN)/pytest -n 2 --dist worksteal -q -m "not torture"

quick: .venv/ready  ## the tests that take a blink
	$(BIN)/pytest -n 2 --dist worksteal -q -m "not slow and not torture"

lint: .venv/ready  ## style, types and the directions of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/ready  ## the speed goals, as ratios measured in one run
	$(BIN)/python -m tests.bench

torture: .venv/ready  ## kill real daemons, hundreds of times, on both databases: an hour or two
	$(BIN)/pytest -q -m torture
	$(BIN)/python -m tests.torture

new-plugin: .venv/ready  ## make new-plugin NAME=acme: a folder whose tests are green before the first edit
	$(BIN)/python -m gateway.testing.new_plugin $(NAME)
	$(INSTALL) --no-deps --no-build-isolation -e plugins/$(NAME)
	$(BIN)/pytest -q plugins/$(NAME)
	$(BIN)/python -m gateway.testing.facts --write

lock: .venv/ready  ## pin every package by hash; needs uv
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-annotate --no-emit-index-url --no-emit-find-links --quiet --upgrade -o requirements.lock

clean:
	rm -rf .venv demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.venv/ready: requirements.lock pyproject.toml $(PLUGINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "setting up .venv"
	@$(if $(UV),uv venv --quiet --allow-existing --python $(PYTHON) .venv,$(PYTHON) -m venv .venv)
	@$(INSTALL) --require-hashes --no-deps -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation $(EDITABLE)
	@touch $@
