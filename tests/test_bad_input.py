"""What bad input gets: who, what was needed, what came, the line of the user's that asked for it, and the way out.

Every case is a function whose last call is the mistake. It says which error that is, and what the message must contain;
that the first line is complete on its own, and that the message names the line of the mistake, is asked of all of them.
"""

import functools
import re
import traceback
from typing import NamedTuple

import numpy as np
import optax
import pytest

from plait import (
    Input,
    Layer,
    Model,
    Sequential,
    activations,
    callbacks,
    initializers,
    layers,
    losses,
    metrics,
    ops,
    optimizers,
)

X = np.linspace(-1, 1, 32, dtype=np.float32).reshape(8, 4)
IDS = np.arange(8) % 3
ONE_HOT = np.eye(3, dtype=np.float32)[IDS]


class Case(NamedTuple):
    mistake: object
    error: type
    says: tuple[str, ...]
    model: object  # makes the model that the mistake is made with, and the x and y that it is used with rightly


MISTAKES = []
MISTAKES_WITH_A_MODEL = []


def case(error, *says, model=None):
    def enter(mistake):
        (MISTAKES_WITH_A_MODEL if model else MISTAKES).append(Case(mistake, error, says, model))
        return mistake

    return enter


def refusal(case, *arguments):
    """Returns the message of the error, once what all messages have in common is checked."""
    with pytest.raises(case.error) as caught:
        case.mistake(*arguments)
    message = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    line = [frame.lineno for frame in traceback.extract_tb(caught.tb) if frame.filename == __file__][-1]
    assert type(caught.value) is case.error
    assert message.partition("\n")[0].endswith((".", "?"))
    assert "JAX has removed" not in message
    assert re.search(rf"Called at .*test_bad_input\.py:{line}\.", message)
    return message


def name_of(case):
    return case.mistake.__name__


@pytest.mark.parametrize("case", MISTAKES, ids=name_of)
def test_a_mistake_is_explained(case):
    message = refusal(case)

    assert [fragment for fragment in case.says if fragment not in message] == []


@pytest.mark.parametrize("case", MISTAKES_WITH_A_MODEL, ids=name_of)
def test_a_mistake_with_a_model_is_explained_and_leaves_it_as_it_was(case):
    model, x, y = case.model()
    before = model.get_weights()

    message = refusal(case, model)

    assert [fragment for fragment in case.says if fragment not in message] == []
    assert all(map(np.array_equal, before, model.get_weights()))
    if x is not None and model.compiled:
        assert np.isfinite(model.train_on_batch(x, y)).all()


# ------------------------------------------------------------------------------------------ the models that are misused


def of_one_process(make):
    """Keeps the model: as no mistake changes anything, one does for all of them."""
    return functools.cache(make)


@of_one_process
def classifier():
    inputs = Input((4,), name="photo")
    model = Model(inputs, layers.Dense(3, activation="softmax", name="digit")(inputs), name="reader")
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model, X, IDS


@of_one_process
def one_hot_classifier():
    inputs = Input((4,), name="photo")
    model = Model(inputs, layers.Dense(3, activation="softmax", name="digit")(inputs), name="reader")
    model.compile("sgd", "categorical_crossentropy")
    return model, X, ONE_HOT


@of_one_process
def regressor():
    inputs = Input((4,), name="house")
    model = Model(inputs, layers.Dense(2, name="prices")(inputs), name="estimate")
    model.compile("sgd", "mse")
    return model, X, X[:, :2]


@of_one_process
def two_of_each():
    left, right = Input((4,), name="left"), Input((4,), name="right")
    joined = layers.concatenate([left, right])
    outputs = [layers.Dense(2, name="place")(joined), layers.Dense(1, name="size")(joined)]
    model = Model([left, right], outputs, name="finder")
    model.compile("sgd", "mse")
    return model, [X, X], [X[:, :2], X[:, :1]]


def squares(y_true, y_pred):
    return (y_true - y_pred) ** 2


@of_one_process
def regressor_by_a_function():
    inputs = Input((4,), name="house")
    model = Model(inputs, layers.Dense(8, name="prices")(inputs), name="estimate")
    model.compile("sgd", squares)
    return model, X, np.ones((8, 8))


@of_one_process
def one_price_by_a_function():
    inputs = Input((4,), name="house")
    model = Model(inputs, layers.Dense(1, name="price")(inputs), name="estimate")
    model.compile("sgd", squares)
    return model, X, X[:, 0]


@of_one_process
def word_model():
    # An Input of float32 that holds whole numbers is fine.
    inputs = Input((4,), name="words")
    outputs = layers.Dense(1, name="mood")(layers.Flatten()(layers.Embedding(10, 2, name="vectors")(inputs)))
    model = Model(inputs, outputs)
    model.compile("sgd", "mse")
    return model, np.arange(32, dtype=np.float32).reshape(8, 4) % 10, X[:, :1]


@of_one_process
def yes_or_no():
    inputs = Input((4,), name="photo")
    model = Model(inputs, layers.Dense(1, activation="softmax", name="sure")(inputs))
    model.compile("sgd", "categorical_crossentropy")
    return model, None, None


@of_one_process
def without_a_loss():
    inputs = Input((4,), name="photo")
    model = Model(inputs, layers.Dense(3, name="digit")(inputs))
    model.compile("sgd")
    return model, None, None


@of_one_process
def not_compiled():
    inputs = Input((4,), name="photo")
    return Model(inputs, layers.Dense(3, name="digit")(inputs), name="reader"), X, IDS


# ------------------------------------------------------------------------------------------ calling layers


@case(
    ValueError,
    'Dense "head" needs inputs with 4 features on the last axis, got 5: shape (None, 5).',
    "weights were declared by the call at ",
    "make a new Dense layer",
)
def wrong_feature_count():
    head = layers.Dense(2, name="head")
    head(Input((4,)))
    head(Input((5,)))


@case(ValueError, 'Dense "head" needs inputs with 4 features on the last axis, got 5: shape (2, 5).')
def wrong_feature_count_in_an_array():
    head = layers.Dense(2, name="head")
    head(Input((4,)))
    head(np.ones((2, 5), np.float32))


