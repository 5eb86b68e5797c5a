import gc
import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import plait
from plait import Input, Model, Sequential, layers, metrics, ops, optimizers, saving
from plait.core import policy
from plait.models import clone_model, model_from_json
from tests.genuine import genuine_keras


def two_towers():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    shared = layers.Dense(4, activation="relu", name="shared")
    joined = layers.concatenate([shared(a), shared(b)])
    scaled = layers.BatchNormalization(name="norm")(joined * 0.5)
    return Model([a, b], {"left": layers.Dense(2, name="l")(scaled), "right": layers.Dense(1, name="r")(scaled)})


DATA = [np.random.default_rng(seed).normal(size=(6, 3)).astype(np.float32) for seed in (1, 2)]


def predicted(model):
    return np.hstack(list(model.predict(DATA, verbose=0).values()))


@pytest.mark.parametrize(
    "again",
    [
        lambda model: model_from_json(model.to_json()),
        lambda model: Model.from_config(json.loads(json.dumps(model.get_config()))),
        clone_model,
    ],
    ids=["json", "config", "clone"],
)
def test_a_model_made_again_has_the_same_structure_and_takes_the_same_weights(again):
    model = two_towers()
    copy = again(model)
    assert copy.output_names == model.output_names
    assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]
    assert not set(copy.weights) & set(model.weights)
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(predicted(copy), predicted(model))


class OfUnits(Model):
    def __init__(self, units=2, **kwargs):
        inputs = Input((3,))
        super().__init__(inputs, layers.Dense(units)(inputs), **kwargs)


class OfGraph(Model):
    pass


class OfAnything(Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


@pytest.mark.parametrize(("cls", "made"), [(OfUnits, Model), (OfGraph, OfGraph), (OfAnything, OfAnything)])
def test_a_subclass_is_made_again_from_its_config_if_it_takes_a_graph(cls, made):
    model = (
        OfUnits(4, name="own") if cls is OfUnits else cls(inputs := Input((3,)), layers.Dense(4)(inputs), name="own")
    )
    again = cls.from_config(model.get_config())
    assert (type(again), again.name, again.output_shape) == (made, "own", (None, 4))


def test_cloning_may_replace_layers():
    def wider(layer):
        if isinstance(layer, layers.Dense):
            return layers.Dense(layer.units * 2, name=layer.name)
        return type(layer).from_config(layer.get_config())

    model = Sequential([layers.Dense(4, input_shape=(3,)), layers.Activation("relu"), layers.Dense(2)])
    assert clone_model(model, clone_function=wider).output_shape == (None, 4)


def test_a_clone_draws_the_initial_values_of_its_model_whatever_was_built_before():
    layers.Dense(3)
    inner = Sequential([Input((3,)), layers.Dense(3), layers.Dense(3)])
    model = Model(inputs := Input((3,)), layers.Dense(2)(inner(inputs)))
    layers.Dense(3)
    for value, other in zip(clone_model(model).get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(value, other)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: optimizers.Adam(0.1),
        lambda: optimizers.LossScaleOptimizer(optimizers.SGD(0.1, momentum=0.9)),
        lambda: optimizers.groups({".*/bias": optimizers.SGD(0.1)}, default=optimizers.Adam(0.1)),
        lambda: optax.sgd(0.1, momentum=0.9),
    ],
    ids=["adam", "scaled", "groups", "optax"],
)
def test_a_clone_is_compiled_alike_and_trains_as_its_model_did_from_the_beginning(optimizer):
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile(optimizer(), "mse", metrics=["mae"], steps_per_execution=2)
    x, y = DATA[0], DATA[1][:, :1]
    initial = model.get_weights()
    history = model.fit(x, y, epochs=3, shuffle=False, verbose=0).history
    copy = clone_model(model)
    assert copy.optimizer is not model.optimizer
    assert (copy.optimizer.iterations, model.optimizer.iterations) == (0, 3)
    copy.set_weights(initial)
    assert copy.fit(x, y, epochs=3, shuffle=False, verbose=0).history == history
    assert (copy.optimizer.iterations, model.optimizer.iterations) == (3, 3)
    assert clone_model(Sequential([Input((3,)), layers.Dense(1)])).compiled is None


def nested():
    inner = Sequential([layers.Dense(4, input_shape=(3,), name="deep")], name="inner")
    return Model(inputs := Input((3,)), layers.Dense(2, name="head")(inner(inputs)))


