"""The table of steps that are functions: of `ops`, by name and by operator."""

from __future__ import annotations

from tests.parity.steps import LARGEST, Step, even, every, function, grid, last, rank, small

NOT_DEEP = rank(1, 2, 3)
ALONG_TWO = rank(2, 3, 4)
SEQUENCES, IMAGES = rank(2), rank(3)


def unary(name: str) -> Step:
    return function(lambda K, x: getattr(K.ops, name)(x))


def binary(name: str) -> Step:
    return function(lambda K, x, y: getattr(K.ops, name)(x, y))


def reduction(name: str) -> Step:
    return function(lambda K, x: getattr(K.ops, name)(x, axis=-1, keepdims=True))


# None of these grows fast, and none has a slope that is not finite.
ELEMENTWISE = [
    "abs", "arctan", "cos", "elu", "erf", "gelu", "hard_sigmoid", "hard_silu", "leaky_relu", "log_sigmoid",
    "log_softmax", "negative", "relu", "relu6", "selu", "sigmoid", "silu", "sin", "softmax", "softplus", "softsign",
    "square", "squareplus", "tanh",
]  # fmt: skip

FUNCTIONS = [
    *map(unary, ELEMENTWISE),
    *map(binary, ["add", "subtract", "multiply", "maximum", "minimum", "logaddexp"]),
    *map(reduction, ["mean", "sum", "max", "min", "var", "logsumexp"]),
    function(lambda K, x: K.ops.sum(x, axis=1), ALONG_TWO),
    function(lambda K, x: K.ops.mean(x, axis=(1, 2)), IMAGES),
    function(lambda K, x: K.ops.amax(x, axis=1), ALONG_TWO),
    function(lambda K, x: K.ops.cumsum(x, axis=1)),
    function(lambda K, x: K.ops.flip(x, axis=1)),
    function(lambda K, x: K.ops.roll(x, 1, axis=1)),
    function(lambda K, x: K.ops.sort(x, axis=-1)),
    function(lambda K, x: K.ops.clip(x, -0.7, 0.9)),
    function(lambda K, x: K.ops.exp(K.ops.minimum(x, 1.0))),
    function(lambda K, x: K.ops.sqrt(K.ops.square(x) + 1.0)),
    function(lambda K, x: K.ops.log1p(K.ops.abs(x))),
    function(lambda K, x: K.ops.stop_gradient(x)),
    function(lambda K, x: K.ops.rms_normalization(x)),
    # Where all numbers of a row are equal, what their mean is rounded by counts 1 / sqrt(epsilon) times.
    function(lambda K, x: K.ops.layer_normalization(x, epsilon=1e-3)),
    function(lambda K, x, y: K.ops.where(K.ops.greater(x, 0.1), x, y)),
    function(lambda K, x, y: K.ops.divide(x, K.ops.square(y) + 1.0)),
    function(lambda K, x, y: K.ops.arctan2(x, K.ops.softplus(y))),
    # Operators
    function(lambda K, x, y: x + y),
    function(lambda K, x, y: x - y),
    function(lambda K, x, y: x * y),
    function(lambda K, x, y: x / (abs(y) + 1.0)),
    function(lambda K, x: 1.0 - x),
    function(lambda K, x: 0.5 * x),
    function(lambda K, x: -x),
    function(lambda K, x: x**2),
    function(lambda K, x: x / 2.0),
    function(lambda K, x: x[:, 0], ALONG_TWO),
    function(lambda K, x: x[:, -1:]),
    function(lambda K, x: x[..., ::2]),
    function(lambda K, x, y: x @ K.ops.swapaxes(y, 1, 2), SEQUENCES),
    # Arrangement
    function(lambda K, x: K.ops.expand_dims(x, 1), NOT_DEEP),
    function(lambda K, x: K.ops.expand_dims(x, -1), NOT_DEEP),
    function(lambda K, x: K.ops.squeeze(x, axis=1), every(ALONG_TWO, lambda shape: shape[0] == 1)),
    function(lambda K, x: K.ops.swapaxes(x, 1, 2), ALONG_TWO),
    function(lambda K, x: K.ops.transpose(x, (0, 2, 1)), SEQUENCES),
    function(lambda K, x: K.ops.moveaxis(x, 1, -1), ALONG_TWO),
    function(lambda K, x: K.ops.reshape(x, (-1, 2, 2)), lambda shape: shape == (4,)),
    function(lambda K, x: K.ops.repeat(x, 2, axis=1), lambda shape: 2 * shape[0] <= LARGEST),
    function(lambda K, x: K.ops.tile(x, (1, 2, 1)), grid(1, most=6)),
    function(lambda K, x: K.ops.pad(x, ((0, 0), (1, 0), (0, 1))), every(SEQUENCES, small)),
    function(lambda K, x: K.ops.take(x, [1, 0, 1], axis=1), lambda shape: shape[0] > 1),
    function(lambda K, x: K.ops.split(x, 2, axis=-1), last(even)),
    function(lambda K, x: K.ops.unstack(x, axis=1), every(SEQUENCES, grid(1, most=3))),
    function(lambda K, x, y: K.ops.concatenate([x, y], axis=1), lambda shape: 2 * shape[0] <= LARGEST),
    function(lambda K, x, y: K.ops.stack([x, y], axis=1), NOT_DEEP),
    function(lambda K, x: K.ops.one_hot(x, 5), of_ids=True),
    function(lambda K, x: K.ops.cast(x, "float32"), of_ids=True),
    # Products and windows
    function(lambda K, x, y: K.ops.matmul(x, K.ops.transpose(y, (0, 2, 1))), SEQUENCES),
    function(lambda K, x, y: K.ops.einsum("bij,bkj->bik", x, y), SEQUENCES),
    function(lambda K, x: K.ops.max_pool(x, 2, 2), grid(1, least=2)),
    function(lambda K, x: K.ops.average_pool(x, 2, 1, padding="same"), IMAGES),
    function(lambda K, x: K.ops.image.resize(x, (3, 3)), IMAGES),
]