@case(
    ValueError,
    'Conv2D "edges" needs inputs with 4 axes (batch included), got shape (None, 28, 28), which has 3.',
    "layers.Reshape((28, 28, 1))",
)
def wrong_rank():
    layers.Conv2D(8, 3, name="edges")(Input((28, 28)))


@case(ValueError, 'LSTM "memory" needs inputs with 3 axes (batch included), got shape (None, 8), which has 2.')
def wrong_rank_for_a_recurrent_layer():
    layers.LSTM(4, name="memory")(Input((8,)))


@case(ValueError, 'Conv2D "edges" needs inputs with 3 channels on the last axis, got 1: shape (None, 8, 8, 1).')
def channel_mismatch():
    edges = layers.Conv2D(8, 3, name="edges")
    edges(Input((8, 8, 3)))
    edges(Input((8, 8, 1)))


@case(ValueError, 'Dense "head" needs a positive integer for units, got -3.')
def negative_units():
    layers.Dense(-3, name="head")


@case(ValueError, 'Dense "head" needs a positive integer for units, got 0.')
def zero_units():
    layers.Dense(0, name="head")


@case(ValueError, 'Dense "head" needs a positive integer for units, got 2.5.')
def half_a_unit():
    layers.Dense(2.5, name="head")


@case(ValueError, 'Dropout "forget"', "got 50")
def a_dropout_rate_in_percent():
    layers.Dropout(50, name="forget")


@case(
    ValueError,
    'Conv2D "edges" needs inputs as long as its window, 5 or more on axis 1, got 3: shape (None, 3, 3, 1).',
    'padding="same"',
)
def kernel_larger_than_the_input():
    layers.Conv2D(8, 5, name="edges")(Input((3, 3, 1)))


@case(
    ValueError,
    'MaxPooling2D "second" needs inputs as long as its window, 2 or more on axis 1, got 1',
    "shape (None, 1, 1, 1)",
    "fewer poolings",
)
def pooled_to_nothing():
    once = layers.MaxPooling2D(name="first")(Input((2, 2, 1)))
    layers.MaxPooling2D(name="second")(once)


@case(ValueError, 'Concatenate "join"', "(None, 4, 2)", "(None, 5, 2)")
def concatenating_unequal_shapes():
    layers.Concatenate(name="join")([Input((4, 2)), Input((5, 2))])


@case(ValueError, 'Concatenate "join" joins inputs along axis 3, got one that has axes 0 to 2: shape (None, 4, 2).')
def concatenating_along_an_axis_that_is_not_there():
    layers.Concatenate(axis=3, name="join")([Input((4, 2)), Input((4, 2))])


@case(ValueError, 'Concatenate "join"', "(None, 4)")
def concatenating_one_tensor():
    layers.Concatenate(name="join")(Input((4,)))


@case(ValueError, 'Add "sum" takes a list of tensors, got something else among them.')
def adding_none():
    layers.Add(name="sum")([Input((4,)), None])


@case(ValueError, 'Add "sum"', "(None, 4)", "(None, 5)")
def adding_unequal_shapes():
    layers.Add(name="sum")([Input((4,)), Input((5,))])


@case(ValueError, 'add cannot take "left" (None, 4), "right" (None, 5).', "must have one size")
def adding_unequal_shapes_by_the_operator():
    Input((4,), name="left") + Input((5,), name="right")


@case(ValueError, 'matmul cannot take "left" (None, 4), "right" (None, 5, 6).')
def multiplying_matrices_that_do_not_fit():
    Input((4,), name="left") @ Input((5, 6), name="right")


@case(ValueError, 'concatenate cannot take ["left" (None, 4, 2), "right" (None, 5, 2)], axis=-1.')
def joining_unequal_shapes_by_a_function():
    ops.concatenate([Input((4, 2), name="left"), Input((5, 2), name="right")], axis=-1)


@case(ValueError, 'sum cannot take "left" (None, 4), axis=3.')
def summing_along_an_axis_that_is_not_there():
    ops.sum(Input((4,), name="left"), axis=3)


@case(ValueError, 'reshape cannot take "photo" (None, 4), [3, 2].', "shape (None, 4)")
def reshaping_by_a_function():
    ops.reshape(Input((4,), name="photo"), (3, 2))


@case(IndexError, 'get_item cannot take "photo" (None, 4)', "index 7 is out of bounds for axis 1 with size 4")
def an_index_beyond_the_end():
    Input((4,), name="photo")[:, 7]


@case(TypeError, 'The tensor made by "photo" is symbolic', "numpy.sum cannot work on it", "plait.ops.sum")
def a_function_of_numpy_on_a_symbolic_tensor():
    np.sum(Input((4,), name="photo"))


@case(TypeError, 'The tensor made by "photo" is symbolic', "neither true nor false", "plait.ops.where")
def asking_whether_a_symbolic_tensor_is_true():
    bool(Input((4,), name="photo"))


@case(ValueError, 'Dense "head" takes one tensor, got 2 elements in a list.', "concatenate([a, b])")
def a_list_where_a_layer_takes_one_tensor():
    layers.Dense(2, name="head")([Input((4,)), Input((4,))])


@case(TypeError, 'Add "sum" takes 1 positional argument, got 2.', "put them in a list")
def two_tensors_without_a_list():
    layers.Add(name="sum")(Input((4,)), Input((4,)))


@case(
    ValueError,
    'Dense "head" needs to know the size of the last axis of its inputs, got shape (None, 3, None).',
    "Input(shape=…)",
)
def an_unknown_feature_axis():
    layers.Dense(2, name="head")(Input((3, None)))


@case(ValueError, 'Dense "head" needs inputs with 4 features on the last axis, got 5: shape (None, 5).')
def a_layer_shared_between_two_shapes():
    shared = layers.Dense(2, name="head")
    layers.add([shared(Input((4,))), shared(Input((5,)))])


@case(TypeError, 'Dense "head"', "got the string 'photo'")
def calling_a_layer_on_a_string():
    layers.Dense(2, name="head")("photo")


@case(TypeError, 'Dense "second" takes one tensor, got <Dense "first">.', "second(first(inputs))")
def calling_a_layer_on_a_layer():
    layers.Dense(2, name="second")(layers.Dense(3, name="first"))