def test_the_function_that_clones_layers_is_given_models_too():
    given = []
    clone_model(nested(), clone_function=lambda layer: given.append(layer.name) or layer)
    assert given == ["inner", "head"]


def test_cloning_recursively_it_is_given_the_layers_in_them():
    given = []
    model = nested()
    copy = clone_model(model, clone_function=lambda layer: given.append(layer.name) or layer, recursive=True)
    assert given == ["deep", "head"]
    assert copy.get_layer("inner") is not model.get_layer("inner")
    assert copy.weights == model.weights


def test_a_function_may_call_the_layers_of_the_clone():
    def with_dropout(layer, *args, **kwargs):
        outputs = layer(*args, **kwargs)
        return layers.Dropout(0.5)(outputs) if isinstance(layer, layers.Dense) else outputs

    copy = clone_model(nested(), call_function=with_dropout)
    assert [layer.type_name for layer in copy.layers] == ["InputLayer", "Sequential", "Dense", "Dropout"]
    with pytest.raises(ValueError, match="cannot be cloned with a call_function"):
        clone_model(copy.get_layer("inner"), call_function=with_dropout)


def test_a_clone_may_begin_at_other_tensors():
    a, b = Input((3,)), Input((3,))
    assert clone_model(nested(), input_tensors=a + b).predict(DATA[0], verbose=0).shape == (6, 2)
    chain = nested().get_layer("inner")
    assert clone_model(chain, input_tensors=[a]).input is a
    clone_model(chain, input_tensors=a + b).get_config()


class Scaled(layers.Layer):
    def __init__(self, by, inner, **kwargs):
        super().__init__(**kwargs)
        self.by, self.inner = by, inner

    def call(self, inputs):
        return self.by(self.inner(inputs))


UNNAMED = {
    "an activation": lambda x: layers.Dense(4, lambda x: x + 1)(x),
    "an activation set later": lambda x: plus_one(layers.Dense(4))(x),
    "a lambda": lambda x: layers.Lambda(lambda x, by: x * by, (3,), arguments={"by": 2.0})(x),
    "an array of JAX's": lambda x: x * jax.numpy.arange(3.0)[None],
    "an initializer": lambda x: layers.Dense(2, kernel_initializer=lambda shape, dtype: np.ones(shape, dtype))(x),
    "a layer of one's own": lambda x: Scaled(lambda x: 2 * x, layers.Dense(2, name="inner"))(x),
    "in a model": lambda x: Sequential([layers.Dense(4, lambda x: x + 1, input_shape=(3,))])(x),
}


def plus_one(layer):
    layer.activation = lambda x: x + 1
    return layer


@pytest.mark.parametrize("outputs", UNNAMED.values(), ids=UNNAMED.keys())
def test_cloning_needs_no_names_of_functions(outputs):
    inputs = Input((3,))
    model = Model(inputs, outputs(inputs))
    copy = clone_model(model)
    assert not set(copy.weights) & set(model.weights)
    assert [layer.name for layer in copy.layers] == [layer.name for layer in model.layers]
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(DATA[0], verbose=0), model.predict(DATA[0], verbose=0))


def test_a_config_with_a_class_that_is_not_registered_is_refused_by_name():
    config = json.loads(two_towers().to_json())
    config["config"]["layers"][1]["class_name"] = "os.system"
    with pytest.raises(ValueError, match=r"Nothing is registered under the name 'os.system'"):
        model_from_json(json.dumps(config))


def test_names_address_layers_inside_models():
    inner = Sequential([layers.Dense(2, input_shape=(3,), name="deep")], name="inner")
    outer = Model(inputs := Input((3,)), inner(inputs))
    assert outer.get_layer("inner/deep") is inner.layers[0]
    assert outer.get_layer(index=1) is inner


def test_features_of_a_nested_layer_can_be_taken_out():
    inner = Sequential([layers.Dense(2, input_shape=(3,), name="deep"), layers.Dense(1)], name="inner")
    Model(inputs := Input((3,)), inner(inputs))
    features = Model(inner.input, inner.get_layer("deep").output)
    assert features.predict(DATA[0], verbose=0).shape == (6, 2)


def test_attributes_tell_what_a_layer_was_called_on():
    layer = layers.Dense(4)
    first, second = Input((3,)), Input((3,))
    out = [layer(first), layer(second)]
    assert layer.input == first
    assert layer.output == out[0]
    assert layer.get_input_at(1) == second
    assert layer.get_output_at(1) == out[1]
    assert layer.input_shape == (None, 3)
    assert layer.output_shape == (None, 4)
    assert layer.count_params() == 16


