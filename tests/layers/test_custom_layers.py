"""Layers written in Keras's way: `call`, `add_weight`, sub-layers in attributes, `add_loss`, assigned weights."""

import jax
import numpy as np
import pytest

import plait.layers as L
from plait import ops, saving
from plait.core.context import Context
from plait.models import Model, Sequential

X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
SEQUENCES = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")


@pytest.fixture(autouse=True)
def as_users_write():
    """Lets the layers below broadcast a bias, as the code of users does."""
    with jax.numpy_rank_promotion("allow"):
        yield


class Linear(L.Layer):
    """The layer of every tutorial."""

    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer="random_normal", name="w")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def call(self, inputs):
        return ops.matmul(inputs, self.w) + self.b


class Block(L.Layer):
    """Holds layers in an attribute, a list and a dict."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = Linear(5)
        self.stack = [L.Dense(5, activation="relu"), L.Dense(5)]
        self.heads = {"mean": L.Dense(2), "scale": L.Dense(2, activation="softplus")}

    def call(self, x):
        x = self.first(x)
        for layer in self.stack:
            x = layer(x)
        return {name: head(x) for name, head in self.heads.items()}


class Noisy(L.Layer):
    """Does something in training only."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dropout = L.Dropout(0.5)

    def call(self, x, training=False):
        return self.dropout(x) + (100.0 if training else 0.0)


class Counter(L.Layer):
    """Keeps how often it was called."""

    def build(self, input_shape):
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.count.assign_add(1.0)
        return x * self.count


class Penalized(L.Layer):
    def call(self, x):
        self.add_loss(0.5 * ops.sum(ops.square(x)))
        return x


class MeanOverTime(L.Layer):
    """Uses the mask that its inputs carry."""

    def call(self, x, mask=None):
        if mask is None:
            return x.mean(axis=1)
        weights = mask[:, :, None].astype(x.dtype)
        return (x * weights).sum(axis=1) / weights.sum(axis=1)

    def compute_mask(self, inputs, mask=None):
        return None


class DoubledDense(L.Dense):
    """Changes what a built-in layer computes."""

    def call(self, inputs):
        return 2 * super().call(inputs)


class CountedNormalization(L.BatchNormalization):
    """Changes a layer whose running state must move on all the same."""

    def call(self, inputs):
        return super().call(inputs) + 1


class Broken(L.Layer):
    def call(self, x):
        raise KeyError("nothing here")


def run(layer, x, training=False, seed=0):
    """Returns the outputs, new state and losses of a call, by a pure and compiled function."""
    layer(x)

    def pure(values, x):
        ctx = Context(training, jax.random.key(seed), layer.name)
        updated = layer.run(dict(zip(layer.weights, values, strict=True)), x, ctx, {})
        return updated.outputs, {weight.name: value for weight, value in updated.values.items()}, updated.losses

    return jax.jit(pure)([weight.value for weight in layer.weights], x)


# ---------------------------------------------------------------------------------------- weights and sub-layers


def test_call_computes_with_the_weights_that_build_added():
    layer = Linear()
    outputs = layer(X)
    w, b = layer.get_weights()
    np.testing.assert_allclose(outputs, X @ w + b, rtol=1e-5)


def test_a_gradient_flows_to_its_weights():
    layer = Linear()
    layer(X)

    def loss(w):
        return layer.run({layer.w: w, layer.b: layer.b.value}, X, Context(), {}).outputs.sum()

    np.testing.assert_allclose(jax.grad(loss)(layer.w.value), np.outer(X.sum(0), np.ones(4)), rtol=1e-5)


def test_layers_in_attributes_lists_and_dicts_are_found_in_their_order():
    block = Block()
    block(X)
    assert [weight.shape for weight in block.weights if len(weight.shape) == 2] == [
        (3, 5),
        (5, 5),
        (5, 5),
        (5, 2),
        (5, 2),
    ]


def test_its_call_is_that_of_its_layers_one_after_the_other():
    block = Block()
    outputs = block(X)
    chain = Sequential([block.first, *block.stack, block.heads["scale"]])
    np.testing.assert_allclose(outputs["scale"], chain(X), rtol=1e-5)


