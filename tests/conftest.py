"""What every test runs under: the genuine Keras on JAX, no silent broadcasting, no silent change of dtype."""

import gc
import os
import signal
import tempfile
from collections import Counter

os.environ["KERAS_BACKEND"] = "jax"
# One cache of compiled programs for all processes of this run, and none from an earlier one.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _cache = tempfile.TemporaryDirectory(prefix="plait-tests-")
    os.environ["PLAIT_CACHE"] = _cache.name

import jax
import pytest

import plait  # noqa: F401 - before anything is compiled
from plait.core import names, seeds

# What was imported stays, and need not be looked through again and again for what could go.
gc.freeze()
gc.set_threshold(10_000, 10, 10)

# Tests press Ctrl-C, which a process ignores that a script started in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Leaves all but the first rows of a test to `make test-all`, where it says so: `@pytest.mark.first_rows(3)`."""
    rows = Counter()
    for item in items:
        asked = item.get_closest_marker("first_rows")
        if asked and not item.get_closest_marker("slow"):
            test = item.nodeid.partition("[")[0]
            rows[test] += 1
            if rows[test] > asked.args[0]:
                item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module", autouse=True)
def settled():
    """Leaves what a file of tests has made, Keras's modules among it, out of what the next ones have looked through."""
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def fresh_names():
    """Lets every test count its layers from 1 and start from the same seed."""
    names.clear()
    seeds.set_random_seed(0)