@case(TypeError, "Dense is to be made before it is called, got <SymbolicTensor", 'made by "photo"', "Dense(…)(inputs)")
def calling_a_layer_class():
    layers.Dense(Input((4,), name="photo"))


@case(TypeError, "Add is to be made before it is called", "Add(…)(inputs)")
def calling_a_layer_class_on_a_list():
    layers.Add([Input((4,)), Input((4,))])


@case(ValueError, "Reshape", "(None, 4)", "(3, 2)")
def reshaping_to_another_number_of_elements():
    layers.Reshape((3, 2))(Input((4,)))


# ------------------------------------------------------------------------------------------ names of things


@case(ValueError, "Dense \"hidden\" cannot take this activation: unknown activation 'rleu'.", 'Did you mean "relu"?')
def an_unknown_activation():
    layers.Dense(2, activation="rleu", name="hidden")


@case(
    ValueError,
    "Dense \"hidden\" cannot take this kernel_initializer: unknown initializer 'glorot_unifrom'.",
    'Did you mean "glorot_uniform"?',
)
def an_unknown_initializer():
    layers.Dense(2, kernel_initializer="glorot_unifrom", name="hidden")


@case(
    ValueError,
    "Unknown loss 'sparse_crossentropy'.",
    'Did you mean "sparse_categorical_crossentropy"?',
    model=not_compiled,
)
def an_unknown_loss(model):
    model.compile("adam", "sparse_crossentropy")


@case(ValueError, "Unknown optimizer 'adma'.", 'Did you mean "adam"?', model=not_compiled)
def an_unknown_optimizer(model):
    model.compile("adma", "mse")


@case(ValueError, "Unknown metric 'acuracy'.", 'Did you mean "accuracy"?', model=not_compiled)
def an_unknown_metric(model):
    model.compile("adam", "mse", metrics=["acuracy"])


@case(
    TypeError,
    'Dense "hidden" cannot take this activation: expected the name of an activation or the activation itself, got 3.',
)
def a_number_for_an_activation():
    layers.Dense(2, 3, name="hidden")


@case(ValueError, "A layer's name is a string without \"/\", got 'block/head'.")
def a_slash_in_a_name():
    layers.Dense(2, name="block/head")


@case(ValueError, 'A layer\'s name is a string without "/", got 7.')
def a_number_for_a_name():
    layers.Dense(2, name=7)


@case(TypeError, "Dense needs True or False for trainable, got 'yes'.")
def a_word_for_trainable():
    layers.Dense(2).trainable = "yes"


@case(TypeError, "Dense needs True or False for trainable, got 'no'.")
def a_word_for_trainable_when_it_is_made():
    layers.Dense(2, trainable="no")


@case(ValueError, "Adam needs a learning_rate of 0 or more, got -0.1.")
def a_negative_learning_rate():
    optimizers.Adam(-0.1)


@case(TypeError, "Adam needs a number or a schedule for learning_rate, got 'fast'.")
def a_word_for_the_learning_rate():
    optimizers.Adam("fast")


@case(ValueError, "Unknown dtype policy 'float31'.", 'Did you mean "float32"?')
def an_unknown_dtype():
    layers.Dense(2, dtype="float31")


# ------------------------------------------------------------------------------------------ Input and Model


@case(ValueError, "Input needs a tuple as its shape, got 3.", "Input(shape=(3,))")
def a_number_for_the_shape():
    Input(3)


@case(ValueError, "Input needs a tuple as its shape, got 3.", "Input(shape=(3,))")
def a_number_for_the_shape_by_name():
    Input(shape=3)


@case(ValueError, "Input needs either shape or batch_shape, got neither.", "Input(shape=(28, 28, 1))")
def no_shape():
    Input()


@case(ValueError, "Input needs sizes that are whole numbers or None, got 2.5 in")
def half_a_feature():
    Input((2.5,))


@case(ValueError, "input_shape is a tuple, got 4.", "input_shape=(4,)")
def a_number_for_input_shape():
    layers.Dense(2, input_shape=4)


@case(
    ValueError,
    'The graph is disconnected: the outputs depend on the Input "right" (shape (None, 4))',
    'needed by layer "join"',
    'Inputs given: "left".',
    'Add "right", made at ',
)
def an_input_that_is_missing():
    left, right = Input((4,), name="left"), Input((4,), name="right")
    Model(left, layers.Concatenate(name="join")([left, right]))


@case(
    ValueError,
    'The graph is disconnected: the outputs depend on the Input "photo" (shape (None, 4))',
    'needed by layer "first"',
    'Inputs given: "unrelated".',
)
def a_graph_that_is_not_connected_to_its_inputs():
    hidden = layers.Dense(3, name="first")(Input((4,), name="photo"))
    Model(Input((4,), name="unrelated"), layers.Dense(2, name="second")(hidden))


@case(ValueError, 'The tensor "photo" is given as an input more than once.')
def the_same_input_twice():
    inputs = Input((4,), name="photo")
    Model([inputs, inputs], layers.Dense(2)(inputs))


@case(
    ValueError,
    'Two layers of the model have the name "head"',
    "the Dense called at ",
    "Give one of them another name",
)
def duplicate_layer_names():
    inputs = Input((4,))
    Model(inputs, layers.Dense(2, name="head")(layers.Dense(2, name="head")(inputs)))


@case(TypeError, "A model's inputs must be symbolic tensors, got an array of shape (8, 4).", "Input(shape=…)")
def an_array_passed_to_model():
    Model(X, layers.Dense(2)(Input((4,))))


@case(
    TypeError,
    'A model\'s outputs must be symbolic tensors, got <Dense "head">.',
    "was not called: outputs = layer(inputs)",
)
def a_layer_that_was_not_called():
    Model(Input((4,)), layers.Dense(3, name="head"))


@case(TypeError, "A model's outputs must be symbolic tensors, got None.")
def no_outputs():
    Model(Input((4,)))


@case(ValueError, "A model needs an output at least, got none.", "Model(inputs, outputs)")
def an_empty_list_of_outputs():
    Model(Input((4,)), [])


@case(TypeError, "A model's outputs must be symbolic tensors, got the class Dense", "Dense(…)(inputs)")
def a_class_for_an_output():
    Model(Input((4,)), layers.Dense)


