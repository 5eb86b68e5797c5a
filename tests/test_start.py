"""What a process does between its start and its first training step: counted, since times differ from run to run."""

import os
import subprocess
import sys

import pytest

from tests.rows import mostly


def said_by(program, **environment):
    """Returns the lines that a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **environment}, check=True, capture_output=True, text=True
    )
    return done.stdout.split()


LOADED = """
import sys, jax.numpy

def packages():
    return {name.partition(".")[0] for name in sys.modules} - set(sys.stdlib_module_names)

before = packages()
import plait
print(*sorted(packages() - before))
"""

PARTS = """
import sys, jax.numpy
before = set(sys.modules)
import plait
print(*sorted(name for name in set(sys.modules) - before if name.startswith("jax.")))
"""

LAYERS = """
import sys, plait
loaded = lambda: [name for name in sys.modules if name.startswith("plait.layers.")]
print(*loaded())
plait.layers.Dense
print(*loaded())
"""

FROM_A_CONFIG = """
import plait
config = {"module": "keras.layers", "class_name": "GaussianNoise", "config": {"stddev": 0.5}, "registered_name": None}
print(plait.layers.deserialize(config).stddev, plait.layers.deserialize({**config, "module": None}).stddev)
"""

# One compilation, or one program read from the cache, per line of JAX's log.
FIRST_STEP = """
import logging, sys
import jax, numpy as np, plait

jax.config.update("jax_log_compiles", True)

class Keeper(logging.Handler):
    def emit(self, record):
        message = record.getMessage()
        if message.startswith("Finished XLA compilation of"):
            print(message.split()[4])

logging.getLogger("jax").addHandler(Keeper())
inputs = plait.Input((6, 1))
x = plait.layers.Dense(4, activation="relu")(plait.layers.LSTM(3)(inputs))
x = plait.layers.Dropout(0.5)(x)
model = plait.Model(inputs, plait.layers.Dense(1, activation="sigmoid")(x))
model.summary(print_fn=lambda line, **_: None)
model.compile(OPTIMIZER, "binary_crossentropy", metrics=["accuracy", "auc"])
model.fit(np.ones((8, 6, 1), "float32"), np.ones((8, 1), "float32"), verbose=0)
print("optax" if "optax" in sys.modules else "")
"""


def test_a_layer_is_imported_when_it_is_first_asked_for():
    assert said_by(LAYERS) == ["plait.layers.dense"]


def test_a_layer_in_a_config_is_found_though_it_was_not_imported_yet():
    assert said_by(FROM_A_CONFIG) == ["0.5", "0.5"]


def test_importing_plait_imports_nothing_that_only_some_use():
    assert said_by(LOADED) == ["plait", "platformdirs"]


def test_importing_plait_imports_no_part_of_jax_that_jax_leaves_for_later():
    assert said_by(PARTS) == []


@pytest.mark.parametrize(
    "optimizer",
    mostly([("'rmsprop'",), ("'adam'",), ("plait.optimizers.SGD(0.1, momentum=0.9)",)], [("'adam'",)]),
)
def test_the_first_step_is_one_program_between_one_for_the_slots_and_one_for_the_logs(optimizer):
    assert said_by(FIRST_STEP.replace("OPTIMIZER", optimizer)) == ["jit(init)", "jit(train)", "jit(results)"]


# Programs that the folder of compiled ones did not have, after each of three models.
ONCE_MORE = """
import jax, numpy as np, plait

jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
events = []
jax.monitoring.register_event_listener(lambda event, **_: events.append(event))
x, y = np.ones((8, 6, 1), "float32"), np.ones((8, 1), "float32")
for _ in range(3):
    inputs = plait.Input((6, 1))
    hidden = plait.layers.Dropout(0.5)(plait.layers.Dense(4)(plait.layers.LSTM(3)(inputs)))
    model = plait.Model(inputs, plait.layers.Dense(1)(plait.layers.BatchNormalization()(hidden)))
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, validation_data=(x, y), verbose=0)
    model.predict(x, verbose=0)
    model.train_on_batch(x, y)
    print(events.count("/jax/compilation_cache/cache_misses"))
"""


def test_the_same_layers_under_other_names_are_not_compiled_again(tmp_path):
    first, *further = said_by(ONCE_MORE, PLAIT_CACHE=str(tmp_path))
    assert int(first) > 3
    assert further == [first, first]


NOTHING_MADE = """
import jax, plait
x = inputs = plait.Input((150, 150, 3))
for _ in range(3):
    x = plait.layers.Dense(512)(x)
model = plait.Model(inputs, plait.layers.Dense(10)(plait.layers.Flatten()(x)))
model.summary(print_fn=lambda line, **_: None)
model.compile("adam", "mse")
print(len(jax.live_arrays()), sum(weight.is_materialised for weight in model.weights))
"""


def test_a_model_that_is_built_summarised_and_compiled_holds_no_array():
    assert said_by(NOTHING_MADE) == ["0", "0"]