def test_a_frozen_model_freezes_what_is_in_it():
    model = two_towers()
    model.trainable = False
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == len(model.weights)
    model.trainable = True
    assert [weight.name for weight in model.non_trainable_weights] == ["moving_mean", "moving_variance"]


def test_a_layer_of_a_frozen_model_may_be_thawed():
    base = Sequential([Input((3,)), layers.Dense(3), layers.Dense(3)])
    base.trainable = False
    base.layers[-1].trainable = True
    inputs = Input((3,))
    model = Model(inputs, base(inputs))
    model.compile("sgd", "mse")
    before = model.get_weights()
    model.fit(DATA[0], DATA[1], verbose=0)
    assert model.trainable_weights == base.layers[-1].weights
    assert [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)] == [False, False, True, True]


def test_freezing_a_weight_leaves_it_in_its_place():
    layer = layers.Dense(2)
    layer.build((None, 3))
    layer.kernel.trainable = False
    assert [weight.name for weight in layer.weights] == ["kernel", "bias"]


def test_a_model_deep_in_others_is_placed_in_time_linear_in_the_depth():
    inputs = Input((3,))
    model = Model(inputs, layers.Dense(3)(inputs))
    for _ in range(40):
        inputs = Input((3,))
        model = Model(inputs, model(inputs))
    (kernel, _) = model.weights
    assert kernel.path == "model/" * 40 + "dense/kernel"


def test_a_class_of_the_same_name_does_not_stand_in_for_plait_s_own():
    @saving.register_keras_serializable()
    class Flatten(layers.Layer):
        def call(self, x):
            return 2 * x

    inputs = Input((3,))
    model = Model(inputs, Flatten()(layers.Flatten()(inputs)))
    again = model_from_json(model.to_json())
    assert [type(layer) for layer in again.layers] == [type(layer) for layer in model.layers]


def test_an_array_in_a_graph_is_written_with_it():
    inputs = Input((3,))
    model = Model(inputs, inputs + ops.ones((1, 3)))
    np.testing.assert_array_equal(model_from_json(model.to_json())(DATA[0]), DATA[0] + 1)


def test_a_weight_may_be_used_in_the_graph_itself_and_is_trained_there_too():
    tied = layers.Dense(3, use_bias=False)
    inputs = Input((3,))
    model = Model(inputs, tied(inputs) @ tied.kernel)
    np.testing.assert_allclose(model(DATA[0]), DATA[0] @ tied.kernel @ tied.kernel, rtol=1e-5, atol=1e-5)
    tied.kernel.assign(0 * tied.kernel)
    assert not model.predict(DATA[0], verbose=0).any()


@pytest.mark.parametrize("later", [False, True])
def test_a_frozen_model_freezes_what_is_in_it_once(later):
    model = Sequential([layers.LSTM(2), layers.Dense(1)], trainable=later)
    model.trainable = False
    model.layers[1].trainable = True
    for length in (3, 4):
        model.predict(np.ones((2, length, 1)), verbose=0)
        assert [layer.trainable for layer in model.layers] == [False, True]


def test_set_weights_and_get_weights_agree_and_give_copies():
    model = two_towers()
    values = [np.full(weight.shape, number, np.float32) for number, weight in enumerate(model.weights)]
    model.set_weights(values)
    values[0][:] = 99.0
    assert [float(value.flat[0]) for value in model.get_weights()] == [float(n) for n in range(len(values))]


def trained_model():
    model = Model(inputs := Input((8,)), layers.Dense(1)(layers.Dense(8, activation="relu")(inputs)))
    model.compile("adam", "mse", metrics=["mae"])
    x = np.ones((20, 8), np.float32)
    model.fit(x, x[:, :1], epochs=2, verbose=0, validation_split=0.2)
    model.predict(x, verbose=0)
    model.evaluate(x, x[:, :1], verbose=0)
    return model


def test_dropping_a_model_frees_its_arrays_and_its_compiled_programs():
    trained_model()  # what JAX itself keeps of single operations is made here
    gc.collect()
    before = len(jax.live_arrays())
    programs = len(jax.devices()[0].client.live_executables())
    model = trained_model()
    assert len(jax.live_arrays()) > before
    assert len(jax.devices()[0].client.live_executables()) > programs
    del model
    assert len(jax.live_arrays()) == before  # at once, without the garbage collector
    gc.collect()
    assert len(jax.devices()[0].client.live_executables()) <= programs


