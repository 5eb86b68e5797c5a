"""What `compile(remat=…)`, `RematScope` and `remat` name is computed again in the backward pass: the numbers stay."""

import collections
import contextlib
import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.ad_checkpoint import print_saved_residuals

import plait
from plait import Input, Model, Sequential, layers, ops, optimizers
from plait.core import names, seeds
from plait.training.program import Data
from tests.genuine import genuine_keras
from tests.rows import first_of_each

ROWS = (4,)
SERIES = (5, 4)
IMAGES = (6, 6, 2)


def data(shape):
    """Returns inputs, of which some end early, and targets."""
    random = np.random.default_rng(0)
    x = random.normal(size=(12, *shape)).astype("float32")
    if shape == SERIES:
        x[::2, 3:] = 0
    return x, random.normal(size=(12, 1)).astype("float32")


# ---------------------------------------------------------------------------------------- the same numbers


def functional(shape, middle):
    """Returns a model with something between two layers that are trained."""
    x = Input(shape)
    start = layers.Masking(name="masking")(x) if shape == SERIES else x
    return Model(x, layers.Dense(1, name="head")(middle(layers.Dense(4, name="first")(start))))


def chain(x):
    x = layers.Dense(8, "tanh", activity_regularizer="l2", kernel_regularizer="l1", name="second")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    return layers.BatchNormalization(name="normalized")(x)


def mixed_precision(x):
    x = layers.Dense(8, "tanh", dtype="mixed_bfloat16", name="second")(x)
    return layers.LayerNormalization(dtype="mixed_bfloat16")(x)


def recurrent(x):
    x = layers.LSTM(3, return_sequences=True, dropout=0.2, recurrent_dropout=0.2, name="lstm")(x)
    _, *states = layers.Bidirectional(layers.GRU(2, return_state=True), name="both")(x)
    return layers.Concatenate()(states)


def attention(x):
    x = layers.MultiHeadAttention(2, 3, dropout=0.2, name="attention")(x, x)
    return layers.GlobalAveragePooling1D()(layers.TimeDistributed(layers.Dense(3), name="each")(x))


def images(x):
    return layers.Flatten()(layers.MaxPooling2D()(layers.Conv2D(3, 3, activation="relu", name="conv")(x)))


def nested(x):
    inner = Sequential([Input((4,)), layers.Dense(4, "tanh"), layers.Dropout(0.5), layers.BatchNormalization()])
    return Sequential([Input((4,)), inner, layers.Dense(4, "tanh")], name="encoder")(x)


def shared(x):
    layer = Sequential([Input((4,)), layers.BatchNormalization(), layers.Dense(4, "tanh")], name="shared")
    return layers.Add()([layer(layer(x)), x])


