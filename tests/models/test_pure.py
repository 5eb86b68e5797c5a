"""Models as pure functions of a dict of arrays, in the hands of JAX."""

import gc

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from jax.sharding import Mesh, PartitionSpec

import plait
from plait import Input, Model, Sequential, layers
from plait.core.context import step_key

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(16, 4)).astype("float32")
Y = RANDOM.normal(size=(16, 2)).astype("float32")


def perceptron():
    hidden = layers.Dense(8, activation="tanh", name="hidden")
    return Model(inputs := Input((4,)), layers.Dense(2, name="head")(hidden(inputs)))


def normalized():
    normalization = layers.BatchNormalization(name="norm")
    return Model(inputs := Input((4,)), layers.Dense(2, name="head")(normalization(inputs)))


def dropping():
    return Model(inputs := Input((4,)), layers.Dropout(0.5)(inputs))


def shared():
    twice = layers.Dense(4, name="twice")
    return Model(inputs := Input((4,)), twice(twice(inputs)))


def nested():
    inner = Model(inputs := Input((4,)), layers.Dense(3, name="dense")(inputs), name="inner")
    return Model(inputs := Input((4,)), layers.Dense(2, name="head")(inner(inputs)))


def with_names():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    return Model({"a": a, "b": b}, {"sum": layers.Add()([a, b]), "head": layers.Dense(2, name="head")(a)})


class Called(Model):
    """Computes by a call of its own."""

    def __init__(self):
        super().__init__()
        self.norm, self.head = layers.BatchNormalization(name="norm"), layers.Dense(2, name="head")

    def call(self, inputs, training=False):
        return self.head(self.norm(inputs, training=training))


def called():
    model = Called()
    model(X)
    return model


MODELS = {
    "a chain": lambda: Sequential([Input((4,)), layers.Dense(2, name="head")]),
    "a graph": perceptron,
    "with running state": normalized,
    "with a shared layer": shared,
    "with a model in it": nested,
    "with a call": called,
}


def loss_of(apply):
    def loss(values, x=X, y=Y, **arguments):
        outputs, values = apply(values, x, **arguments)
        return jnp.mean((outputs - y) ** 2), values

    return loss


# ---------------------------------------------------------------------------------------- what it computes


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_it_computes_what_the_model_does(make):
    model = make()
    values, apply = model.pure()
    outputs, after = apply(values, X)
    np.testing.assert_allclose(outputs, model(X), rtol=1e-5, atol=1e-6)
    assert all(after[path] is value for path, value in values.items())


def test_the_values_are_a_plain_dict_by_path():
    values, _ = nested().pure()
    assert {path: value.shape for path, value in values.items()} == {
        "inner/dense/kernel": (4, 3),
        "inner/dense/bias": (3,),
        "head/kernel": (3, 2),
        "head/bias": (2,),
    }


def test_a_shared_layer_has_its_weights_once():
    values, apply = shared().pure()
    assert list(values) == ["twice/kernel", "twice/bias"]
    gradient = jax.grad(lambda values: apply(values, X)[0].sum())(values)["twice/bias"]
    np.testing.assert_allclose(gradient, 16 * (1 + values["twice/kernel"].sum(1)), rtol=1e-4)


def test_inputs_and_outputs_come_in_the_structure_of_the_model():
    values, apply = with_names().pure()
    outputs, _ = apply(values, {"b": X, "a": X})
    assert {name: array.shape for name, array in outputs.items()} == {"sum": (16, 4), "head": (16, 2)}


def test_it_depends_on_nothing_but_its_arguments():
    model = perceptron()
    values, apply = model.pure()
    before, _ = apply(values, X)
    model.set_weights([np.zeros_like(array) for array in model.get_weights()])
    np.testing.assert_array_equal(apply(values, X)[0], before)


def test_the_values_outlive_training():
    model = perceptron()
    values, apply = model.pure()
    before, _ = apply(values, X)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(apply(values, X)[0], before)


def test_a_model_that_was_made_pure_is_freed_with_its_function():
    def made():
        values, apply = perceptron().pure()
        apply(values, X)

    made()
    gc.collect()
    gc.disable()
    before = len(jax.live_arrays())
    made()
    after = len(jax.live_arrays())
    gc.enable()
    assert after == before


# ---------------------------------------------------------------------------------------- transformations of JAX


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_it_can_be_compiled(make):
    values, apply = make().pure()
    compiled = jax.jit(apply, static_argnames="training")
    for training in (False, True):
        ours, theirs = (function(values, X, training=training) for function in (compiled, apply))
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), ours, theirs)