def test_input_and_output_names_follow_layers_or_keys_and_are_unique():
    shared = layers.Dense(1, name="score")
    a, b = Input((2,), name="a"), Input((2,), name="b")
    assert Model([a, b], [shared(a), shared(b)]).output_names == ["score", "score_1"]
    assert Model([a, b], {"first": shared(a), "second": [shared(b)]}).output_names == ["first", "second/0"]


@pytest.mark.parametrize(
    ("inputs", "given"),
    [
        (lambda a, b: [a, b], lambda x, y: [x, y]),
        (lambda a, b: (a, b), lambda x, y: (x, y)),
        (lambda a, b: [a, b], lambda x, y: {"b": y, "a": x}),
        (lambda a, b: {"one": a, "two": b}, lambda x, y: {"two": y, "one": x}),
        (lambda a, b: {"one": a, "two": b}, lambda x, y: [x, y]),
        (lambda a, b: {"pair": [a, b]}, lambda x, y: {"pair": [x, y]}),
        (lambda a, b: [a, [b]], lambda x, y: [x, [y]]),
    ],
    ids=["list", "tuple", "dict for a list", "dict", "list for a dict", "list in a dict", "list in a list"],
)
def test_inputs_of_any_structure_reach_the_tensor_they_are_meant_for(inputs, given):
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model(inputs(a, b), a - 2 * b)
    np.testing.assert_allclose(model.predict(given(*DATA), verbose=0), DATA[0] - 2 * DATA[1], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model(given(*DATA)), DATA[0] - 2 * DATA[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("of_one", "given"), [((1,), (4,)), ((), (4, 1)), ((3, 1), (4, 3)), ((3,), (4, 3, 1)), ((3,), (4, 3))]
)
@pytest.mark.parametrize("training", [None, False])
def test_an_axis_of_size_1_may_be_missing_or_too_many_at_the_end(of_one, given, training):
    model = Model(inputs := Input(of_one), inputs * 2)
    outer = Model(around := Input(given[1:]), model(around))
    x = np.arange(np.prod(given), dtype=np.float32).reshape(given)
    expected = 2 * x.reshape(4, *of_one)
    for outputs in (model(x, training=training), model.predict(x, verbose=0), outer.predict(x, verbose=0)):
        np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize("run", [Model.__call__, lambda model, x: model.predict(x, verbose=0)], ids=["call", "predict"])
def test_inputs_come_in_the_dtype_that_was_declared(run):
    model = Model(inputs := Input((3,), dtype="int32"), inputs * 2)
    outputs = run(model, np.array([[1.0, 2.0, 3.0]]))
    assert outputs.dtype == "int32"
    with pytest.raises(ValueError, match=r"takes whole numbers \(int32\), got 0.5"):
        run(model, np.array([[1.0, 2.0, 0.5]]))


RUNS = pytest.mark.parametrize(
    "run",
    [lambda model, x: np.asarray(model(x)), lambda model, x: model.predict(x, verbose=0)],
    ids=["call", "predict"],
)


@RUNS
@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.set_weights([np.full((3, 1), 2.0), np.ones(1)]),
        lambda model: model.layers[1].kernel.assign(np.full((3, 1), 5.0)),
        lambda model: model.fit(DATA[0], DATA[1][:, :1], verbose=0),
        lambda model: (setattr(model.layers[1], "trainable", False), model.layers[1].bias.assign([3.0])),
    ],
    ids=["set_weights", "assign", "fit", "frozen"],
)
def test_weights_that_change_between_calls_are_seen(run, change):
    model = Model(inputs := Input((3,)), layers.Dense(1)(inputs))
    model.compile(loss="mse")
    before = run(model, DATA[0])
    change(model)
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(run(model, DATA[0]), DATA[0] @ kernel + bias, rtol=1e-5, atol=1e-6)
    assert not np.allclose(run(model, DATA[0]), before)


@RUNS
def test_a_layer_of_two_models_computes_for_both_with_what_either_learned(run):
    shared = layers.Dense(1)
    first = Model(a := Input((3,)), shared(a))
    second = Model(b := Input((3,)), 2 * shared(b))
    run(first, DATA[0])
    first.compile(loss="mse")
    first.fit(DATA[0], DATA[1][:, :1], verbose=0)
    np.testing.assert_allclose(run(second, DATA[0]), 2 * run(first, DATA[0]), rtol=1e-5)