class Several(layers.Layer):
    """Does all that a `call` may do beside computing one output."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.inner = layers.Dense(4, "tanh", name="inner")
        self.dropout = layers.Dropout(0.5, name="dropout")

    def build(self, input_shape):
        self.calls = self.add_weight((), "zeros", trainable=False, name="calls")

    def call(self, inputs):
        self.calls.assign_add(1.0)
        hidden = self.dropout(self.inner(inputs))
        self.add_loss(0.1 * ops.mean(ops.square(hidden)))
        return {"second": hidden, "first": 2 * inputs}


class Difference(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.several = Several(name="several")

    def call(self, inputs):
        found = self.several(inputs)
        assert list(found) == ["second", "first"]
        return found["second"] - found["first"]


def in_keras_way(x):
    return Difference(name="middle")(x)


class Called(Model):
    """Computes by a `call`."""

    def __init__(self, middle):
        super().__init__()
        self.first, self.middle, self.head = layers.Dense(4, name="first"), middle, layers.Dense(1, name="head")

    def call(self, inputs):
        return self.head(self.middle(self.first(inputs)))


class Stepping(Called):
    """Makes a step of its own."""

    def train_step(self, data):
        x, y = data
        loss, gradients = self.value_and_grad(lambda: self.compute_loss(x, y, self(x, training=True)))
        self.optimizer.apply(gradients, self.trainable_weights)
        return {"loss": loss}


class Stateful(Called):
    """Makes a step of its own, as Keras has them on JAX."""

    def train_step(self, state, data):
        trained, held, slots, counts = state
        x, y = data

        def loss(trained):
            outputs, after, losses = self.stateless_call(trained, held, x, training=True, return_losses=True)
            return jnp.mean((outputs - y) ** 2) + sum(losses), after

        (value, held), gradients = jax.value_and_grad(loss, has_aux=True)(trained)
        trained, slots = self.optimizer.stateless_apply(slots, gradients, trained)
        return {"loss": value}, (trained, held, slots, counts)


CASES = [
    (chain, ROWS, ".*"),
    (chain, ROWS, "dropout"),
    (chain, ROWS, ["second", "norm.*"]),
    (mixed_precision, ROWS, ".*"),
    (recurrent, SERIES, ".*"),
    (recurrent, SERIES, "both/.*"),
    (attention, SERIES, "attention"),
    (attention, SERIES, ["attention/.*", "each/.*"]),
    (images, IMAGES, "conv"),
    (nested, ROWS, "encoder"),
    (nested, ROWS, "encoder/.*"),
    (shared, ROWS, "shared"),
    (in_keras_way, ROWS, "middle"),
    (in_keras_way, ROWS, "middle/.*"),
    (Called, ROWS, ".*"),
    (Stepping, ROWS, "middle/several"),
    (Stateful, ROWS, "middle"),
]


def trained(middle, shape, remat=None):
    """Returns the losses of three epochs, and the weights after them."""
    names.clear()
    seeds.set_random_seed(0)
    is_class = isinstance(middle, type)
    model = middle(Difference(name="middle")) if is_class else functional(shape, middle)
    model.compile(optimizers.SGD(0.02), "mse", remat=remat)
    history = model.fit(*data(shape), batch_size=4, epochs=3, verbose=0).history
    return [history["loss"], *model.get_weights()]


@pytest.mark.parametrize(
    ("middle", "shape", "pattern"),
    first_of_each(CASES, lambda case: case[0], [f"{case[0].__name__} {case[2]}" for case in CASES]),
)
def test_losses_gradients_and_weights_are_as_without(middle, shape, pattern):
    # What is rounded to bfloat16 depends on what XLA computes together.
    tolerance = 0.02 if middle is mixed_precision else 1e-5
    for value, expected in zip(trained(middle, shape, pattern), trained(middle, shape), strict=True):
        np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


# ---------------------------------------------------------------------------------------- computed again

seen = collections.Counter()


def seeing(K=plait):
    """Returns a class of layers that count under their names how often they are computed."""

    class Seen(K.layers.Layer):
        def call(self, inputs):
            jax.debug.callback(lambda: seen.update([self.name]))
            return jnp.tanh(inputs)

    return Seen


def counted(model, **arguments):
    """Returns how often each such layer is computed in one training step."""
    seen.clear()
    model.compile("sgd", "mse", **arguments)
    model.fit(*data(ROWS), batch_size=12, epochs=1, verbose=0)
    jax.effects_barrier()
    return dict(seen)


def drawn():
    Seen = seeing()
    encoder = Sequential([Input((4,)), Seen(name="a"), Seen(name="b")], name="encoder")
    return functional(ROWS, lambda x: Seen(name="c")(encoder(x)))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (None, {"a": 1, "b": 1, "c": 1}),
        ("encoder/a", {"a": 2, "b": 1, "c": 1}),
        ("encoder", {"a": 2, "b": 2, "c": 1}),
        ("encoder/.*", {"a": 2, "b": 2, "c": 1}),
        (".*", {"a": 2, "b": 2, "c": 2}),
        (["encoder/b", "c"], {"a": 1, "b": 2, "c": 2}),
    ],
    ids=str,
)
def test_what_matches_is_computed_twice(pattern, expected):
    assert counted(drawn(), remat=pattern) == expected


@pytest.mark.parametrize("cls", [Called, Stepping, Stateful])
def test_so_it_is_in_a_call_and_in_a_step_of_ones_own(cls):
    Seen = seeing()
    middle = Sequential([Seen(name="a"), Seen(name="b")], name="middle")
    assert counted(cls(middle), remat="middle/a") == {"a": 2, "b": 1}


def test_steps_that_run_line_by_line_compute_all_once():
    assert counted(drawn(), remat=".*", run_eagerly=True) == {"a": 1, "b": 1, "c": 1}


def test_the_layer_that_makes_a_nan_is_found_in_what_is_computed_again():
    model = functional(ROWS, Sequential([Input((4,)), layers.Lambda(jnp.log, name="suspect")], name="encoder"))
    model.compile("sgd", "mse", remat="encoder")
    with pytest.raises(FloatingPointError, match='Lambda "suspect" makes the first'):
        model.fit(*data(ROWS), verbose=0, debug_nans=True)


def test_predicting_and_evaluating_compute_once():
    model = drawn()
    counted(model, remat=".*")
    seen.clear()
    model.evaluate(*data(ROWS), batch_size=12, verbose=0)
    jax.effects_barrier()
    assert dict(seen) == {"a": 1, "b": 1, "c": 1}


# ---------------------------------------------------------------------------------------- what is no pattern


@pytest.mark.parametrize(
    ("remat", "error", "words"),
    [
        (True, TypeError, "remat needs a regular expression for a pattern, got True"),
        (["first", 3], TypeError, "remat needs a regular expression for a pattern, got 3"),
        ("(first", ValueError, r"remat needs a regular expression for a pattern, got '\(first': missing"),
        ("firs", ValueError, r"'firs' of remat matches none of the layers of Model(.|\n)*nearest paths: \"first\""),
        (["first", "encoder/c"], ValueError, "'encoder/c' of remat matches none"),
    ],
    ids=str,
)
def test_what_is_no_pattern_or_matches_nothing_is_refused(remat, error, words):
    model = drawn()
    with pytest.raises(error, match=words):
        model.compile("sgd", "mse", remat=remat)
    assert model.compiled is None


@pytest.mark.parametrize("cls", [Called, Stepping])
def test_where_the_layers_are_not_known_yet_a_pattern_is_refused_when_training_begins(cls):
    model = cls(Difference(name="middle"))
    model.compile("sgd", "mse", remat="middel")
    with pytest.raises(ValueError, match="'middel' of remat matches none"):
        model.fit(*data(ROWS), verbose=0)


def test_files_say_nothing_of_it_and_so_keras_opens_them():
    model = drawn()
    model.compile("sgd", "mse")
    config = model.get_compile_config()
    model.compile("sgd", "mse", remat=".*")
    assert model.get_compile_config() == config


# ---------------------------------------------------------------------------------------- Keras's names


def in_scope(K, arguments):
    """Returns how often layers are computed that were made in a scope; the second is the larger one."""
    Seen = seeing(K)
    with K.RematScope(**arguments):
        small, large = Seen(name="small"), Seen(name="large")
    x = K.Input((4,))
    hidden = large(K.layers.Dense(32)(small(K.layers.Dense(4)(x))))
    return counted(K.Model(x, K.layers.Dense(1)(hidden)))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"mode": None},
        {"mode": "larger_than", "output_size_threshold": 12 * 4},
        {"mode": "list_of_layers", "layer_names": ["large"]},
    ],
    ids=str,
)
def test_a_scope_makes_the_layers_that_are_computed_again_in_keras(arguments):
    with genuine_keras() as keras:
        expected = in_scope(keras, arguments)
    assert in_scope(plait, arguments) == expected


def test_the_scope_of_activations_means_layers_that_have_one():
    Seen = seeing()
    with plait.RematScope("activations"):
        plain, activated = Seen(name="plain"), Seen(name="activated")
    activated.activation = jnp.tanh
    assert counted(functional(ROWS, lambda x: activated(plain(x)))) == {"plain": 1, "activated": 2}


def test_the_innermost_scope_counts_and_ends_with_its_block():
    Seen = seeing()
    with plait.RematScope():
        outer = Seen(name="outer")
        with plait.RematScope(None):
            inner = Seen(name="inner")
        again = Seen(name="again")
    after = Seen(name="after")
    model = functional(ROWS, Sequential([Input((4,)), outer, inner, again, after]))
    assert counted(model) == {"outer": 2, "inner": 1, "again": 2, "after": 1}


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match=r"Unknown mode of RematScope 'ful'\. Did you mean .full"):
        plait.RematScope("ful")


def test_the_arguments_are_those_of_keras():
    with genuine_keras() as keras:
        expected = inspect.signature(keras.RematScope).parameters
    ours = inspect.signature(plait.RematScope).parameters
    assert [(one.name, one.default) for one in ours.values()] == [(one.name, one.default) for one in expected.values()]


def kept(scope, capsys):
    """Returns what the gradient of a model keeps, one line each, whose attention is made in a scope."""
    with scope:
        attention = layers.MultiHeadAttention(2, 3)
    x = Input(SERIES)
    values, apply = Model(x, layers.Dense(1)(attention(x, x))).pure()
    inputs = data(SERIES)[0]
    print_saved_residuals(lambda values: apply(values, inputs, training=True)[0].sum(), values)
    return capsys.readouterr().out


def test_no_scores_of_attention_are_kept_that_are_computed_again(capsys):
    scores = ",5,5]"
    assert scores in kept(contextlib.nullcontext(), capsys)
    assert scores not in kept(plait.RematScope(), capsys)


class Mixing(Several):
    """Computes as the layer does, in a function that is a block or is none."""

    def __init__(self, is_block, **kwargs):
        super().__init__(**kwargs)
        self.mixed = plait.remat(self.mix) if is_block else self.mix

    def mix(self, inputs, how):
        jax.debug.callback(lambda: seen.update(["mix"]))
        return super().call({"double": 2 * inputs, "same": inputs}[how])

    def call(self, inputs):
        return self.mixed(inputs, how="double")["second"]


def test_a_function_in_a_call_is_computed_again_with_all_that_it_does():
    def mixing(is_block):
        return trained(lambda x: Mixing(is_block, name="middle")(x), ROWS)

    for value, expected in zip(mixing(True), mixing(False), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
    for is_block, times in ((True, 2), (False, 1)):
        assert counted(functional(ROWS, Mixing(is_block, name="middle"))) == {"mix": times}


def test_a_function_of_jax_has_the_same_gradient_as_a_block():
    def mix(x, power):
        return {"sum": (jnp.sin(x) ** power).sum()}

    x = jnp.arange(3.0)
    for function in (jax.grad, lambda loss: jax.jit(jax.grad(loss))):
        found = function(lambda x: plait.remat(mix)(x, power=2)["sum"])(x)
        np.testing.assert_allclose(found, 2 * np.sin(x) * np.cos(x), rtol=1e-6)


def test_a_function_on_symbolic_tensors_is_no_block():
    with pytest.raises(TypeError, match=r"remat takes functions of arrays(.|\n)*compile"):
        plait.remat(layers.Dense(3))(Input((4,)))


# ---------------------------------------------------------------------------------------- memory


def bytes_of_a_step(remat):
    """Returns how many bytes the compiled program takes beside what it is given."""
    x = hidden = Input((64, 32))
    for number in range(4):
        block = [layers.Dense(128, "gelu"), layers.Dense(32, "gelu"), layers.Dense(128, "gelu"), layers.Dense(32)]
        hidden = layers.Add()([hidden, Sequential([Input((64, 32)), *block], name=f"block_{number}")(hidden)])
    model = Model(x, layers.Dense(1)(hidden))
    model.compile("sgd", "mse", remat=remat)
    program = model.compiled.program_for(model, ((64, 1),))
    arrays = {path: weight.value for path, weight in program.handles.items()}
    batch = Data([np.ones((32, 64, 32), "float32")], [np.ones((32, 64, 1), "float32")], [None])
    traced = program._train.trace(
        arrays, {}, program.slots(), program.start_logs(), batch, np.arange(32, dtype="int32"), 0, 1, 32,
        np.uint32(0), np.float32(0), batch=32, alone=False, padded=False,
    )  # fmt: skip
    return traced.lower().compile().memory_analysis().temp_size_in_bytes


def test_a_step_of_blocks_takes_less_memory():
    assert bytes_of_a_step("block_.*") < 0.75 * bytes_of_a_step(None)