def test_its_gradient_is_that_of_finite_differences():
    values, apply = perceptron().pure()
    loss = loss_of(apply)
    gradient = jax.grad(loss, has_aux=True)(values)[0]["head/bias"]
    step = 1e-2 * np.eye(2, dtype="float32")
    moved = [loss({**values, "head/bias": values["head/bias"] + s * one})[0] for one in step for s in (1, -1)]
    slopes = [(up - down) / 2e-2 for up, down in zip(moved[::2], moved[1::2], strict=True)]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-3, atol=1e-4)


def test_it_can_be_mapped_over_models_and_over_examples():
    one, other = perceptron().pure()[0], perceptron().pure()[0]
    other = {path: value + 1 for path, value in other.items()}
    apply = perceptron().pure()[1]
    stacked = jax.tree.map(lambda a, b: jnp.stack([a, b]), one, other)
    outputs, _ = jax.vmap(apply, in_axes=(0, None))(stacked, X)
    np.testing.assert_allclose(outputs[1], apply(other, X)[0], rtol=1e-5)
    alone = jax.vmap(lambda x: apply(one, x[None])[0][0])(X)
    np.testing.assert_allclose(alone, outputs[0], rtol=1e-4, atol=1e-6)


def test_running_state_can_be_carried_by_a_scan():
    model = normalized()
    values, apply = model.pure()

    def step(values, x):
        outputs, values = apply(values, x, training=True)
        return values, outputs

    batches = X.reshape(4, 4, 4)
    after, _ = jax.lax.scan(step, values, batches)
    for batch in batches:
        model(batch, training=True)
    for name in ("moving_mean", "moving_variance"):
        expected = getattr(model.get_layer("norm"), name).value
        np.testing.assert_allclose(after[f"norm/{name}"], expected, rtol=1e-5)


def test_it_can_be_sharded_by_hand():
    values, apply = perceptron().pure()
    mesh = Mesh(np.array(jax.devices()[:1]), ("batch",))

    def mean_loss(values, x, y):
        return jax.lax.pmean(loss_of(apply)(values, x, y)[0], "batch")

    split = PartitionSpec("batch")
    mapped = jax.shard_map(mean_loss, mesh=mesh, in_specs=(PartitionSpec(), split, split), out_specs=PartitionSpec())
    expected = jax.grad(loss_of(apply), has_aux=True)(values)[0]
    for path, gradient in jax.jit(jax.grad(mapped))(values, X, Y).items():
        np.testing.assert_allclose(gradient, expected[path], rtol=1e-4, atol=1e-6)


# ---------------------------------------------------------------------------------------- training, randomness, state