@case(
    TypeError, 'Sequential "chain" is made of layers, got <SymbolicTensor', 'made by "head"', "Model(inputs, outputs)"
)
def adding_a_tensor_to_a_sequential():
    Sequential(name="chain").add(layers.Dense(2, name="head")(Input((4,))))


@case(TypeError, 'Sequential "chain" is made of layers, got the class Dense', "Dense(…)")
def adding_a_class_to_a_sequential():
    Sequential(name="chain").add(layers.Dense)


@case(TypeError, 'Sequential "chain" is made of layers, got <function relu', "layers.Lambda(function)")
def adding_a_function_to_a_sequential():
    Sequential([activations.relu], name="chain")


@case(TypeError, "Sequential takes its layers in one list", "Sequential([first, second])")
def layers_of_a_sequential_without_a_list():
    Sequential(layers.Dense(2), layers.Dense(2))


@case(ValueError, 'Sequential "chain" has layers already, and an Input comes first.')
def an_input_after_the_layers():
    Sequential([layers.Dense(2), Input((4,))], name="chain")


@case(ValueError, 'Sequential "chain" has 0 weights, got 1 array.', "declared when it is first called")
def setting_weights_before_there_are_any():
    Sequential([layers.Dense(2)], name="chain").set_weights([np.ones((4, 2))])


@case(ValueError, 'Sequential "chain" has a layer named "head" already.')
def adding_a_layer_twice():
    head = layers.Dense(4, name="head")
    Sequential([head, head], name="chain")


@case(ValueError, 'LSTM "head" needs inputs with 3 axes (batch included), got shape (None, 8, 8, 1), which has 4.')
def adding_a_layer_that_does_not_fit():
    Sequential([Input((8, 8, 1)), layers.LSTM(3, name="head")])


@case(ValueError, 'Sequential "chain" is not built', "input_shape")
def a_summary_of_a_model_that_is_not_built():
    Sequential([layers.Dense(2)], name="chain").summary()


@case(ValueError, 'Dense "head" has no weights yet', "Call it on an Input")
def counting_the_weights_of_a_layer_that_is_not_built():
    layers.Dense(2, name="head").count_params()


@case(ValueError, 'Sequential "chain" has no layers yet.', "model.add(…)")
def fitting_an_empty_sequential():
    model = Sequential([], name="chain")
    model.compile("sgd", "mse")
    model.fit(X, X)


@case(ValueError, 'Model "reader" has no layer "digits".', 'Did you mean "digit"?', model=not_compiled)
def an_unknown_layer_name(model):
    model.get_layer("digits")


@case(ValueError, 'Model "reader"', '"photo"', "(None, 4)", "(None, 5)", model=not_compiled)
def calling_a_model_on_another_shape(model):
    model(Input((5,)))


@case(ValueError, 'Model "reader" needs shape (None, 4) for its input "photo", got shape (8, 3).', model=not_compiled)
def calling_a_model_on_a_wrong_array(model):
    model(X[:, :3])


@case(
    ValueError, 'Model "reader" has 2 weights, got 1 array', "digit/kernel (4, 3), digit/bias (3,)", model=not_compiled
)
def too_few_weights(model):
    model.set_weights([np.ones((4, 3))])


@case(
    ValueError,
    'Model "reader" cannot take weights of these shapes',
    "digit/kernel needs (4, 3), got (3, 4)",
    model=not_compiled,
)
def weights_of_wrong_shapes(model):
    model.set_weights([np.ones((3, 4)), np.ones(3)])


# ------------------------------------------------------------------------------------------ compile


@case(ValueError, "loss is a list of 3 for a model with 2 outputs: place, size.", model=two_of_each)
def a_loss_list_of_the_wrong_length(model):
    model.compile("sgd", ["mse", "mse", "mse"])


@case(
    ValueError,
    'loss names "sise", which is not an output of the model. Did you mean "size"?',
    "place, size",
    model=two_of_each,
)
def a_loss_dict_with_a_wrong_key(model):
    model.compile("sgd", {"place": "mse", "sise": "mse"})


@case(ValueError, 'loss says nothing of the output "size".', '"size": None', model=two_of_each)
def a_loss_dict_without_an_output(model):
    model.compile("sgd", {"place": "mse"})


@case(ValueError, 'metrics names "sise", which is not an output of the model. Did you mean "size"?', model=two_of_each)
def metrics_of_a_wrong_output(model):
    model.compile("sgd", "mse", metrics={"sise": ["mae"]})


@case(ValueError, "loss_weights is a list of 1 for a model with 2 outputs: place, size.", model=two_of_each)
def loss_weights_of_the_wrong_length(model):
    model.compile("sgd", "mse", loss_weights=[1.0])


@case(
    ValueError,
    "loss_weights needs numbers, got 'accuracy'.",
    "metrics=['accuracy']",
    model=not_compiled,
)
def metrics_in_the_place_of_loss_weights(model):
    model.compile("sgd", "mse", ["accuracy"])


@case(ValueError, "loss_weights needs numbers, got <object object", model=two_of_each)
def objects_for_loss_weights(model):
    model.compile("sgd", "mse", loss_weights=[object(), 1])


@case(TypeError, "compile has no argument 'metric'. Did you mean \"metrics\"?", "weighted_metrics", model=not_compiled)
def an_unknown_argument_of_compile(model):
    model.compile("sgd", "mse", metric=["mae"])


@case(
    TypeError,
    'Adam has no argument "learning_rte". Did you mean "learning_rate"?',
    "Its arguments: learning_rate, beta_1",
)
def a_misspelt_argument_of_an_optimizer():
    optimizers.Adam(learning_rte=0.1)


@case(TypeError, 'RandomNormal has no argument "stdev". Did you mean "stddev"?', "Its arguments: mean, stddev, seed.")
def an_argument_that_an_initializer_does_not_have():
    initializers.RandomNormal(stdev=0.1)


@case(TypeError, 'Zeros has no argument "seed".', "It has none.")
def an_argument_where_there_is_none():
    initializers.Zeros(seed=1)


@case(TypeError, 'Huber has no argument "dleta". Did you mean "delta"?')
def a_misspelt_argument_of_a_loss():
    losses.Huber(dleta=2.0)