def test_a_whole_model_may_stand_in_an_attribute():
    class Wrapped(L.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            inputs = L.Input((3,))
            self.inner = Model(inputs, L.Dense(2)(inputs))

        def call(self, x):
            return self.inner(x)

    layer = Wrapped()
    np.testing.assert_allclose(layer(X), layer.inner(X), rtol=1e-6)


def test_a_layer_of_custom_layers_is_called_on_symbolic_tensors():
    inputs = L.Input((3,))
    model = Model(inputs, Block()(inputs))
    assert {name: array.shape for name, array in model(X).items()} == {"mean": (6, 2), "scale": (6, 2)}


class Encoder(L.Layer):
    def __init__(self):
        super().__init__()
        self.dense = L.Dense(3)
        self._stack = [L.Dense(4), L.Dense(3)]
        self.chain = Sequential([L.Dense(4), L.Dense(3)])
        self.closure = lambda x: self.dense(x)
        self.bound = self.encode

    def build(self, input_shape):
        self._kept = {"scale": self.add_weight(shape=(3,), name="scale")}

    def encode(self, x):
        return self.dense(x)

    def call(self, x):
        return x


def one_after_the_other(layers, x):
    for layer in layers:
        x = layer(x)
    return x


# How a call of a layer around the encoder comes by what the encoder holds, and how many weights that is.
WAYS = {
    "a layer of a layer": (lambda encoder, x: encoder.dense(x), 2),
    "a method of a layer": (lambda encoder, x: encoder.encode(x), 2),
    "a list with an underscore": (lambda encoder, x: one_after_the_other(encoder._stack, x), 4),
    "the layers of a model": (lambda encoder, x: one_after_the_other(encoder.chain.layers, x), 4),
    "a closure made before": (lambda encoder, x: encoder.closure(x), 2),
    "a bound method kept before": (lambda encoder, x: encoder.bound(x), 2),
    "a weight in a dict": (lambda encoder, x: x * encoder(x) * encoder._kept["scale"], 1),
    "a kernel of a layer": (lambda encoder, x: encoder.dense(x) @ ops.transpose(encoder.dense.kernel), 2),
}


@pytest.mark.parametrize(("reach", "count"), WAYS.values(), ids=WAYS)
def test_whatever_a_call_reaches_is_trained_and_is_no_constant_of_the_program(reach, count):
    class Around(L.Layer):
        def __init__(self):
            super().__init__()
            self.encoder = Encoder()

        def call(self, x):
            return reach(self.encoder, x)

    inputs = L.Input((3,))
    model = Model(inputs, Around()(inputs))
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(X, X + 1, verbose=0)
    moved = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert sum(moved) == len(moved) == count
    assert model.predict(X, verbose=0).any()
    model.set_weights([np.zeros_like(array) for array in before])
    assert not model.predict(X, verbose=0).any()


def test_a_weight_may_be_assigned_whether_it_is_learned_or_not():
    class Moving(L.Layer):
        def build(self, input_shape):
            self.scale = self.add_weight(shape=(), initializer="ones")

        def call(self, x):
            self.scale.assign_add(1.0)
            return x * self.scale

    layer = Moving()
    np.testing.assert_array_equal(layer(X), 2 * X)
    assert layer.scale.value == 2


def test_outside_of_a_call_a_weight_is_computed_with_like_an_array():
    layer = L.Dense(2)
    layer(X)
    kernel, handle = layer.get_weights()[0], layer.kernel
    for ours, expected in (
        (X @ handle, X @ kernel),
        (2 * handle - handle, kernel),
        (ops.sum(handle), kernel.sum()),
        (handle[0], kernel[0]),
        (handle.T, kernel.T),
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-6)


def test_a_weight_of_a_layer_outside_the_model_is_used_as_it_is_with_a_warning():
    outside = L.Dense(3)
    outside(X)
    inputs = L.Input((3,))
    model = Model(inputs, L.Lambda(lambda x: outside(x))(inputs))
    with pytest.warns(UserWarning, match='uses the weight "dense_1/.*" of a layer that is not part of the model'):
        outputs = model.predict(X, verbose=0)
    np.testing.assert_allclose(outputs, outside(X), rtol=1e-6)


def test_a_handle_is_no_array_inside_apply():
    class Wrong(L.Dense):
        def apply(self, values, inputs, ctx):
            return inputs @ self.kernel

    with pytest.raises(TypeError, match=r'"wrong_1/kernel" is a handle, and no array, inside apply\.\n'):
        Wrong(2)(X)


def test_a_layer_with_weights_is_not_called_inside_apply():
    class Wrong(L.Layer):
        def apply(self, values, inputs, ctx):
            return inner(inputs)

    inner = L.Dense(2)
    inner(X)
    with pytest.raises(TypeError, match=r'Dense "dense_1" cannot be called inside the apply of another'):
        Wrong()(X)


def test_build_may_be_called_by_hand_and_by_a_layer_around():
    class Around(L.Layer):
        def __init__(self):
            super().__init__()
            self.inner = L.Dense(4)

        def build(self, input_shape):
            self.inner.build(input_shape)

        def call(self, x):
            return self.inner(x)

    layer, dense = Around(), L.Dense(4)
    layer.build((None, 3)), dense.build((None, 3))
    kernel = dense.kernel.numpy()
    layer(X), dense(X)
    assert len(layer.weights) == len(dense.weights) == 2
    np.testing.assert_array_equal(dense.kernel.numpy(), kernel)


def test_a_call_may_name_its_inputs_and_be_given_them_by_name():
    class Attend(L.Layer):
        def build(self, query_shape, value_shape):
            self.shapes = query_shape, value_shape

        def call(self, query, value):
            return query + value

        def compute_output_shape(self, query_shape, value_shape):
            return value_shape

    layer = Attend()
    assert layer(query=L.Input((3,)), value=L.Input((3,))).shape == (None, 3)
    assert layer.shapes == ((None, 3), (None, 3))
    np.testing.assert_array_equal(layer(X, value=X), 2 * X)


def test_what_a_call_on_arrays_added_to_the_loss_can_be_read():
    layer, dense = Penalized(), L.Dense(2, kernel_regularizer="l2")
    layer(X), dense(X)
    np.testing.assert_allclose(layer.losses, [0.5 * np.square(X).sum()], rtol=1e-5)
    np.testing.assert_allclose(dense.losses, [0.01 * np.square(dense.kernel.numpy()).sum()], rtol=1e-5)


def test_a_method_that_every_layer_has_cannot_be_defined_anew():
    with pytest.raises(TypeError, match="Mine cannot have a method 'run' of its own beside `call`"):
        type("Mine", (L.Layer,), {"call": lambda self, x: x, "run": lambda self: None})


def test_an_unknown_argument_of_add_weight_is_an_error():
    with pytest.raises(TypeError, match=r"""no argument 'initialiser'\. Did you mean "initializer"\?"""):
        L.Layer().add_weight(shape=(3,), initialiser="ones")


# ---------------------------------------------------------------------------------------- shapes


class Demanding(L.Layer):
    """Says what it needs in Keras's way, and keeps a shape under a name that layers have."""

    def __init__(self):
        super().__init__()
        self.input_spec = [L.InputSpec(shape=(None, 3)), L.InputSpec(ndim=2, dtype="int32")]
        self.output_shape = (7,)

    def call(self, inputs):
        return inputs[0]


def test_a_list_of_demands_is_held_against_a_list_of_inputs():
    ids = L.Input((2,), dtype="int32")
    assert Demanding()([L.Input((3,)), ids]).shape == (None, 3)
    assert Demanding().output_shape == (7,)
    with pytest.raises(ValueError, match="needs inputs with 3 features on the last axis, got 4"):
        Demanding()([L.Input((4,)), ids])
    with pytest.raises(ValueError, match="needs inputs of dtype int32, got float32"):
        Demanding()([L.Input((3,)), L.Input((2,))])


def test_a_last_axis_of_size_1_may_be_there_or_not_where_that_is_said():
    class Images(L.Layer):
        def __init__(self):
            super().__init__()
            self.input_spec = L.InputSpec(shape=(None, 5, 4, 1), allow_last_axis_squeeze=True)

        def call(self, inputs):
            return inputs

    assert Images()(L.Input((5, 4, 1))).shape == (None, 5, 4, 1)
    assert Images()(L.Input((5, 4))).shape == (None, 5, 4)
    with pytest.raises(ValueError, match="needs inputs with 4 axes"):
        Images()(L.Input((5, 3)))
    with pytest.raises(ValueError, match="needs inputs with 4 features on axis 2, got 3"):
        Images()(L.Input((5, 3, 1)))


class Named(L.Layer):
    """Demands two of three inputs, by their names."""

    def __init__(self):
        super().__init__()
        specs = [("ids", 2, False), ("x", 3, False), ("weights", 2, True)]
        self.input_spec = [
            L.InputSpec(ndim=ndim, name=name, optional=optional, axes=None) for name, ndim, optional in specs
        ]

    def call(self, inputs):
        return inputs["x"]


def test_demands_are_held_against_a_dict_by_their_names():
    ids, x = L.Input((2,)), L.Input((4, 3))

    assert Named()({"x": x, "ids": ids}).shape == (None, 4, 3)
    with pytest.raises(ValueError, match="needs inputs with 3 axes"):
        Named()({"x": ids, "ids": ids})
    with pytest.raises(ValueError, match="There is no input 'ids', got 'x', 'weights'"):
        Named()({"x": x, "weights": ids})


def test_the_output_shape_is_found_by_tracing():
    outputs = Linear(7)(L.Input((3,)))
    assert (outputs.shape, outputs.dtype) == ((None, 7), "float32")


def test_unknown_axes_stay_unknown():
    assert Linear(7)(L.Input((None, 3))).shape == (None, None, 7)


def test_tracing_for_the_shape_makes_no_weight():
    layer = Linear()
    layer(L.Input((3,)))
    assert not layer.w.is_materialised


# ---------------------------------------------------------------------------------------- training and masks


def test_call_is_told_whether_it_is_in_training_and_so_are_its_layers():
    inferred, _, _ = run(Noisy(), X)
    trained, _, _ = run(Noisy(), X, training=True)
    np.testing.assert_array_equal(inferred, X)
    dropped = np.asarray(trained) == 100
    assert 0 < dropped.mean() < 1


def test_random_layers_inside_draw_anew_for_each_seed():
    layer = Noisy()
    first, again, other = (run(layer, X, training=True, seed=seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_call_gets_the_mask_of_its_inputs():
    inputs = L.Input((4, 3))
    model = Model(inputs, MeanOverTime()(L.Masking()(inputs)))
    padded = SEQUENCES.copy()
    padded[:, 2:] = 0
    np.testing.assert_allclose(model(padded), SEQUENCES[:, :2].mean(axis=1), rtol=1e-5)


def test_masks_pass_from_layer_to_layer_inside_call():
    class Inside(L.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.masking, self.mean = L.Masking(), MeanOverTime()

        def call(self, x):
            return self.mean(self.masking(x))

    padded = SEQUENCES.copy()
    padded[:, 2:] = 0
    np.testing.assert_allclose(Inside()(padded), SEQUENCES[:, :2].mean(axis=1), rtol=1e-5)


# ---------------------------------------------------------------------------------------- losses and state


def test_add_loss_leaves_the_call_with_the_outputs():
    _, _, losses = run(Penalized(), X)
    np.testing.assert_allclose(losses, [0.5 * np.square(X).sum()], rtol=1e-5)


def test_a_loss_of_a_layer_inside_reaches_the_outside():
    class Outer(L.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Penalized()

        def call(self, x):
            return self.inner(x) + self.inner(x)

    _, _, losses = run(Outer(), X)
    assert len(losses) == 2


def test_an_assigned_weight_becomes_running_state():
    layer = Counter()
    layer(X)
    outputs, state, _ = run(layer, X)
    assert state["count"] == layer.count.value + 1
    np.testing.assert_allclose(outputs, X * state["count"])


def test_a_first_call_may_be_compiled():
    layer = Block()
    inside = jax.jit(layer)(X)
    np.testing.assert_allclose(inside["mean"], layer(X)["mean"], rtol=1e-6)


def test_a_compiled_call_leaves_the_handles_as_they_are():
    layer = Counter()
    layer(X)
    before = layer.count.numpy()
    jax.jit(lambda x: layer(x))(X)
    assert layer.count.numpy() == before


def test_assigning_another_shape_is_explained():
    class Wrong(Counter):
        def call(self, x):
            self.count.assign(x)
            return x

    with pytest.raises(ValueError, match=r'Weight "count" has shape \(\), got a value of shape \(6, 3\)'):
        Wrong()(X)


# ---------------------------------------------------------------------------------------- inheritance


def test_super_call_is_what_the_built_in_layer_computes():
    plain, doubled = L.Dense(4), DoubledDense(4)
    plain(X), doubled(X)
    doubled.set_weights(plain.get_weights())
    np.testing.assert_allclose(doubled(X), 2 * plain(X), rtol=1e-6)


def test_the_running_state_of_super_call_moves_on():
    layer, plain = CountedNormalization(), L.BatchNormalization()
    outputs, expected = layer(X, training=True), plain(X, training=True)
    np.testing.assert_allclose(outputs, expected + 1, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_mean.value, plain.moving_mean.value, rtol=1e-6)


def test_its_config_holds_the_plain_arguments_it_was_made_with():
    config = Linear(7, name="line").get_config()
    assert Linear.from_config(config).units == 7
    assert config["name"] == "line"


class ScaledDense(L.Dense):
    """Adds an argument to those of a built-in layer, and does not write them down."""

    def __init__(self, units, scale=1.0, **kwargs):
        super().__init__(units, **kwargs)
        self.scale = scale


class Wrapping(L.Layer):
    """Takes a layer, which it writes into its config in Keras's way."""

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer

    def get_config(self):
        return {**super().get_config(), "layer": saving.serialize_keras_object(self.layer)}


class Nameless(L.Layer):
    """Takes a layer, writes nothing down, and has no place for a name."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer


CONFIGURED = {
    "with arguments of a built-in layer": lambda: ScaledDense(2, 3.0, activation="relu", kernel_initializer="ones"),
    "that writes a config": lambda: Wrapping(L.Dense(2), name="outer"),
    "without a name": lambda: Nameless(L.Dense(2)),
}


@pytest.mark.parametrize("make", CONFIGURED.values(), ids=CONFIGURED)
def test_a_class_of_ones_own_is_made_again_from_its_config(make):
    layer = make()
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert getattr(again, "scale", None) == getattr(layer, "scale", None)


# ---------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("x", [X, L.Input((3,))], ids=["array", "symbolic"])
def test_an_exception_inside_call_arrives_unchanged_with_a_note_that_names_the_layer(x):
    with pytest.raises(KeyError) as caught:
        Broken(name="oops")(x)
    assert caught.value.args == ("nothing here",)
    assert [note for note in caught.value.__notes__ if 'In layer Broken "oops"' in note]


def test_the_note_names_the_innermost_layer():
    class Outer(L.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Broken(name="oops")

        def call(self, x):
            return self.inner(x)

    with pytest.raises(KeyError) as caught:
        Outer()(X)
    assert len([note for note in caught.value.__notes__ if "In layer" in note]) == 1
    assert 'Broken "oops"' in caught.value.__notes__[0]


def test_a_layer_with_neither_call_nor_apply_says_what_is_missing():
    class Nothing(L.Layer):
        pass

    with pytest.raises(NotImplementedError, match=r'Nothing "nothing_1" computes nothing: give Nothing an'):
        Nothing()(X)