def test_dropout_draws_from_the_key():
    values, apply = dropping().pure()
    first, again, other = (apply(values, X, True, jax.random.key(seed))[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(apply(values, X)[0], X)


def test_a_key_of_the_old_kind_will_do():
    values, apply = dropping().pure()
    new, old = (apply(values, X, True, make(0))[0] for make in (jax.random.key, jax.random.PRNGKey))
    np.testing.assert_array_equal(new, old)


def test_dropout_without_a_key_is_refused():
    values, apply = dropping().pure()
    with pytest.raises(RuntimeError, match="needs a random key, and was given none"):
        apply(values, X, training=True)


def test_only_running_state_moves_on_in_training():
    values, apply = normalized().pure()
    _, after = apply(values, X, training=True)
    moved = {path for path in values if not np.array_equal(values[path], after[path])}
    assert moved == {"norm/moving_mean", "norm/moving_variance"}
    np.testing.assert_allclose(after["norm/moving_mean"], 0.01 * X.mean(0), rtol=1e-4)


def test_what_training_does_not_change_has_no_gradient():
    model = normalized()
    model.get_layer("head").trainable = False
    values, apply = model.pure()
    gradients = jax.grad(loss_of(apply), has_aux=True)(values)[0]
    assert {path for path, gradient in gradients.items() if gradient.any()} == {"norm/gamma", "norm/beta"}


def test_a_frozen_normalization_infers():
    model = normalized()
    model.get_layer("norm").trainable = False
    values, apply = model.pure()
    outputs, after = apply(values, X, training=True)
    np.testing.assert_array_equal(outputs, apply(values, X)[0])
    assert all(after[path] is value for path, value in values.items())


@pytest.mark.first_rows(1)
@pytest.mark.parametrize("make", [perceptron, normalized, nested, called])
def test_five_lines_of_optax_end_where_fit_does(make):
    model = make()
    values, apply = model.pure()
    optimizer = optax.sgd(0.1, momentum=0.9)
    state = optimizer.init(values)

    @jax.jit
    def step(values, state, x, y):
        gradients, values = jax.grad(loss_of(apply), has_aux=True)(values, x, y, training=True)
        updates, state = optimizer.update(gradients, state, values)
        return optax.apply_updates(values, updates), state

    for _ in range(3):
        for start in range(0, 16, 4):
            values, state = step(values, state, X[start : start + 4], Y[start : start + 4])

    model.compile(plait.optimizers.SGD(0.1, momentum=0.9), "mse")
    model.fit(X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0)
    fitted, _ = model.pure()
    for path, value in values.items():
        np.testing.assert_allclose(value, fitted[path], rtol=1e-4, atol=1e-6)


def test_dropout_is_that_of_fit_for_the_keys_of_fit():
    model = Model(inputs := Input((4,)), layers.Dense(2, name="head")(layers.Dropout(0.5)(inputs)))
    values, apply = model.pure()
    gradients, _ = jax.grad(loss_of(apply), has_aux=True)(values, training=True, key=step_key(0, 0))
    model.compile(plait.optimizers.SGD(1.0), "mse")
    model.train_on_batch(X, Y)
    for path, fitted in model.pure()[0].items():
        np.testing.assert_allclose(values[path] - gradients[path], fitted, rtol=1e-4, atol=1e-6)


# ---------------------------------------------------------------------------------------- taking values back


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_values_go_back_into_the_model(make):
    model = make()
    values, apply = model.pure()
    changed = {path: np.asarray(value) + 0.5 for path, value in values.items()}
    model.assign(changed)
    np.testing.assert_allclose(model(X), apply(changed, X)[0], rtol=1e-5, atol=1e-6)


def test_what_is_assigned_is_a_copy_that_training_starts_from():
    model = perceptron()
    values, _ = model.pure()
    mine = {path: np.array(value) for path, value in values.items()}
    model.assign(mine)
    for array in mine.values():
        array[:] = 100
    model.assign(values)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    assert all(np.isfinite(value).all() for value in values.values())
    assert np.abs(model.get_weights()[0]).max() < 10


WRONG = {
    "unknown and missing": (
        lambda values: {**without(values, "head/bias"), "head/bais": np.zeros(2)},
        ['"head/bais" is none of its weights. Did you mean "head/bias"?', '"head/bias" is missing, of shape (2,).'],
    ),
    "misshapen": (
        lambda values: {**values, "head/bias": np.zeros(3), "hidden/bias": np.zeros((8, 1))},
        ['"hidden/bias" needs shape (8,), got (8, 1).', '"head/bias" needs shape (2,), got (3,).'],
    ),
}


def without(values, path):
    return {name: value for name, value in values.items() if name != path}


@pytest.mark.parametrize(("change", "fragments"), WRONG.values(), ids=WRONG)
def test_one_error_names_all_that_is_wrong_with_values_and_nothing_is_changed(change, fragments):
    model = perceptron()
    values, _ = model.pure()
    wrong = change({path: value + 1 for path, value in values.items()})
    with pytest.raises(ValueError, match="cannot take these values") as caught:
        model.assign(wrong)
    assert [fragment for fragment in fragments if fragment not in str(caught.value)] == []
    assert all(np.array_equal(values[path], value) for path, value in model.pure()[0].items())


def test_the_function_refuses_values_of_another_model():
    values, apply = perceptron().pure()
    with pytest.raises(ValueError, match='"head/kernel" is missing'):
        apply(without(values, "head/kernel"), X)


def test_a_list_of_arrays_is_refused():
    model = perceptron()
    with pytest.raises(TypeError, match=r"needs a dict of arrays by path, got \[.*\n.*\n  model.pure\(\) gives one"):
        model.assign([1.0])


def test_inputs_of_another_shape_are_refused():
    values, apply = perceptron().pure()
    with pytest.raises(ValueError, match=r"needs shape \(None, 4\) for its input"):
        apply(values, X[:, :3])


def test_a_traced_value_is_not_assigned():
    model = perceptron()
    values, _ = model.pure()

    def wrong(values):
        model.assign(values)
        return values

    with pytest.raises(ValueError, match="is only being traced: assign what the compiled function returns"):
        jax.jit(wrong)(values)


def test_training_is_not_an_argument_of_a_compiled_function():
    values, apply = perceptron().pure()
    with pytest.raises(TypeError, match='static_argnames="training"'):
        jax.jit(apply)(values, X, True)


@pytest.mark.parametrize("make", [lambda: Sequential([layers.Dense(2)]), Called], ids=["a chain", "with a call"])
def test_a_model_that_is_not_built_has_no_values_yet(make):
    with pytest.raises(ValueError, match="is not built"):
        make().pure()