@case(TypeError, 'AUC has no argument "num_threshold". Did you mean "num_thresholds"?')
def a_misspelt_argument_of_a_metric():
    metrics.AUC(num_threshold=10)


@case(ValueError, 'steps_per_execution is "auto" or a positive integer, got 0.', model=not_compiled)
def zero_steps_per_execution(model):
    model.compile("sgd", "mse", steps_per_execution=0)


@case(TypeError, "Expected the name of a loss or the loss itself, got 3.", model=not_compiled)
def a_number_for_a_loss(model):
    model.compile("sgd", 3)


@case(TypeError, "Expected an optimizer", "got <function", model=not_compiled)
def a_function_for_an_optimizer(model):
    model.compile(lambda: None, "mse")


@case(TypeError, "The optax transformation needs value_fn, which a training step does not have.", model=not_compiled)
def a_line_search(model):
    model.compile(optax.lbfgs(), "mse")


@case(ValueError, "Unknown loss 'msee'.", 'Did you mean "mse"?')
def an_unknown_loss_before_the_model_is_built():
    Sequential([layers.Dense(2)]).compile("sgd", "msee")


@case(ValueError, "Unknown metric 'acuracy'.", 'Did you mean "accuracy"?')
def an_unknown_metric_before_the_model_is_built():
    Sequential([layers.Dense(2)]).compile("sgd", "mse", metrics=["acuracy"])


# ------------------------------------------------------------------------------------------ data


@case(
    ValueError,
    'Model "reader" cannot fit before it is compiled.',
    "model.compile(optimizer=…, loss=…)",
    model=not_compiled,
)
def fit_before_compile(model):
    model.fit(X, IDS)


@case(ValueError, 'Model "reader" cannot evaluate before it is compiled.', model=not_compiled)
def evaluate_before_compile(model):
    model.evaluate(X, IDS)


@case(ValueError, 'The input "photo" needs shape (None, 4), got (8, 3).', model=classifier)
def fitting_a_wrong_feature_count(model):
    model.fit(X[:, :3], IDS)


@case(ValueError, 'The input "photo" needs shape (None, 4), got (8, 3).', model=classifier)
def predicting_a_wrong_feature_count(model):
    model.predict(X[:, :3])


@case(ValueError, 'The input "photo" needs shape (None, 4), got (4,).', "x[None]", model=classifier)
def predicting_one_example(model):
    model.predict(X[0])


def of_any_length(layer):
    return of_one_process(lambda: (Sequential([Input((None, 4)), layer, layers.GlobalMaxPooling1D()]), None, None))


@case(
    ValueError,
    'MaxPooling1D "p" needs inputs as long as its window, 9 or more on axis 1, got 5: shape (2, 5, 4).',
    "smaller window",
    model=of_any_length(layers.MaxPooling1D(9, name="p")),
)
def predicting_what_is_shorter_than_a_window(model):
    model.predict(np.zeros((2, 5, 4), np.float32))


@case(
    ValueError,
    'Conv1D "c" needs inputs as long as its window, 7 or more on axis 1, got 5',
    model=of_any_length(layers.Conv1D(2, 4, dilation_rate=2, name="c")),
)
def predicting_what_is_shorter_than_a_kernel(model):
    model.predict(np.zeros((2, 5, 4), np.float32))


@case(
    ValueError, 'The inputs are a list of Python values where "photo" takes one array.', "np.array(…)", model=classifier
)
def inputs_as_a_list_of_numbers(model):
    model.predict([1.0, 2.0, 3.0, 4.0])


@case(
    ValueError, 'The inputs are a list of Python values where "photo" takes one array.', "np.array(…)", model=classifier
)
def inputs_as_nested_lists(model):
    model.fit(X.tolist(), IDS)


@case(
    ValueError, 'The inputs are a list of Python values where "photo" takes one array.', "np.array(…)", model=classifier
)
def inputs_as_nested_lists_in_a_dict(model):
    model.fit({"photo": X.tolist()}, IDS)


@case(ValueError, 'The inputs are a list of Python values where "photo" takes one array.', "into ids", model=classifier)
def inputs_as_a_list_of_text(model):
    model.predict(["a cat", "a dog"])


@case(
    ValueError,
    'The inputs are a list of sequences of 3 and 1 elements where "photo" takes one array.',
    "plait.utils.pad_sequences",
    model=classifier,
)
def inputs_as_sequences_of_unequal_lengths(model):
    model.fit([[1, 2, 3], [4], [5, 6, 7]], IDS[:3])


@case(ValueError, "sequences of 3 and 5 elements", "plait.utils.pad_sequences", model=classifier)
def inputs_as_arrays_of_unequal_lengths(model):
    model.fit([np.ones(3), np.ones(5)], IDS[:2])


@case(ValueError, 'The input "photo"', "got one of 2 sequences", "plait.utils.pad_sequences", model=classifier)
def inputs_as_an_array_of_lists(model):
    model.fit(np.array([[1, 2, 3], [4]], dtype=object), IDS[:2])


@case(
    ValueError,
    'The input "photo" needs shape (None, 4), got (8, 3).',
    "In batch 1 of the training data.",
    model=classifier,
)
def a_generator_of_wrong_shapes(model):
    model.fit((X[:, :3], IDS) for _ in range(3))


@case(TypeError, "train_on_batch takes one batch", "Give it to fit", model=classifier)
def a_generator_as_one_batch(model):
    model.train_on_batch((X, IDS) for _ in range(3))


@case(TypeError, "The input \"photo\" must be an array, got the string 'photos.csv'.", model=classifier)
def a_string_where_an_array_belongs(model):
    model.fit("photos.csv", IDS)


@case(
    TypeError, "The input \"photo\" must be an array of numbers, got text such as 'cat'.", "into ids", model=classifier
)
def text_where_numbers_belong(model):
    model.fit(np.array([["cat", "dog", "cow", "hen"]] * 8), IDS)


@case(
    TypeError, 'The input "photo" must be an array of numbers, got objects such as None.', ".astype(", model=classifier
)
def an_array_of_objects(model):
    model.fit(np.array([[None, 1, 2, 3]] * 8, dtype=object), IDS)


@case(TypeError, 'The input "photo" must be an array of numbers, got <', "np.asarray", model=classifier)
def an_object_that_is_no_array(model):
    model.fit(object(), IDS)