@RUNS
def test_calls_on_data_of_one_shape_compile_once_however_these_are_given(run):
    traces = []

    def noted(x):
        traces.append(x.shape)
        return 2 * x

    model = Model(inputs := Input((3,), name="x"), layers.Lambda(noted)(inputs))
    traces.clear()
    for given in (DATA[0], DATA[0].astype(float), jnp.asarray(DATA[0]), {"x": DATA[0]}, [DATA[0]]):
        np.testing.assert_array_equal(run(model, given), 2 * DATA[0])
    assert len(traces) == 1


@RUNS
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([np.zeros((2, 4), np.int32), np.zeros((2, 3), np.float32)], r"got \(2, 4\)|got shape \(2, 4\)"),
        ([np.zeros((2, 2), np.int32)], "The model has 2 inputs"),
        (
            [np.array([[0, 5]], np.int32), np.zeros((1, 3), np.float32)],
            "ids go from 0 to 4, got 5 in row 0, position 1",
        ),
        ([np.array([[0.0, np.nan]]), np.zeros((1, 3), np.float32)], "takes whole numbers"),
        ([np.array([["a", "b"]]), np.zeros((1, 3), np.float32)], "must be an array of numbers"),
    ],
    ids=["shape", "number", "range", "no number", "text"],
)
def test_what_does_not_fit_is_refused_also_after_what_did(run, given, message):
    ids, numbers = Input((2,), dtype="int32", name="ids"), Input((3,), name="numbers")
    embedded = Model(inner := Input((2,), dtype="int32"), layers.Embedding(5, 2)(inner))(ids)
    model = Model([ids, numbers], layers.concatenate([layers.Flatten()(embedded), numbers]))
    run(model, [np.ones((2, 2), np.int32), np.zeros((2, 3), np.float32)])
    with pytest.raises((TypeError, ValueError), match=message):
        run(model, given)


def test_an_array_may_be_written_to_once_a_call_returned():
    model = Model(inputs := Input((None,)), ops.sin(inputs))
    x = np.zeros((1, 1_000_000), np.float32)
    outputs = model(x)
    x[:] = 1.0
    assert not np.asarray(outputs).any()


def test_a_call_may_be_differentiated_and_compiled():
    model = Model(inputs := Input((3,)), layers.Dense(1)(inputs))
    kernel = model.get_weights()[0]
    model(DATA[0])
    gradient = jax.grad(lambda x: model(x).sum())(jnp.asarray(DATA[0]))
    np.testing.assert_allclose(gradient, np.broadcast_to(kernel[:, 0], (6, 3)), rtol=1e-6)
    np.testing.assert_allclose(jax.jit(model)(DATA[0]), model(DATA[0]), rtol=1e-6)


def test_ids_reach_a_model_in_a_model_unrounded(monkeypatch):
    monkeypatch.setattr(policy, "_policy", policy.DTypePolicy("mixed_bfloat16"))
    embedding = layers.Embedding(1000, 1, embeddings_initializer="glorot_uniform")
    inner = Sequential([embedding])
    outer = Model(inputs := Input((1,)), inner(inputs))
    np.testing.assert_array_equal(outer(np.array([[999.0]])), embedding(np.array([[999]])))


@pytest.mark.parametrize(
    ("outputs", "shape", "expected"),
    [
        (lambda x: layers.Dense(2)(x), (None, 3), (None, 2)),
        (lambda x: layers.Dense(2)(x), (5, 3), (5, 2)),
        (lambda x: {"same": x, "sum": layers.Add()([x, x])}, (5, 3), {"same": (5, 3), "sum": (5, 3)}),
    ],
)
def test_the_shapes_of_the_outputs_follow_from_those_of_the_inputs(outputs, shape, expected):
    model = Model(inputs := Input((3,)), outputs(inputs))
    assert model.compute_output_shape(shape) == expected


@pytest.mark.parametrize(
    ("loss", "units", "kind"),
    [
        ("mse", 1, metrics.BinaryAccuracy),
        ("categorical_crossentropy", 3, metrics.CategoricalAccuracy),
        ("sparse_categorical_crossentropy", 3, metrics.SparseCategoricalAccuracy),
    ],
)
def test_the_metrics_of_a_model_are_objects_in_the_order_of_their_names(loss, units, kind):
    mine = metrics.MeanAbsoluteError(name="mine")
    model = Sequential([Input((3,)), layers.Dense(units)])
    assert model.metrics == []

    model.compile("sgd", loss, metrics=["accuracy", mine])

    assert [metric.name for metric in model.metrics] == model.metrics_names[1:]
    assert (type(model.metrics[0]), model.metrics[1]) == (kind, mine)
    assert model.metrics == model.metrics


