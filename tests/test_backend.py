import jax
import numpy as np
import pytest

import plait
from plait import Input, Model, layers
from plait import backend as K
from plait.optimizers import SGD

X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]], "float32")
Y = np.array([[0.5, 3.0, 1.0], [-1.5, 0.5, -0.75]], "float32")
P = np.array([[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]], "float32")
ONE_HOT = np.array([[0, 1, 0], [1, 0, 0]], "float32")
CUBE = np.arange(24, dtype="float32").reshape(2, 3, 4)
OTHER_CUBE = np.cos(CUBE).astype("float32")
IMAGE = np.sin(np.arange(2 * 4 * 5 * 3, dtype="float32")).reshape(2, 4, 5, 3)
KERNEL = np.cos(np.arange(2 * 2 * 3 * 4, dtype="float32")).reshape(2, 2, 3, 4)
# (batch, rows, columns, channels, *window)
WINDOWS = np.lib.stride_tricks.sliding_window_view(IMAGE, (2, 2), (1, 2))


def running_sums(x, states):
    total, start = states
    return x + total + start, [x + total]


# What is called, on which arrays, and what NumPy gives for it.
CASES = {
    "abs": (lambda x: K.abs(x), [X], np.abs(X)),
    "argmax": (lambda x: K.argmax(x), [X], X.argmax(-1)),
    "argmin": (lambda x: K.argmin(x, axis=1), [X], X.argmin(1)),
    "batch_dot": (lambda x, y: K.batch_dot(x, y, axes=1), [X, Y], (X * Y).sum(1, keepdims=True)),
    "batch_dot of vectors": (lambda x, y: K.batch_dot(x, y), [X, Y], (X * Y).sum(1, keepdims=True)),
    "batch_dot of matrices": (
        lambda x, y: K.batch_dot(x, K.permute_dimensions(y, (0, 2, 1))), [CUBE, OTHER_CUBE],
        np.einsum("bij,bkj->bik", CUBE, OTHER_CUBE)),
    "batch_flatten": (lambda x: K.batch_flatten(x), [CUBE], CUBE.reshape(2, 12)),
    "bias_add": (lambda x: K.bias_add(x, X[0]), [IMAGE], IMAGE + X[0]),
    "bias_add to channels_first": (
        lambda x: K.bias_add(x, X[0], data_format="channels_first"), [IMAGE.transpose(0, 3, 1, 2)],
        (IMAGE + X[0]).transpose(0, 3, 1, 2)),
    "binary_crossentropy": (
        lambda t, p: K.binary_crossentropy(target=t, output=p), [ONE_HOT, P],
        -(ONE_HOT * np.log(P) + (1 - ONE_HOT) * np.log(1 - P))),
    "cast": (lambda x: K.cast(x, "int32"), [X], X.astype("int32")),
    "cast_to_floatx": (lambda i: K.cast_to_floatx(i), [np.array([[2, 0]])], np.array([[2.0, 0.0]])),
    "categorical_crossentropy": (
        lambda t, p: K.categorical_crossentropy(t, p), [ONE_HOT, P], -np.log([0.3, 0.7])),
    "clip": (lambda x: K.clip(x, min_value=-0.5, max_value=1), [X], X.clip(-0.5, 1)),
    "concatenate": (lambda x, y: K.concatenate([x, y]), [X, Y], np.concatenate([X, Y], -1)),
    "conv1d": (
        lambda x: K.conv1d(x, KERNEL[:1, 0], strides=2), [IMAGE[:, 0]], IMAGE[:, 0, ::2] @ KERNEL[0, 0]),
    "conv2d": (lambda x: K.conv2d(x, KERNEL), [IMAGE], np.einsum("brcixy,xyio->brco", WINDOWS, KERNEL)),
    "conv2d of channels_first": (
        lambda x: K.conv2d(x, kernel=KERNEL, strides=(1, 2), data_format="channels_first"),
        [IMAGE.transpose(0, 3, 1, 2)], np.einsum("brcixy,xyio->borc", WINDOWS[:, :, ::2], KERNEL)),
    "conv3d": (
        lambda x: K.conv3d(x, KERNEL[None]), [IMAGE[:, None]],
        np.einsum("brcixy,xyio->brco", WINDOWS, KERNEL)[:, None]),
    "cos": (lambda x: K.cos(x), [X], np.cos(X)),
    "cumprod": (lambda x: K.cumprod(x, axis=1), [X], X.cumprod(1)),
    "cumsum": (lambda x: K.cumsum(x, axis=1), [X], X.cumsum(1)),
    "dot": (lambda x: K.dot(x, CUBE[0]), [X], X @ CUBE[0]),
    "dot along the last axis": (lambda x: K.dot(x, CUBE[0].T), [CUBE], CUBE @ CUBE[0].T),
    "elu": (lambda x: K.elu(x, alpha=2.0), [X], np.where(X > 0, X, 2 * np.expm1(X))),
    "equal": (lambda x, y: K.equal(x, y), [X, Y], X == Y),
    "exp": (lambda x: K.exp(x), [X], np.exp(X)),
    "expand_dims": (lambda x: K.expand_dims(x), [X], X[..., None]),
    "gather": (lambda i: K.gather(X, i), [np.array([1, 0, 1])], X[[1, 0, 1]]),
    "greater": (lambda x, y: K.greater(x, y), [X, Y], X > Y),
    "greater_equal": (lambda x, y: K.greater_equal(x, y), [X, Y], X >= Y),
    "hard_sigmoid": (lambda x: K.hard_sigmoid(x), [X], np.clip(X / 6 + 0.5, 0, 1)),
    "identity": (lambda x: K.identity(x), [X], X),
    "in_test_phase": (lambda x, y: K.in_test_phase(x, lambda: y), [X, Y], X),
    "in_top_k": (lambda p, i: K.in_top_k(p, i, k=2), [P, np.array([1, 2])], [True, False]),
    "in_train_phase": (lambda x, y: K.in_train_phase(lambda: x, y), [X, Y], Y),
    "in_train_phase where it is said to be": (lambda x, y: K.in_train_phase(x, y, training=True), [X, Y], X),
    "l2_normalize": (
        lambda x: K.l2_normalize(x, axis=-1), [X], X / np.linalg.norm(X, axis=-1, keepdims=True)),
    "less": (lambda x, y: K.less(x, y), [X, Y], X < Y),
    "less_equal": (lambda x, y: K.less_equal(x, y), [X, Y], X <= Y),
    "log": (lambda x: K.log(x), [P], np.log(P)),
    "logsumexp": (lambda x: K.logsumexp(x, axis=1, keepdims=True), [X], np.log(np.exp(X).sum(1, keepdims=True))),
    "map_fn": (lambda x: K.map_fn(lambda row: K.sum(row) * row, x), [X], X.sum(1, keepdims=True) * X),
    "max": (lambda x: K.max(x, axis=-1), [X], X.max(-1)),
    "maximum": (lambda x, y: K.maximum(x, y), [X, Y], np.maximum(X, Y)),
    "mean": (lambda x: K.mean(x, axis=-1, keepdims=True), [X], X.mean(-1, keepdims=True)),
    "mean of truths": (lambda x, y: K.mean(K.equal(x, y), axis=-1), [X, Y], (X == Y).mean(-1)),
    "min": (lambda x: K.min(x, axis=1), [X], X.min(1)),
    "minimum": (lambda x, y: K.minimum(x, y), [X, Y], np.minimum(X, Y)),
    "not_equal": (lambda x, y: K.not_equal(x, y), [X, Y], X != Y),
    "one_hot": (lambda i: K.one_hot(i, num_classes=3), [np.array([2, 0])], np.eye(3)[[2, 0]]),
    "ones_like": (lambda x: K.ones_like(x), [X], np.ones_like(X)),
    "permute_dimensions": (lambda x: K.permute_dimensions(x, pattern=(0, 2, 1)), [CUBE], CUBE.transpose(0, 2, 1)),
    "pool2d": (lambda x: K.pool2d(x, (2, 2)), [IMAGE], WINDOWS.max((-1, -2))),
    "pool2d of means": (
        lambda x: K.pool2d(x, (2, 2), strides=(2, 1), pool_mode="avg"), [IMAGE], WINDOWS[:, ::2].mean((-1, -2))),
    "pool3d": (lambda x: K.pool3d(x, (1, 2, 2)), [IMAGE[:, None]], WINDOWS.max((-1, -2))[:, None]),
    "pow": (lambda x: K.pow(x, 2), [X], X**2),
    "prod": (lambda x: K.prod(x, axis=1), [X], X.prod(1)),
    "relu": (lambda x: K.relu(x), [X], X.clip(0)),
    "relu with a slope and a bound": (
        lambda x: K.relu(x, alpha=0.1, max_value=1.0), [X], np.where(X < 0, 0.1 * X, X.clip(max=1))),
    "repeat": (lambda x: K.repeat(x, 4), [X], np.repeat(X[:, None], 4, 1)),
    "repeat_elements": (lambda x: K.repeat_elements(x, 2, axis=1), [X], np.repeat(X, 2, 1)),
    "reshape": (lambda x: K.reshape(x, (-1, 4, 3)), [CUBE], CUBE.reshape(2, 4, 3)),
    "reverse": (lambda x: K.reverse(x, axes=1), [X], X[:, ::-1]),
    "rnn": (
        lambda x, s: K.rnn(running_sums, x, [s], constants=[s])[0], [CUBE, CUBE[:, 0]],
        CUBE.sum(1) + 2 * CUBE[:, 0]),
    "rnn with all outputs": (
        lambda x, s: K.rnn(running_sums, x, [s], constants=[0 * s])[1], [CUBE, CUBE[:, 0]],
        CUBE.cumsum(1) + CUBE[:, :1]),
    "rnn with masked steps and from the end": (
        lambda x, s, m: K.rnn(running_sums, x, [s], go_backwards=True, mask=m, constants=[0 * s])[1],
        [CUBE, 0 * CUBE[:, 0], np.array([[True, True, False]] * 2)],
        np.stack([0 * CUBE[:, 0], CUBE[:, 1], CUBE[:, 1] + CUBE[:, 0]], 1)),
    "round": (lambda x: K.round(x), [X], X.round()),
    "sigmoid": (lambda x: K.sigmoid(x), [X], 1 / (1 + np.exp(-X))),
    "sign": (lambda x: K.sign(x), [X], np.sign(X)),
    "sin": (lambda x: K.sin(x), [X], np.sin(X)),
    "slice": (lambda x: K.slice(x, (0, 1, 0), (-1, 2, 3)), [CUBE], CUBE[:, 1:3, :3]),
    "softmax": (lambda x: K.softmax(x), [X], np.exp(X) / np.exp(X).sum(-1, keepdims=True)),
    "softplus": (lambda x: K.softplus(x), [X], np.log1p(np.exp(X))),
    "softsign": (lambda x: K.softsign(x), [X], X / (1 + np.abs(X))),
    "sparse_categorical_crossentropy": (
        lambda t, p: K.sparse_categorical_crossentropy(t, p), [np.array([1, 0]), P], -np.log([0.3, 0.7])),
    "spatial_2d_padding": (
        lambda x: K.spatial_2d_padding(x, ((1, 0), (2, 1))), [IMAGE], np.pad(IMAGE, ((0, 0), (1, 0), (2, 1), (0, 0)))),
    "spatial_2d_padding of channels_first": (
        lambda x: K.spatial_2d_padding(x, data_format="channels_first"), [IMAGE],
        np.pad(IMAGE, ((0, 0), (0, 0), (1, 1), (1, 1)))),
    "sqrt": (lambda x: K.sqrt(x), [P], np.sqrt(P)),
    "square": (lambda x: K.square(x), [X], X**2),
    "squeeze": (lambda x: K.squeeze(x, axis=1), [X[:, None]], X),
    "stack": (lambda x, y: K.stack([x, y], axis=1), [X, Y], np.stack([X, Y], 1)),
    "std": (lambda x: K.std(x, axis=1), [X], X.std(1)),
    "stop_gradient": (lambda x: K.stop_gradient(x), [X], X),
    "sum": (lambda x: K.sum(x, axis=-1), [X], X.sum(-1)),
    "switch": (lambda x, y: K.switch(K.greater(x, 0), x, lambda: y), [X, Y], np.where(X > 0, X, Y)),
    "tanh": (lambda x: K.tanh(x), [X], np.tanh(X)),
    "temporal_padding": (lambda x: K.temporal_padding(x, (1, 2)), [CUBE], np.pad(CUBE, ((0, 0), (1, 2), (0, 0)))),
    "tile": (lambda x: K.tile(x, (1, 2)), [X], np.tile(X, (1, 2))),
    "var": (lambda x: K.var(x, axis=1), [X], X.var(1)),
    "zeros_like": (lambda x: K.zeros_like(x), [X], np.zeros_like(X)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_function_of_arrays_gives_what_numpy_gives(case):
    function, arrays, expected = CASES[case]

    found = function(*arrays)

    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_a_function_of_symbolic_tensors_becomes_part_of_a_model(case):
    function, arrays, expected = CASES[case]
    inputs = [Input(array.shape[1:], dtype=array.dtype.name) for array in arrays]

    model = Model(inputs, function(*inputs))

    np.testing.assert_allclose(model(arrays), expected, rtol=2e-6, atol=1e-6)


# What is about shapes, makes new arrays, or reads values.
OTHERS = {
    "arange": (lambda: K.arange(1, 4), np.arange(1, 4)),
    "constant": (lambda: K.constant(2.0, shape=(2, 2)), np.full((2, 2), 2.0)),
    "eye": (lambda: K.eye(2), np.eye(2)),
    "flatten": (lambda: K.flatten(CUBE), CUBE.ravel()),
    "eval": (lambda: K.eval(K.square(X)), X**2),
    "get_value of a number": (lambda: K.get_value(0.5), 0.5),
    "int_shape": (lambda: K.int_shape(CUBE), (2, 3, 4)),
    "count_params": (lambda: K.count_params(CUBE), 24),
    "cast_to_floatx of no tensor": (lambda: K.cast_to_floatx([1, 2]), np.array([1.0, 2.0], "float32")),
    "mean of all": (lambda: K.mean(X), X.mean()),
    "dtypes": (lambda: [K.dtype(x) == "float32" for x in (X, jax.numpy.ones(2), 0.5, SGD().lr)], [True] * 4),
    "ndim": (lambda: K.ndim(CUBE), 3),
    "ones": (lambda: K.ones((2, 3)), np.ones((2, 3))),
    "random_binomial": (lambda: np.unique(K.random_binomial((50,), p=0.5)), [0, 1]),
    "transpose": (lambda: K.transpose(X), X.T),
    "zeros": (lambda: K.zeros(shape=(2, 3)), np.zeros((2, 3))),
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_function_around_arrays_gives_what_numpy_gives(case):
    function, expected = OTHERS[case]

    np.testing.assert_allclose(function(), expected, rtol=1e-6)


def test_a_symbolic_tensor_is_asked_for_its_shape():
    tensor = Input((None, 3))

    assert (K.int_shape(tensor), K.ndim(tensor), K.dtype(tensor)) == ((None, None, 3), 3, "float32")
    assert K.is_keras_tensor(tensor)
    assert not K.is_keras_tensor(X)


def test_weights_are_read_and_set():
    layer = layers.Dense(1)
    layer.build((None, 3))

    K.set_value(layer.bias, [7.0])
    K.batch_set_value([(layer.kernel, np.ones((3, 1)))])

    kernel, bias = K.batch_get_value([layer.kernel, layer.bias])
    assert (kernel.tolist(), bias.tolist()) == ([[1.0]] * 3, [7.0])


def test_weights_are_updated():
    layer = layers.Dense(1)
    layer.build((None, 3))

    K.update(layer.bias, [8.0])
    K.update_add(layer.bias, 2.0)
    K.update_sub(layer.bias, 6.0)
    new = K.moving_average_update(layer.bias, np.float32([8.0]), momentum=0.75)

    assert (layer.bias.numpy().tolist(), new.tolist()) == ([5.0], [5.0])


class Counting(layers.Layer):
    def build(self, input_shape):
        self.count = self.add_weight(name="count", shape=(), initializer="zeros", trainable=False)

    def call(self, inputs):
        K.update_add(self.count, 1.0)
        return inputs


def test_a_layers_call_updates_what_it_keeps():
    model = plait.Sequential([Input((3,)), Counting(), layers.Dense(1)])
    model.compile("sgd", "mse")

    model.fit(X, X[:, :1], batch_size=1, epochs=3, verbose=0)

    assert float(model.layers[0].count.numpy()) == 6


class Doubled(layers.Layer):
    def call(self, inputs, training=None):
        return K.in_train_phase(lambda: 2 * inputs, inputs, training=training)


@pytest.mark.parametrize("double", [Doubled(), lambda x: K.in_train_phase(2 * x, x)])
def test_the_phase_is_that_of_the_step(double):
    x = Input((3,))
    model = Model(x, double(x))

    np.testing.assert_array_equal(model(X), X)
    np.testing.assert_array_equal(model(X, training=True), 2 * X)


def test_uids_count_with_the_automatic_names():
    K.reset_uids()

    assert (K.get_uid("dense"), layers.Dense(1).name, K.get_uid("dense"), K.get_uid()) == (1, "dense_2", 3, 1)


def test_setting_a_number_says_what_to_write_instead():
    with pytest.raises(TypeError, match=r"model.optimizer.learning_rate = 0.001"):
        K.set_value(0.1, 0.01)


def test_a_function_gives_what_lies_between_inputs_and_outputs():
    x = Input((3,))
    model = Model(x, layers.Activation("tanh")(layers.Activation("relu")(x)))

    hidden = K.function([model.input], [model.layers[1].output, model.output])

    relu, tanh = hidden([X])
    np.testing.assert_allclose(relu, X.clip(0))
    np.testing.assert_allclose(tanh, np.tanh(X.clip(0)), rtol=1e-6)


def test_the_lists_of_names_are_complete():
    listed = {name for name in vars(K) if name in K.__all__}
    assert listed == set(K.__all__)
    assert not {name for name, value in vars(K).items() if callable(value) and value.__module__ == K.__name__
                and name[0] != "_"} - listed  # fmt: skip


def test_what_holds_for_the_process():
    K.set_image_dim_ordering("tf")

    assert (K.backend(), K.image_data_format(), K.image_dim_ordering()) == ("jax", "channels_last", "tf")
    assert K.epsilon() == 1e-7
    with pytest.raises(ValueError, match='data_format="channels_first" to each layer'):
        K.set_image_dim_ordering("th")


def test_an_unknown_kind_of_pooling_is_named():
    with pytest.raises(ValueError, match=r"Unknown pool_mode 'man'\. Did you mean \"max\"\?"):
        K.pool2d(IMAGE, (2, 2), pool_mode="man")


class TestClassicVariationalAutoencoder:
    """The sampling layer of Keras 2's own example, as its users copy it."""

    @staticmethod
    def sampled(*, inputs=None):
        def sampling(args):
            z_mean, z_log_var = args
            epsilon = K.random_normal(shape=(K.shape(z_mean)[0], K.int_shape(z_mean)[1]))
            return z_mean + K.exp(0.5 * z_log_var) * epsilon

        mean, log_var = Input((2,)), Input((2,))
        return Model([mean, log_var], layers.Lambda(sampling, output_shape=(2,))([mean, log_var]))

    def test_each_step_and_each_row_draws_anew(self):
        seen = []

        class Keep(plait.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                seen.append(logs["loss"])

        model = self.sampled()
        zeros = np.zeros((4, 2), "float32")
        model.compile("sgd", loss="mse")
        model.fit([zeros, zeros], zeros, batch_size=4, epochs=3, verbose=0, callbacks=[Keep()])

        assert len(set(map(float, seen))) == 3

    def test_two_draws_of_one_call_differ(self):
        x = Input((50,))
        model = Model(x, layers.Lambda(lambda t: K.random_normal(K.shape(t)) - K.random_normal(K.shape(t)))(x))

        assert np.abs(model(np.zeros((2, 50), "float32"))).min() > 0

    def test_the_same_seed_trains_the_same_way(self):
        def trained():
            plait.utils.set_random_seed(3)
            x = Input((2,))
            mean = layers.Dense(2, name="mean")(x)
            outputs = layers.Lambda(lambda t: t + K.random_normal(K.shape(t)), name="noisy")(mean)
            model = Model(x, outputs)
            model.compile("sgd", "mse")
            model.fit(X[:, :2], Y[:, :2], epochs=2, verbose=0)
            return model.get_weights()

        jax.tree.map(np.testing.assert_array_equal, trained(), trained())
