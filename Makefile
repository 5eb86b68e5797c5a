# make demo   installs Plait into .venv and trains the demonstration model
# make test   lint, format, types and every test, in the same .venv
# PYTHON=python3.13 picks the interpreter; a .venv of another one is made anew.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')

.PHONY: demo test lint clean
.DELETE_ON_ERROR:

demo: $(VENV)/with-examples-$(VERSION)
	$(BIN)/plait demo $(ARGS)

test: lint
	$(BIN)/python -m pytest

lint: $(VENV)/with-test-$(VERSION)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The marker carries the Python version and is older than pyproject.toml when the dependencies changed.
$(VENV)/with-%-$(VERSION): pyproject.toml
	@test -x $(BIN)/python && test "$$($(BIN)/python -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')" = "$(VERSION)" \
		|| $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache build