@case(TypeError, 'The input "photo" must be an array of numbers, got complex', model=classifier)
def complex_numbers(model):
    model.fit(X + 1j, IDS)


@case(TypeError, 'The input "photo" must be an array', "<SymbolicTensor", "model(tensor)", model=classifier)
def a_symbolic_tensor_as_data(model):
    model.predict(Input((4,)))


@case(ValueError, "There are no inputs: x is None.", model=classifier)
def no_inputs(model):
    model.fit(y=IDS)


@case(ValueError, "There are no targets: y is None", '"digit"', "fit(x, y)", model=classifier)
def no_targets(model):
    model.fit(X)


@case(
    ValueError,
    "There is no loss to train on: compile was given none, and no layer adds one.",
    "loss=…",
    model=without_a_loss,
)
def fit_without_a_loss(model):
    model.fit(X, IDS, verbose=0)


@case(ValueError, 'The data are empty: input "photo" has 0 samples.', model=classifier)
def empty_data(model):
    model.fit(X[:0], IDS[:0])


@case(
    ValueError,
    "The arrays have different numbers of samples",
    'input "photo" has 8, target "digit" has 6',
    model=classifier,
)
def unequal_sample_counts(model):
    model.fit(X, IDS[:6])


@case(
    ValueError,
    "The inputs given do not match those of the model",
    '"right" is missing',
    '"rigth" is not one of them',
    "Names of the inputs: left, right.",
    model=two_of_each,
)
def missing_and_surplus_input_keys(model):
    model.fit({"left": X, "rigth": X}, [X[:, :2], X[:, :1]])


@case(ValueError, "The targets given do not match those of the model", '"size" is missing', model=two_of_each)
def a_missing_target_key(model):
    model.fit([X, X], {"place": X[:, :2]})


@case(ValueError, "The model has 2 inputs (left, right), got 1.", "as a list in this order", model=two_of_each)
def one_array_for_two_inputs(model):
    model.fit(X, [X[:, :2], X[:, :1]])


@case(ValueError, "The model has 1 input (photo), got 2.", model=classifier)
def two_arrays_for_one_input(model):
    model.fit([X, X], IDS)


@case(
    ValueError,
    'The target "prices" does not suit its loss, mean_squared_error',
    "needs shape (None, 2), got (8,)",
    model=regressor,
)
def one_column_for_two_outputs(model):
    model.fit(X, X[:, 0])


@case(
    ValueError,
    'The target "size" does not suit its loss, mean_squared_error',
    "needs shape (None, 1), got (8, 2)",
    model=two_of_each,
)
def two_columns_for_one_output(model):
    model.fit([X, X], [X[:, :2], X[:, :2]])


@case(
    ValueError,
    'The target "prices" does not suit its loss, squares',
    "has shape (8,), and would be broadcast against the output of shape (None, 8)",
    "Give it the shape of the output",
    model=regressor_by_a_function,
)
def one_column_for_several_outputs_and_a_function(model):
    model.fit(X, X[:, 0])


@case(ValueError, 'The target "prices"', "(8, 1), and would be broadcast", model=regressor_by_a_function)
def a_column_with_its_axis_for_several_outputs_and_a_function(model):
    model.fit(X, X[:, :1])


@case(
    ValueError,
    'The target "price"',
    "(8, 3), and would be broadcast against the output of shape (None, 1)",
    "derived from plait.losses.Loss",
    model=one_price_by_a_function,
)
def several_columns_for_one_output_and_a_function(model):
    model.fit(X, X[:, :3])


@case(ValueError, 'The target "price"', "(8, 3, 1), and would be broadcast", model=one_price_by_a_function)
def an_axis_too_many_for_a_function(model):
    model.evaluate(X, X[:, :3, None])


@case(
    ValueError,
    'The target "digit" does not suit its loss, sparse_categorical_crossentropy',
    "got one column per class, shape (8, 3)",
    "categorical_crossentropy",
    "argmax",
    model=classifier,
)
def one_hot_labels_to_a_sparse_loss(model):
    model.fit(X, ONE_HOT)


@case(
    ValueError,
    'The target "digit" does not suit its loss, categorical_crossentropy',
    "got class ids of shape (8,)",
    "sparse_categorical_crossentropy",
    "to_categorical(y, 3)",
    model=one_hot_classifier,
)
def class_ids_to_a_one_hot_loss(model):
    model.fit(X, IDS)


@case(
    ValueError,
    'The target "digit"',
    "ids go from 0 to 2, got 3 in row 5",
    "the output needs n units; it has 3",
    model=classifier,
)
def class_ids_out_of_range(model):
    model.fit(X, np.where(np.arange(8) == 5, 3, IDS))


@case(
    ValueError,
    'The target "sure" does not suit its loss, categorical_crossentropy',
    "one class of one is always right",
    "binary_crossentropy",
    model=yes_or_no,
)
def one_unit_for_a_loss_over_classes(model):
    model.fit(X, X[:, :1] > 0)


@case(ValueError, 'The target "digit"', "class ids are whole numbers, got 0.5 in row 0", model=classifier)
def class_ids_that_are_not_whole(model):
    model.fit(X, IDS + 0.5)


@case(TypeError, "The target \"digit\" must be an array of numbers, got text such as 'cat'.", "ids", model=classifier)
def labels_as_text(model):
    model.fit(X, np.array(["cat", "dog", "cow", "cat"] * 2))


@case(ValueError, 'The input "words" does not suit Embedding "vectors"', "0.5 in row 2, position 1", model=word_model)
def word_ids_that_are_not_whole(model):
    ids = np.zeros((8, 4), np.float32)
    ids[2, 1] = 0.5
    model.fit(ids, X[:, :1])


@case(
    ValueError,
    'The input "words" does not suit Embedding "vectors"',
    "from 0 to 9, got 12",
    "in row 3, position 0",
    model=word_model,
)
def word_ids_out_of_range(model):
    ids = np.zeros((8, 4), np.int32)
    ids[3, 0] = 12
    model.predict(ids)


@case(ValueError, 'The input "words" does not suit Embedding', "got 12 in row 3, position 0", model=word_model)
def word_ids_out_of_range_in_a_call(model):
    ids = np.zeros((8, 4), np.int32)
    ids[3, 0] = 12
    model(ids)


