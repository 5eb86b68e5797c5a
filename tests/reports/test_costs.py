"""What layers cost, held to the formulas of textbooks, and to XLA's own count where that is of the same things."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait import layers, ops
from plait.models import Model, Sequential
from plait.reports import costs


def attention(**arguments):
    """Returns a layer that lets a sequence attend to itself."""
    attention = layers.MultiHeadAttention(2, 3, **arguments)
    return lambda inputs: attention(inputs, inputs)


def row(formula, layer, shape, count):
    return pytest.param(layer, shape, count, id=formula)


# The shape of one example. `n` stands for the features or channels that come in.
OF_LAYERS = [
    row("Dense: n·units", layers.Dense(5), (3,), 3 * 5),
    row("Dense, each step: steps·n·units", layers.Dense(5), (7, 3), 7 * 3 * 5),
    row("EinsumDense: a·b·c", layers.EinsumDense("ab,bc->ac", 5), (3,), 3 * 5),
    row("Conv1D: size·n·filters·places", layers.Conv1D(7, 3), (10, 4), 3 * 4 * 7 * 8),
    row("Conv2D: size²·n·filters·places²", layers.Conv2D(7, 3), (10, 12, 4), 3 * 3 * 4 * 7 * 8 * 10),
    row("Conv2D, padded", layers.Conv2D(7, 3, padding="same"), (10, 12, 4), 3 * 3 * 4 * 7 * 10 * 12),
    row("Conv2D, every other place", layers.Conv2D(7, 3, strides=2), (11, 13, 4), 3 * 3 * 4 * 7 * 5 * 6),
    row("Conv2D, dilated", layers.Conv2D(7, 3, dilation_rate=2), (10, 12, 4), 3 * 3 * 4 * 7 * 6 * 8),
    row("Conv2D, in groups: n/groups", layers.Conv2D(6, 3, groups=2), (10, 12, 4), 3 * 3 * 2 * 6 * 8 * 10),
    row("Conv3D: size³·n·filters·places³", layers.Conv3D(2, 3), (4, 5, 6, 1), 27 * 2 * 2 * 3 * 4),
    row("depthwise: size²·n·multiplier·places²", layers.DepthwiseConv2D(3, depth_multiplier=2), (10, 12, 4),
        3 * 3 * 4 * 2 * 8 * 10),
    row("separable: that, and n·filters·places²", layers.SeparableConv2D(5, 3), (10, 12, 4),
        3 * 3 * 4 * 8 * 10 + 4 * 5 * 8 * 10),
    row("transposed: size²·filters·n·places², of the inputs", layers.Conv2DTranspose(5, 3, strides=2), (6, 7, 4),
        9 * 5 * 4 * 6 * 7),
    row("SimpleRNN: steps·units·(n + units)", layers.SimpleRNN(8), (6, 5), 6 * 8 * (5 + 8)),
    row("LSTM: steps·4 units·(n + units)", layers.LSTM(8), (6, 5), 6 * 4 * 8 * (5 + 8)),
    row("GRU: steps·3 units·(n + units)", layers.GRU(8), (6, 5), 6 * 3 * 8 * (5 + 8)),
    row("LSTM of more units than a compiled kernel takes", layers.LSTM(80), (6, 5), 6 * 4 * 80 * (5 + 80)),
    row("LSTM, unrolled", layers.LSTM(8, unroll=True), (6, 5), 6 * 4 * 8 * (5 + 8)),
    row("RNN over cells: their sum", layers.RNN([layers.LSTMCell(8), layers.GRUCell(4)]), (6, 5),
        6 * (4 * 8 * (5 + 8) + 3 * 4 * (8 + 4))),
    row("Bidirectional: twice", layers.Bidirectional(layers.LSTM(8)), (6, 5), 2 * 6 * 4 * 8 * (5 + 8)),
    row("TimeDistributed: steps times", layers.TimeDistributed(layers.Dense(2)), (6, 5), 6 * 5 * 2),
    row("attention: 4 projections, scores, their values: 4·steps·n·heads·size + 2·steps²·heads·size",
        attention(), (7, 5), 4 * 7 * 5 * 2 * 3 + 2 * 7 * 7 * 2 * 3),
    row("Embedding: 0", layers.Embedding(100, 16), (7,), 0),
    row("BatchNormalization: 0", layers.BatchNormalization(), (7,), 0),
    row("LayerNormalization: 0", layers.LayerNormalization(), (7,), 0),
    row("pooling: 0", layers.MaxPooling2D(2), (8, 8, 3), 0),
    row("averages: 0", layers.AveragePooling2D(2), (8, 8, 3), 0),
    row("activations: 0", layers.Activation("gelu"), (7,), 0),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "shape", "count"), OF_LAYERS)
def test_multiply_adds_are_those_of_the_formula(layer, shape, count):
    inputs = layers.Input(shape)
    model = Model(inputs, layer(inputs))

    assert costs.of(model).multiply_adds[model] == count


def by_xla(model, shape):
    """Returns how many operations XLA counts in a program for one example that is not yet compiled."""
    values, apply = model.pure()
    program = jax.jit(lambda inputs: apply(values, inputs)[0]).lower(jax.ShapeDtypeStruct((1, *shape), "float32"))
    return program.cost_analysis()["flops"]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (layers.Dense(5, use_bias=False), (3,)),
        (layers.EinsumDense("abc,cd->abd", (None, 5)), (4, 3)),
        (layers.Conv3D(7, 3, use_bias=False), (5, 6, 7, 4)),  # which no kernel of Plait's computes
        (layers.Conv2D(7, 3, data_format="channels_first", use_bias=False), (4, 9, 10)),
    ],
    ids=lambda value: getattr(value, "type_name", None),
)
def test_xla_counts_twice_as_many_operations(layer, shape):
    inputs = layers.Input(shape)
    model = Model(inputs, layer(inputs))

    assert by_xla(model, shape) == 2 * costs.of(model).multiply_adds[model]


def test_xla_counts_the_steps_of_a_recurrent_layer_once_which_is_why_it_is_not_asked():
    counted = {}
    for steps in (5, 50):
        model = Sequential([layers.Input((steps, 3)), layers.LSTM(80)])
        counted[steps] = (by_xla(model, (steps, 3)), costs.of(model).multiply_adds[model])

    assert counted[50][0] < 2 * counted[5][0]
    assert counted[50][1] == 10 * counted[5][1]


# ------------------------------------------------------------------------------------------ by layer


def test_the_calls_of_a_layer_are_counted_together():
    inputs, shared = layers.Input((4,)), layers.Dense(4)
    model = Model(inputs, shared(shared(inputs)))

    found = costs.of(model)

    assert (found.multiply_adds[shared], found.output_bytes[shared]) == (2 * 4 * 4, 2 * 4 * 4)


def test_a_layer_counts_what_the_layers_in_it_do():
    inner = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)])
    model = Sequential([inner, layers.Dense(1)])

    found = costs.of(model)

    first, second = inner.layers
    assert [found.multiply_adds[layer] for layer in (first, second, inner, model)] == [12, 6, 18, 20]


def test_a_cell_counts_each_of_its_steps():
    cell = layers.LSTMCell(8)
    inputs = layers.Input((6, 5))

    found = costs.of(Model(inputs, layers.RNN(cell)(inputs)))

    assert found.multiply_adds[cell] == 6 * 4 * 8 * (5 + 8)


def test_what_a_call_multiplies_itself_is_the_model_s():
    class Kernel(plait.Model):
        def __init__(self):
            super().__init__()
            self.head = layers.Dense(2)

        def call(self, inputs):
            return ops.matmul(self.head(inputs), inputs)

    model = Kernel()
    model(np.ones((2, 5), np.float32))

    found = costs.of(model)

    assert found.examples == 2
    assert (found.multiply_adds[model.head], found.multiply_adds[model]) == (2 * 5 * 2, 2 * 5 * 2 + 2 * 2 * 5)


PRODUCT = 3 * 3 * 3  # of two matrices of three rows and columns


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (lambda x: jax.lax.cond(x.sum() > 0, lambda: x @ x @ x, lambda: x @ x), 2 * PRODUCT),
        (lambda x: jax.lax.while_loop(lambda x: x.sum() < 9, lambda x: x @ x, x), PRODUCT),
        (lambda x: jax.lax.fori_loop(0, 4, lambda _, x: x @ x, x), 4 * PRODUCT),
        (jax.vmap(lambda row: jnp.dot(row, row)), 3 * 3),
        (jax.jit(jax.checkpoint(lambda x: x @ x)), PRODUCT),
    ],
    ids=["the branch that costs most", "an open loop once", "each run of a loop", "each row", "a block"],
)
def test_what_is_inside_an_operation_is_counted(function, count):
    inputs = layers.Input(batch_shape=(3, 3))
    model = Model(inputs, layers.Lambda(function)(inputs))

    assert costs.of(model).multiply_adds[model] == count


@pytest.mark.parametrize(("policy", "size"), [("float32", 4), ("mixed_bfloat16", 2), ("float16", 2)])
def test_output_bytes_are_those_of_the_dtype(policy, size):
    dense = layers.Dense(5, dtype=policy)
    inputs = layers.Input((3,))

    assert costs.of(Model(inputs, dense(inputs))).output_bytes[dense] == 5 * size


def test_all_outputs_of_a_layer_have_bytes():
    encoder = layers.LSTM(5, return_sequences=True, return_state=True)
    inputs = layers.Input((7, 3))

    assert costs.of(Model(inputs, encoder(inputs))).output_bytes[encoder] == 4 * (7 * 5 + 5 + 5)


# ------------------------------------------------------------------------------------------ of how many


@pytest.mark.parametrize(("batch_size", "examples"), [(None, 1), (8, 8)])
def test_costs_are_of_one_example_or_of_a_batch_of_fixed_size(batch_size, examples):
    inputs = layers.Input((6, 3), batch_size=batch_size)
    model = Model(inputs, layers.LSTM(2, stateful=batch_size is not None)(inputs))

    found = costs.of(model)

    assert (found.examples, found.multiply_adds[model]) == (examples, examples * 6 * 4 * 2 * (3 + 2))


def test_a_model_of_70_billion_parameters_takes_no_memory_to_count():
    model = Sequential([layers.Input((1_000_000,)), layers.Dense(70_000, use_bias=False)])

    assert costs.of(model).multiply_adds[model] == 70_000_000_000
    assert not model.weights[0].is_materialised


def sizes_that_are_not_known():
    inputs = layers.Input((None,), name="ids")
    return Model(inputs, layers.Embedding(10, 2)(inputs), name="reader")


def a_model_that_was_not_called():
    class Tower(plait.Model):
        def call(self, inputs):
            return inputs

    return Tower(name="tower")


def a_model_called_on_sizes_that_are_not_known():
    model = a_model_that_was_not_called()
    model(layers.Input((None, 3)))
    return model


def a_model_that_starts_with_text():
    inputs = layers.Input((1,), dtype="string")
    lookup = layers.StringLookup(vocabulary=["a", "b"], name="lookup")
    return Model(inputs, layers.Embedding(4, 2)(lookup(inputs)), name="reader")


@pytest.mark.parametrize(
    ("make", "problem", "way_out"),
    [
        (sizes_that_are_not_known, r"it takes shape \(None, None\)", "clone_model"),
        (a_model_called_on_sizes_that_are_not_known, r"it takes shape \(None, None, 3\)", "Make a new one"),
        (a_model_that_was_not_called, 'Tower "tower" cost is not known: it was not called', "on an Input"),
        (a_model_that_starts_with_text, 'on the host, with StringLookup "lookup"', "what comes after it"),
    ],
)
def test_costs_that_cannot_be_known_are_refused(make, problem, way_out):
    model = make()

    with pytest.raises(ValueError, match=problem) as caught:
        costs.of(model)

    assert way_out in str(caught.value)


def test_after_a_layer_has_failed_the_names_of_operations_are_as_before():
    class Failing(layers.Layer):
        def call(self, inputs):
            if isinstance(inputs, jax.core.Tracer) and inputs.shape[0] == 1:
                raise RuntimeError("not of one")
            return inputs

    inputs = layers.Input((3,))
    model = Model(inputs, Failing()(inputs))
    with pytest.raises(RuntimeError, match="not of one"):
        costs.of(model)

    (operation,) = jax.make_jaxpr(lambda x: x + 1)(1.0).eqns
    assert "plait" not in str(operation.source_info.name_stack)
