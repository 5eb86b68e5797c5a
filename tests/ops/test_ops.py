"""Functions of plait.ops: Keras's names and arguments, NumPy's numbers, nodes when they meet a symbolic tensor."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import ops
from plait.core import registry
from plait.core.context import Context
from plait.graph.graph import Graph
from plait.graph.tensor import SymbolicTensor
from plait.layers import Input, Masking
from tests.genuine import genuine_keras
from tests.ops import (
    cases_arrangement,
    cases_control,
    cases_creation,
    cases_elementwise,
    cases_linalg,
    cases_nn,
    cases_statistics,
)
from tests.ops.arrays import IDS, A, B
from tests.rows import first_of_each

TABLES = [
    cases_arrangement,
    cases_control,
    cases_creation,
    cases_elementwise,
    cases_linalg,
    cases_nn,
    cases_statistics,
]
PUBLIC = sorted(
    {
        name
        for module in vars(ops).values()
        if inspect.ismodule(module) and module is not ops.image
        for name in module.__all__
    }
)

# Functions of one array, which take no other argument that matters.
UNARY = [
    "abs", "absolute", "arccos", "arcsin", "arcsinh", "arctan", "arctanh", "ceil", "celu", "cos", "cosh", "elu",
    "erf", "exp", "expm1", "floor", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish",
    "hard_tanh", "isfinite", "isinf", "isnan", "leaky_relu", "log", "log10", "log1p", "log2", "log_sigmoid",
    "log_softmax", "logical_not", "negative", "ones_like", "ravel", "reciprocal", "relu", "relu6", "round",
    "rsqrt", "selu", "sigmoid", "sign", "silu", "sin", "sinh", "soft_shrink", "softmax", "softplus", "softsign",
    "sort", "sparse_plus", "sparse_sigmoid", "sqrt", "square", "squareplus", "stop_gradient", "swish", "tan",
    "tanh", "tanh_shrink", "transpose", "tril", "triu", "trunc", "zeros_like", "normalize", "argsort", "flip",
]  # fmt: skip
BINARY = [
    "add", "arctan2", "divide", "equal", "floor_divide", "greater", "greater_equal", "less", "less_equal",
    "logaddexp", "logical_and", "logical_or", "logical_xor", "maximum", "minimum", "mod", "multiply",
    "not_equal", "power", "subtract", "true_divide", "outer",
]  # fmt: skip
REDUCTIONS = [
    "sum", "mean", "max", "min", "prod", "var", "std", "median", "any", "all", "argmax", "argmin", "logsumexp",
    "count_nonzero", "norm", "cumsum", "cumprod",
]  # fmt: skip

# name, positional arguments, keyword arguments
CALLS = [
    *((name, (A,), {}) for name in UNARY),
    *((name, (A, B), {}) for name in BINARY),
    *((name, (A,), {"axis": 1}) for name in REDUCTIONS),
    ("sum", (A,), {"axis": (0, 2), "keepdims": True}),
    ("max", (A,), {"initial": 0.5}),
    ("arccosh", (A + 1,), {}),
    ("clip", (A, 0.3, 0.6), {}),
    ("where", (A > 0.5, A, B), {}),
    ("cast", (A, "int32"), {}),
    ("threshold", (A, 0.5, 0.0), {}),
    ("glu", (A,), {"axis": 2}),
    ("full_like", (A, 3.0), {}),
    ("round", (A,), {"decimals": 1}),
    ("reshape", (A, (2, -1)), {}),
    ("transpose", (A,), {"axes": (0, 2, 1)}),
    ("swapaxes", (A, 0, 2), {}),
    ("moveaxis", (A, 0, 2), {}),
    ("expand_dims", (A, 1), {}),
    ("squeeze", (A[:, :1],), {"axis": 1}),
    ("broadcast_to", (A[:, :1], (2, 3, 4)), {}),
    ("concatenate", ([A, B],), {"axis": -1}),
    ("stack", ([A, B],), {"axis": 1}),
    ("hstack", ([A, B],), {}),
    ("vstack", ([A, B],), {}),
    ("split", (A, 3), {"axis": 1}),
    ("unstack", (A,), {"axis": 1}),
    ("take", (A, IDS), {"axis": 1}),
    ("take_along_axis", (A[:, :2, 0], IDS), {"axis": 1}),
    ("repeat", (A, 2), {"axis": 1}),
    ("tile", (A, (1, 2, 1)), {}),
    ("roll", (A, 1), {"axis": 1}),
    ("pad", (A, ((0, 0), (1, 2), (0, 0))), {}),
    ("pad", (A, ((0, 0), (1, 2), (0, 0))), {"constant_values": 2.0}),
    ("pad", (A, ((0, 0), (1, 2), (0, 0))), {"mode": "reflect"}),
    ("matmul", (A, np.swapaxes(B, 1, 2)), {}),
    ("dot", (A, B[0].T), {}),
    ("tensordot", (A, B), {"axes": 3}),
    ("einsum", ("btf,bsf->bts", A, B), {}),
    ("get_item", (A, 1), {}),
    ("one_hot", (IDS, 4), {}),
    ("top_k", (A, 2), {}),
    ("in_top_k", (np.array([0, 1]), A[0, :2], 2), {}),
]  # fmt: skip
# Activations that take more arguments than Keras's function of the same name.
EXTENDED = {"relu", "threshold"}
PLAIN = [
    ("arange", (5,), {}),
    ("arange", (1, 7, 2), {"dtype": "float32"}),
    ("linspace", (0.0, 1.0, 5), {}),
    ("zeros", ((2, 3),), {}),
    ("ones", ((2, 3),), {"dtype": "int32"}),
    ("full", ((2, 3), 7.0), {}),
    ("eye", (3,), {}),
    ("identity", (3,), {}),
    ("convert_to_tensor", ([1.0, 2.0],), {}),
    ("convert_to_numpy", (A,), {}),
    ("shape", (A,), {}),
    ("ndim", (A,), {}),
]

CALLS += [call for table in TABLES for call in table.CALLS]
PLAIN += [call for table in TABLES for call in table.PLAIN]
# What gives no numbers, or is given a function alone; they have their sentences below.
APART = {"custom_gradient", "dtype", "is_tensor", "jvp", "vectorize"}


def leaves(result):
    return [leaf for one in result for leaf in leaves(one)] if isinstance(result, list | tuple) else [result]


def is_array(value):
    return isinstance(value, np.ndarray)


def replaced(value, given):
    """Returns the argument with the next of these in place of each array."""
    if isinstance(value, list):
        return [replaced(one, given) for one in value]
    return next(given) if is_array(value) else value


@pytest.mark.parametrize(("name", "args", "kwargs"), first_of_each(CALLS + PLAIN, lambda call: call[0]))
def test_numbers_and_dtypes_are_those_of_keras(name, args, kwargs):
    ours = leaves(getattr(ops, name)(*args, **kwargs))
    with genuine_keras() as keras:
        theirs = leaves(getattr(keras.ops, name)(*args, **kwargs))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
        assert np.asarray(a).dtype == np.asarray(b).dtype


@pytest.mark.parametrize(("name", "args", "kwargs"), first_of_each(CALLS, lambda call: call[0]))
def test_on_symbolic_tensors_it_is_a_node_that_computes_the_same(name, args, kwargs):
    function = getattr(ops, name)
    arrays = [leaf for leaf in leaves(list(args)) if is_array(leaf)]
    inputs = [Input(batch_shape=array.shape, dtype=array.dtype) for array in arrays]
    symbolic = replaced(list(args), iter(inputs))
    outputs = leaves(function(*symbolic, **kwargs))
    expected = leaves(function(*args, **kwargs))
    assert [(t.shape, t.dtype) for t in outputs] == [(a.shape, a.dtype) for a in map(jnp.asarray, expected)]
    for a, b in zip(
        Graph(inputs, outputs).run({}, list(map(jnp.asarray, arrays)), Context()).outputs, expected, strict=True
    ):
        np.testing.assert_array_equal(a, b)


def test_every_public_function_is_in_the_table():
    # Keras's sparsemax does not sum to 1; ours is held to the paper where the activations are tested.
    assert set(PUBLIC) - {name for name, _, _ in CALLS + PLAIN} == {"sparsemax", *APART}


@pytest.mark.parametrize("name", PUBLIC)
def test_its_arguments_have_the_names_order_and_defaults_of_keras(name):
    ours = inspect.signature(getattr(ops, name)).parameters.values()
    with genuine_keras() as keras:
        theirs = inspect.signature(getattr(keras.ops, name)).parameters
    for parameter in ours:
        assert parameter.name in theirs or name in EXTENDED
    shared = [parameter.name for parameter in ours if parameter.name in theirs]
    assert shared == [other for other in theirs if other in shared]
    defaults = {p.name: p.default for p in ours if p.name in theirs and theirs[p.name].default is not None}
    assert defaults == {key: theirs[key].default for key in defaults}


@pytest.mark.parametrize(
    ("operator", "function"),
    [("add", "add"), ("sub", "subtract"), ("mul", "multiply"), ("truediv", "divide"), ("floordiv", "floor_divide"),
     ("mod", "mod"), ("pow", "power"), ("matmul", "matmul"), ("neg", "negative"), ("abs", "abs"), ("lt", "less"),
     ("le", "less_equal"), ("gt", "greater"), ("ge", "greater_equal"), ("and", "logical_and"), ("or", "logical_or"),
     ("invert", "logical_not"), ("getitem", "get_item")],
)  # fmt: skip
def test_an_operator_and_its_function_are_one(operator, function):
    assert getattr(SymbolicTensor, f"__{operator}__") is getattr(ops, function)


def test_operands_may_be_given_by_name():
    x = Input((3,))
    assert ops.add(x1=x, x2=x).shape == ops.where(condition=x > 0, x1=x, x2=x).shape == (None, 3)


@pytest.mark.parametrize(
    ("draw", "shape"),
    [
        (lambda x: ops.reshape(x, (-1, 12)), (None, 12)),
        (lambda x: ops.reshape(x, (ops.shape(x)[0], 12)), (None, 12)),
        (lambda x: ops.sum(x, axis=1), (None, 4)),
        (lambda x: ops.concatenate([x, x], axis=0), (None, 3, 4)),
        (lambda x: ops.concatenate([x, x], axis=1), (None, 6, 4)),
        (lambda x: ops.exp(x) + ops.ones((3, 4)), (None, 3, 4)),
        (lambda x: ops.sum(x), ()),
        (lambda x: x[:, 1:], (None, 2, 4)),
    ],
)
def test_unknown_sizes_stay_unknown_and_known_ones_known(draw, shape):
    assert draw(Input((3, 4))).shape == shape


def test_an_elementwise_function_passes_a_mask_on():
    assert ops.exp(Masking()(Input((3, 4)))).node.masked == [True]


def test_a_function_that_may_drop_the_time_axis_says_that_it_loses_the_mask():
    with pytest.warns(UserWarning, match="does not pass on the mask"):
        ops.mean(Masking()(Input((3, 4))), axis=1)


def test_a_node_is_written_by_the_name_of_its_function():
    layer = ops.sum(Input((3, 4)), axis=1).node.layer
    again = registry.deserialize(registry.serialize(layer))
    assert again.function == "sum"


def test_an_unknown_name_in_a_config_gets_the_nearest():
    with pytest.raises(ValueError, match=r"Unknown function of plait.ops 'summ'. Did you mean \"sum\"\?"):
        registry.deserialize({"class_name": "Operation", "config": {"function": "summ"}})


def test_lists_stand_for_tuples_as_a_config_has_them():
    np.testing.assert_array_equal(ops.sum(A, axis=[0, 2]), ops.sum(A, axis=(0, 2)))
    np.testing.assert_array_equal(ops.get_item(A, [slice(None), 1]), A[:, 1])


def test_a_function_whose_result_has_no_known_shape_says_what_it_needs():
    x = Input((3,), dtype="int32")
    for call in (ops.nonzero, ops.unique, ops.bincount):
        with pytest.raises((TypeError, ValueError), match="shape depends on the numbers"):
            call(x)
    with pytest.raises(ValueError, match="segment_sum without num_segments"):
        ops.segment_sum(Input(batch_shape=(4,)), Input(batch_shape=(4,), dtype="int32"))


def test_a_function_with_a_gradient_of_its_own():
    @ops.custom_gradient
    def clipped(x):
        return x, lambda upstream: jnp.clip(upstream, -1.0, 1.0)

    assert jax.grad(lambda x: 5.0 * clipped(x))(2.0) == 1.0


def test_a_function_is_made_to_work_along_further_axes():
    norms = ops.vectorize(jnp.linalg.norm, signature="(n)->()")(A)
    np.testing.assert_allclose(norms, np.linalg.norm(A, axis=-1), rtol=1e-6)


def test_jvp_gives_the_value_and_its_change():
    value, change = ops.jvp(jnp.square, (3.0,), (2.0,))
    assert (value, change) == (9.0, 12.0)


def test_dtype_and_is_tensor_answer_for_arrays_and_symbolic_tensors():
    assert (ops.dtype(A), ops.dtype(Input((3,), dtype="int32"))) == ("float32", "int32")
    assert [ops.is_tensor(one) for one in (jnp.ones(2), A, Input((3,)), 3.0)] == [True, False, False, False]


def test_array_copies_what_it_is_given():
    ours = np.zeros(64, "float32")
    copy = ops.array(ours)
    ours += 1
    np.testing.assert_array_equal(copy, np.zeros(64))


def test_the_inverse_of_a_short_time_transform_gives_the_signal_back():
    signal = np.random.default_rng(0).normal(size=(3, 64)).astype("float32")
    spectra = ops.stft(signal, 16, 4, 16)
    np.testing.assert_allclose(ops.istft(spectra, 16, 4, 16), signal, atol=1e-5)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: ops.cholesky(-np.eye(2, dtype="float32")), "symmetric, positive definite"),
        (lambda: ops.qr(A, "full"), '"reduced" or "complete", got \'full\''),
        (lambda: ops.cdist(A, B[..., :2]), r"as many features, got the shapes \(2, 3, 4\) and \(2, 3, 2\)"),
        (lambda: ops.searchsorted(A, 0.5), r"needs a vector to look in, got the shape \(2, 3, 4\)"),
        (lambda: ops.segment_sum(A, np.array([0]), 2), "one segment id per row of data"),
        (lambda: ops.scatter_update(A, IDS, B, "mean"), "Unknown reduction of scatter_update 'mean'"),
        (lambda: ops.fft(A), "two real ones of one shape"),
        (lambda: ops.stft(A, 4, 1, 2), "A Fourier transform of 2 samples cannot take stretches of 4"),
        (lambda: ops.stft(A, 4, 1, 4, window="han"), "Unknown window 'han'. Did you mean \"hann\""),
        (lambda: ops.stft(A, 4, 1, 4, window=[1.0]), r"shape \(4,\), got \(1,\)"),
        (lambda: ops.binary_crossentropy(A, B[:1]), "target and output need one shape"),
        (lambda: ops.psnr(A, B[:1], 1.0), "psnr compares arrays of one shape"),
        (lambda: ops.dot_product_attention(A, A, A), r"needs arrays of \(batch, steps, heads, features\)"),
        (lambda: ops.conv(A, np.ones((2, 3, 5), "float32")), "channels are 3 or a multiple, got 4"),
        (lambda: ops.fold(A, 4, 2), "columns of 4 numbers per channel"),
        (lambda: ops.fold(A, 4, (1, 3)), r"have windows of shape \(2, 3, 8\), got \(2, 3, 4\)"),
        (lambda: ops.rearrange(A, "b t f -> b t"), "the same names before and after ->"),
        (lambda: ops.rearrange(A, "b t -> t b"), "is for 2 axes, got an array of shape"),
        (lambda: ops.rearrange(A, "b t (h d) -> b h t d", h=3), r"An axis of length 4 cannot be \(h=3, d=\?\)"),
    ],
)
def test_a_mistake_is_explained(mistake, message):
    with pytest.raises(ValueError, match=message):
        mistake()


@pytest.mark.parametrize(
    ("draw", "shape"),
    [
        (lambda x: ops.rearrange(x, "b t (h d) -> b h t d", h=2), (None, 2, 3, 2)),
        (lambda x: ops.rearrange(x, "b t f -> (b t) f"), (None, 4)),
        (lambda x: ops.slice(x, (0, 1, 0), (-1, 2, 2)), (None, 2, 2)),
        (lambda x: ops.quantile(x, [0.1, 0.5, 0.9], axis=1), (3, None, 4)),
        (lambda x: ops.map(lambda row: ops.sum(row, axis=0), x), (None, 4)),
        (lambda x: ops.associative_scan(ops.add, x, axis=1), (None, 3, 4)),
        (lambda x: ops.conv(x, np.ones((2, 4, 5), "float32")), (None, 2, 5)),
        (lambda x: ops.extract_sequences(x, 2, 1), (None, 3, 3, 2)),
        (lambda x: ops.nanmean(x, axis=(1, 2)), (None,)),
        (lambda x: ops.svd(x)[1], (None, 3)),
    ],
)
def test_unknown_sizes_stay_unknown_through_these_too(draw, shape):
    assert draw(Input((3, 4))).shape == shape


# What makes arrays of no array, tells a shape that is known, or is a module in jax.numpy.
OF_NO_ARRAY = {"array", "dtype", "eye", "fft", "identity", "ndim", "shape", "size", "tri", "vectorize"}


@pytest.mark.parametrize("name", sorted(set(PUBLIC) & set(dir(jnp)) - OF_NO_ARRAY))
def test_a_function_of_jax_numpy_on_a_symbolic_tensor_says_what_to_use_instead(name):
    parameters = inspect.signature(getattr(ops, name)).parameters.values()
    required = [p for p in parameters if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
    x = Input((3, 4))
    takes_several = required[0].name in ("xs", "condlist") or name == "stack"
    with pytest.raises(TypeError, match=r"plait\.ops"):
        getattr(jnp, name)(*[[x, x] if takes_several else x] * len(required))