@case(ValueError, "different numbers of samples", 'sample weight "digit" has 5', model=classifier)
def sample_weights_of_the_wrong_length(model):
    model.fit(X, IDS, sample_weight=np.ones(5))


@case(ValueError, "sample_weight is a list of numbers", "np.array(…)", model=classifier)
def sample_weights_as_a_list_of_numbers(model):
    model.fit(X, IDS, sample_weight=[1.0] * 8)


@case(ValueError, 'sample_weight names "digits", which is not an output. Did you mean "digit"?', model=classifier)
def sample_weights_of_a_wrong_output(model):
    model.fit(X, IDS, sample_weight={"digits": np.ones(8)})


@case(ValueError, 'class_weight of the output "digit" names class 7, but its classes go from 0 to 2.', model=classifier)
def class_weights_of_a_class_that_is_not_there(model):
    model.fit(X, IDS, class_weight={0: 1.0, 1: 2.0, 2: 1.0, 7: 3.0})


@case(TypeError, "class_weight", "a dict", "got [1.0, 2.0, 1.0]", model=classifier)
def class_weights_as_a_list(model):
    model.fit(X, IDS, class_weight=[1.0, 2.0, 1.0])


# ------------------------------------------------------------------------------------------ how to train


@case(TypeError, "fit has no argument 'epoch'. Did you mean \"epochs\"?", "Its arguments: x, y", model=classifier)
def an_unknown_argument_of_fit(model):
    model.fit(X, IDS, epoch=3)


@case(TypeError, "fit has no argument 'workers'.", "utils.PyDataset(…, workers=…)", model=classifier)
def an_argument_of_the_fit_of_keras_2(model):
    model.fit(X, IDS, workers=4)


@case(ValueError, "jit_compile must be True, False or \"auto\", got 'always'.", model=not_compiled)
def another_word_for_jit_compile(model):
    model.compile("sgd", "mse", jit_compile="always")


@case(TypeError, "evaluate has no argument 'batchsize'. Did you mean \"batch_size\"?", model=classifier)
def an_unknown_argument_of_evaluate(model):
    model.evaluate(X, IDS, batchsize=3)


@case(TypeError, "predict has no argument 'epochs'.", model=classifier)
def an_argument_of_fit_given_to_predict(model):
    model.predict(X, epochs=3)


def forgetful(y_true, y_pred):
    (y_true - y_pred) ** 2


def compiled_with(**arguments):
    @of_one_process
    def made():
        model = Model(inputs := Input((4,), name="house"), layers.Dense(2, name="prices")(inputs))
        model.compile("sgd", **arguments)
        return model, None, None

    return made


@case(
    TypeError,
    'The loss "forgetful" returned None; it needs to return one number per sample, or one for all.',
    'In loss "forgetful" of the output "prices".',
    model=compiled_with(loss=forgetful),
)
def a_loss_without_a_result(model):
    model.fit(X, X[:, :2])


@case(
    TypeError,
    'The metric "forgetful" returned None; it needs to return',
    model=compiled_with(loss="mse", metrics=[forgetful]),
)
def a_metric_without_a_result(model):
    model.evaluate(X, X[:, :2])


@case(ValueError, "batch_size must be a positive integer, got 0.", model=classifier)
def a_batch_size_of_zero(model):
    model.fit(X, IDS, batch_size=0)


@case(ValueError, "batch_size must be a positive integer, got 2.5.", model=classifier)
def half_an_example_per_batch(model):
    model.fit(X, IDS, batch_size=2.5)


@case(ValueError, "epochs must be an integer of 0 or more, got -1.", model=classifier)
def negative_epochs(model):
    model.fit(X, IDS, epochs=-1)


@case(ValueError, "epochs must be an integer of 0 or more, got 2.0.", model=classifier)
def epochs_as_a_float(model):
    model.fit(X, IDS, epochs=2.0)


@case(ValueError, "initial_epoch must be an integer of 0 or more, got -1.", model=classifier)
def a_negative_initial_epoch(model):
    model.fit(X, IDS, initial_epoch=-1)


@case(ValueError, "shuffle must be True, False or \"batch\", got 'btch'.", model=classifier)
def an_unknown_way_to_shuffle(model):
    model.fit(X, IDS, shuffle="btch")


@case(ValueError, "steps_per_epoch must be a positive integer, got 0.", model=classifier)
def zero_steps_per_epoch(model):
    model.fit(X, IDS, steps_per_epoch=0)


@case(ValueError, "validation_freq must be a positive integer, got 0.", model=classifier)
def a_validation_every_zero_epochs(model):
    model.fit(X, IDS, validation_data=(X, IDS), validation_freq=0)


@case(ValueError, "validation_split is a fraction between 0 and 1, got -0.1.", model=classifier)
def a_negative_validation_split(model):
    model.fit(X, IDS, validation_split=-0.1)


@case(ValueError, "validation_split is a fraction between 0 and 1, got 'a'.", model=classifier)
def a_word_for_the_validation_split(model):
    model.fit(X, IDS, validation_split="a")


@case(ValueError, "validation_split is a fraction between 0 and 1, got 20.", "validation_split=0.2", model=classifier)
def a_validation_split_in_percent(model):
    model.fit(X, IDS, validation_split=20)


@case(ValueError, "validation_split=0.95 of 8 samples leaves nothing to train on.", model=classifier)
def a_validation_split_that_leaves_nothing(model):
    model.fit(X, IDS, validation_split=0.95)


@case(
    ValueError,
    "validation_data must be (x, y) or (x, y, sample_weight)",
    "got an array of shape (8, 4)",
    model=classifier,
)
def validation_data_without_targets(model):
    model.fit(X, IDS, validation_data=X)


@case(ValueError, 'The input "photo" needs shape (None, 4), got (8, 3).', "In validation_data.", model=classifier)
def validation_data_of_a_wrong_shape(model):
    model.fit(X, IDS, validation_data=(X[:, :3], IDS))


@case(TypeError, "callbacks must be Callback objects", "got 'early_stopping'", model=classifier)
def a_callback_that_is_none(model):
    model.fit(X, IDS, callbacks=["early_stopping"])