def test_resetting_the_metrics_empties_them():
    mine = metrics.MeanAbsoluteError()
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[mine])
    mine.update_state([[1.0]], [[3.0]])

    model.reset_metrics()

    assert float(mine.result()) == 0


def test_a_method_that_keras_took_away_is_not_there_and_says_what_to_write():
    model = Sequential([Input((3,)), layers.Dense(1)], name="m")

    assert not hasattr(model, "predict_proba")
    with pytest.raises(AttributeError, match=r'Sequential "m" has no method predict_classes\.(.|\n)*argmax\(axis=-1\)'):
        model.predict_classes(DATA[0])


def with_losses(K):
    """Returns a model in which a weight, a layer's outputs and a layer's `call` add to the loss."""

    class Penalized(K.layers.Layer):
        def call(self, x):
            self.add_loss(0.1 * K.ops.sum(K.ops.square(x)))
            return x

    inputs = K.Input((3,))
    hidden = K.layers.Dense(2, kernel_regularizer="l2", activity_regularizer="l1")(inputs)
    return K.Model(inputs, Penalized()(hidden))


def test_its_losses_are_those_of_its_last_call_and_of_regularizers():
    model = with_losses(plait)

    def losses_of(model):
        found = [list(map(np.asarray, model.losses))]
        for x in DATA:
            model(x)
            found.append(list(map(np.asarray, model.losses)))
        return found

    with genuine_keras() as keras:
        theirs = with_losses(keras)
        theirs.set_weights(model.get_weights())
        expected = losses_of(theirs)
    for ours, wanted in zip(losses_of(model), expected, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-5)


def of_batches(K, layer, shape):
    inputs = K.Input(batch_shape=shape)
    return K.Model(inputs, layer(K)(inputs))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(lambda K: K.layers.Dense(2), (8, 3)), (lambda K: K.layers.LSTM(2, unroll=True), (8, 3, 4))],
    ids=["rows", "series"],
)
def test_a_batch_size_that_was_declared_limits_no_data(layer, shape):
    x = np.random.default_rng(0).normal(size=(20, *shape[1:])).astype("float32")
    model = of_batches(plait, layer, shape)
    with genuine_keras() as keras:
        theirs = of_batches(keras, layer, shape)
        theirs.set_weights(model.get_weights())
        expected = theirs.predict(x, batch_size=8, verbose=0)
    for found in (model.predict(x, batch_size=8, verbose=0), model.predict(x, verbose=0), model(x)):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(x, expected, batch_size=8, verbose=0, validation_data=(x[:3], expected[:3])).history
    np.testing.assert_allclose([history["loss"], history["mae"]], 0, atol=1e-5)


def test_a_stateful_layer_goes_on_from_batch_to_batch_of_the_declared_size():
    x = np.random.default_rng(0).normal(size=(8, 3, 4)).astype("float32")
    model = of_batches(plait, lambda K: K.layers.LSTM(2, stateful=True), (4, 3, 4))
    plain = of_batches(plait, lambda K: K.layers.LSTM(2), (None, 6, 4))
    plain.set_weights(model.get_weights())
    found = model.predict(x, batch_size=4, verbose=0)
    np.testing.assert_allclose(found[:4], plain.layers[-1](x[:4]), rtol=1e-5, atol=1e-6)
    in_one = plain.predict(np.concatenate([x[:4], x[4:]], axis=1), verbose=0)
    np.testing.assert_allclose(found[4:], in_one, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("use", ["fit", "evaluate", "predict"])
def test_data_that_make_no_whole_batches_are_refused_by_a_model_with_a_stateful_layer(use):
    model = of_batches(plait, lambda K: K.layers.LSTM(2, stateful=True, name="remembers"), (4, 3, 4))
    model.compile("sgd", "mse")
    before = model.get_weights()
    arguments = () if use == "predict" else (np.zeros((10, 2)),)
    with pytest.raises(ValueError, match=r'takes batches of 4, as LSTM "remembers" goes on(.|\n)*got 10 samples'):
        getattr(model, use)(np.zeros((10, 3, 4)), *arguments, batch_size=4)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])
