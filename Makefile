# make demo   installs Plait into .venv and trains the demonstration model
# make test   lint, format, types and the tests, in the same .venv; make test-all runs those marked as slow, too
# make fuzz   damages files of every format for ten minutes (SECONDS=…, SEED=…), and looks what reading them does
# make bench  measures Plait beside Keras and PyTorch; make bench-quick does the lecture's five examples
# PYTHON=python3.13 picks the interpreter; a .venv of another one is made anew.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')

.PHONY: demo test test-all lint fuzz bench bench-quick clean
.DELETE_ON_ERROR:

demo: $(VENV)/with-examples-$(VERSION)
	$(BIN)/plait demo $(ARGS)

test: lint
	$(BIN)/python -m pytest

test-all: lint
	$(BIN)/python -m pytest -m 'slow or not slow'

fuzz: $(VENV)/with-test-$(VERSION)
	$(BIN)/python -m tests.security.fuzz --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED))

lint: $(VENV)/with-test-$(VERSION)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The marker carries the Python version and is older than pyproject.toml when the dependencies changed.
NATIVE := $(wildcard native/*.toml native/*.py native/src/plait_native/*)
$(VENV)/with-%-$(VERSION): pyproject.toml $(NATIVE)
	@test -x $(BIN)/python && test "$$($(BIN)/python -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')" = "$(VERSION)" \
		|| $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]' 'setuptools>=77'
	@if command -v $(CXX) >/dev/null; \
		then $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation ./native \
			|| echo "plait-native could not be built: Plait runs without it, in plain JAX."; \
		else echo "There is no C++ compiler: Plait runs without plait-native, in plain JAX."; fi
	@touch $@

# The peers in an environment of their own; on Python 3.11, for which torch 2.13 has a CPU build.
bench bench-quick: benchmarks/.venv/ready
	benchmarks/.venv/bin/python -m benchmarks.run $(if $(findstring quick,$@),--quick) $(ARGS)

benchmarks/.venv/ready: benchmarks/requirements.txt pyproject.toml $(NATIVE)
	$(PYTHON) -m venv benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --requirement benchmarks/requirements.txt 'setuptools>=77' --editable .
	benchmarks/.venv/bin/python -m pip install --quiet --no-build-isolation ./native
	@touch $@

clean:
	rm -rf $(VENV) benchmarks/.venv native/build .mypy_cache .pytest_cache .ruff_cache build