@case(TypeError, "callbacks must be Callback objects", "EarlyStopping()", model=classifier)
def a_class_for_a_callback(model):
    model.fit(X, IDS, callbacks=[callbacks.EarlyStopping])


@case(ValueError, "verbose must be 0, 1, 2 or 'auto', got 'loud'.", model=classifier)
def an_unknown_verbosity(model):
    model.fit(X, IDS, verbose="loud")


# ------------------------------------------------------------------------------------------ what is seen through layers


@pytest.mark.parametrize(
    ("arrange", "place"),
    [
        (lambda words: words[:, 1:3], "row 5, position 1"),
        (lambda words: words[:, 2], "row 5"),
        (layers.Reshape((2, 2)), "row 5, position 1, 0"),
        (layers.Flatten(), "row 5, position 2"),
        (lambda words: layers.Masking()(layers.Reshape((4, 1))(words)), "row 5, position 2, 0"),
        (lambda words: ops.cast(ops.reshape(words, (-1, 2, 2)), "int32"), "row 5, position 1, 0"),
    ],
    ids=["slice", "column", "Reshape", "Flatten", "Masking", "reshape and cast"],
)
def test_ids_out_of_range_are_found_inside_a_model_and_behind_layers_that_only_arrange_them(arrange, place):
    reader = Model(inputs := Input((4,)), layers.Embedding(10, 2, name="vectors")(arrange(inputs)))
    model = Model(words := Input((4,), name="words"), reader(words))
    ids = np.zeros((8, 4), np.int32)
    ids[5, 2] = 12

    with pytest.raises(ValueError, match=rf'"words" does not suit Embedding "vectors": .* got 12 in {place}\.'):
        model.predict(ids, verbose=0)


# -------------------------------------------------------------------------- what is fine, and what passes unchanged


def test_one_column_of_targets_may_come_without_its_axis():
    inputs = Input((4,))
    model = Model(inputs, layers.Dense(1, kernel_initializer="ones")(inputs))
    model.compile("sgd", "mse")

    flat, column = (model.evaluate(X, y, verbose=0) for y in (X[:, 0], X[:, :1]))

    assert flat == column


def test_a_loss_of_the_users_gets_one_column_of_targets_with_the_axis_of_the_outputs():
    shapes = []

    def distance(y_true, y_pred):
        shapes.append((y_true.shape, y_pred.shape))
        return (y_true - y_pred) ** 2

    inputs = Input((4,))
    model = Model(inputs, layers.Dense(1)(inputs))
    model.compile("sgd", distance)

    model.train_on_batch(X, X[:, 0])

    assert set(shapes) == {((8, 1), (8, 1))}


def by_hand(y_true, y_pred):
    return losses.sparse_categorical_crossentropy(y_true, y_pred)


def weighted_columns(y_true, y_pred):
    return ops.abs(y_true[:, 1] - y_pred[:, 0]) * y_true[:, 2]


class Quantiles(losses.Loss):
    def call(self, y_true, y_pred):
        return ops.max(ops.abs(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    ("units", "loss", "targets"),
    [
        (3, by_hand, IDS),
        (3, by_hand, IDS.astype(np.float32)),
        (3, by_hand, IDS[:, None]),
        (8, by_hand, IDS),
        (2, weighted_columns, X[:, :3]),
        (1, Quantiles(), X[:, :3]),
    ],
    ids=["ids", "ids as floats", "a column of ids", "as many ids as samples", "other columns", "a class"],
)
def test_a_loss_of_the_users_may_take_targets_of_another_shape(units, loss, targets):
    model = Model(inputs := Input((4,)), layers.Dense(units, activation="softmax")(inputs))
    model.compile("sgd", loss)

    assert np.isfinite(model.train_on_batch(X, targets))


def test_the_first_step_whose_loss_is_nan_is_reported():
    model = Sequential([layers.Dense(2, input_shape=(4,))])
    model.compile("sgd", "mse")
    with_nan = np.where(np.arange(8)[:, None] == 5, np.nan, X)

    with pytest.warns(UserWarning, match=r"became NaN .* at training step 3, in epoch 1.* NaN in the data") as caught:
        history = model.fit(with_nan, X[:, :2], batch_size=2, epochs=2, shuffle=False, verbose=0)

    assert len(history.epoch) == 2
    assert [warning.filename for warning in caught] == [__file__]


class Broken(Layer):
    def call(self, inputs):
        return {"no such": inputs}["key"]


def test_an_exception_inside_a_users_layer_arrives_unchanged_with_the_layers_name():
    with pytest.raises(KeyError) as caught:
        Broken(name="mine")(Input((4,)))

    assert caught.value.args == ("key",)
    notes = "\n".join(caught.value.__notes__)
    assert 'In layer Broken "mine".' in notes
    assert re.search(r"Called at .*test_bad_input\.py:\d+\.", notes)


def test_an_exception_inside_a_users_metric_arrives_unchanged_with_the_metrics_name():
    def distance(y_true, y_pred):
        return {"no such": y_true}["key"]

    inputs = Input((4,))
    model = Model(inputs, layers.Dense(1, name="size")(inputs))
    model.compile("sgd", "mse", metrics=[distance])
    before = model.get_weights()

    with pytest.raises(KeyError) as caught:
        model.fit(X, X[:, :1], verbose=0)

    assert caught.value.args == ("key",)
    assert 'In metric "distance" of the output "size"' in caught.value.__notes__[0]
    assert all(map(np.array_equal, before, model.get_weights()))


def test_an_exception_inside_a_users_loss_arrives_unchanged_with_the_losss_name():
    def distance(y_true, y_pred):
        return {"no such": y_true}["key"]

    inputs = Input((4,))
    model = Model(inputs, layers.Dense(1, name="size")(inputs))
    model.compile("sgd", distance)

    with pytest.raises(KeyError) as caught:
        model.fit(X, X[:, :1], verbose=0)

    assert caught.value.args == ("key",)
    assert 'In loss "distance" of the output "size"' in caught.value.__notes__[0]
    line = next(frame.lineno for frame in traceback.extract_tb(caught.tb) if frame.filename == __file__)
    assert re.search(rf"Called at .*test_bad_input\.py:{line}\.", caught.value.__notes__[1])
