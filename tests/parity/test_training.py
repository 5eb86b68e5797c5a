"""Training, held to genuine Keras: from the same weights, on the same batches, to the same weights and logs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import plait
from plait.core import nest, seeds
from tests.genuine import genuine_keras
from tests.rows import where

# Ten batches, the last of which is smaller.
SAMPLES, BATCH = 77, 8
RANDOM = np.random.default_rng(0)


def reals(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=(SAMPLES, *shape)).astype("float32")


def ids(classes: int, *shape: int) -> np.ndarray:
    return RANDOM.integers(0, classes, (SAMPLES, *shape)).astype("int32")


def one_hot(classes: int) -> np.ndarray:
    return np.eye(classes, dtype="float32")[ids(classes)]


def factors(*shape: int) -> np.ndarray:
    """Returns sample weights, some of which are 0."""
    return RANDOM.integers(0, 4, (SAMPLES, *shape)).astype("float32") / 2


@dataclass(frozen=True)
class Case:
    """What is trained; each function takes the library, Plait or Keras, and makes the same of it.

    model:    gives the model.
    compiled: gives the arguments of compile.
    x, y:     the data.
    fit:      further arguments of fit.
    epochs:   two show that slots and running state are carried over, and that the logs start again.
    unequal:  the logs in which Keras is wrong.
    """

    name: str
    model: Callable[[Any], Any]
    compiled: Callable[[Any], dict[str, Any]]
    x: Any
    y: Any
    fit: dict[str, Any] = field(default_factory=dict)
    epochs: int = 1
    unequal: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


class Trained:
    """What a library makes of a case: weights before and after, and logs; what it measures then, if that is asked."""

    def __init__(self, library: Any, case: Case, weights: list[np.ndarray] | None = None) -> None:
        self.case = case
        self.model = case.model(library)
        if weights is not None:
            self.model.set_weights(weights)
        self.start = self.model.get_weights()
        self.model.compile(**case.compiled(library))
        fitted = self.model.fit(
            case.x, case.y, batch_size=BATCH, epochs=case.epochs, shuffle=False, verbose=0, **case.fit
        )
        self.logs = fitted.history
        self.weights = self.model.get_weights()
        self.by_layer = {layer.name: layer.get_weights() for layer in self.model.layers}

    def evaluated(self) -> dict[str, float]:
        weight = self.case.fit.get("sample_weight")
        return self.model.evaluate(
            self.case.x, self.case.y, batch_size=BATCH, sample_weight=weight, verbose=0, return_dict=True
        )


def trained_in_both(case: Case) -> tuple[Trained, Trained]:
    seeds.set_random_seed(0)
    ours = Trained(plait, case)
    with genuine_keras() as keras:
        return ours, Trained(keras, case, ours.start)


def assert_close(ours: Any, theirs: Any) -> None:
    leaves, their_leaves = nest.flatten(ours), nest.flatten(theirs)
    assert len(leaves) == len(their_leaves)
    for one, other in zip(leaves, their_leaves, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


# ------------------------------------------------------------------------------------------ optimizers and losses

OPTIMIZERS = {
    "SGD": lambda K: K.optimizers.SGD(0.05),
    "SGD momentum": lambda K: K.optimizers.SGD(0.05, momentum=0.9),
    "SGD nesterov": lambda K: K.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    "RMSprop": lambda K: K.optimizers.RMSprop(0.01),
    "RMSprop momentum": lambda K: K.optimizers.RMSprop(0.01, momentum=0.9),
    "RMSprop centered": lambda K: K.optimizers.RMSprop(0.01, centered=True),
    "Adam": lambda K: K.optimizers.Adam(0.01),
    "Adam amsgrad": lambda K: K.optimizers.Adam(0.01, amsgrad=True),
    "AdamW": lambda K: K.optimizers.AdamW(0.01, weight_decay=0.1),
}
# For each loss the output it is for, and targets.
LOSSES = {
    "mse": (2, "linear", reals(2)),
    "mae": (2, "linear", reals(2)),
    "huber": (2, "linear", 2 * reals(2)),
    "binary_crossentropy": (1, "sigmoid", ids(2, 1)),
    "categorical_crossentropy": (3, "softmax", one_hot(3)),
    "sparse_categorical_crossentropy": (3, "softmax", ids(3)),
}


def branches(K: Any) -> Any:
    """Returns a branch for each loss. They share nothing, so that each learns as if it were alone."""
    inputs = K.Input((6,), name="x")
    outputs = [
        K.layers.Dense(units, activation=activation, name=loss)(inputs)
        for loss, (units, activation, _) in LOSSES.items()
    ]
    return K.Model(inputs, outputs)


# Each optimizer is held to Keras step by step in tests/optimizers; here in the loop of fit, where one stands for all.
ALWAYS = "Adam"


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=[] if name == ALWAYS else [pytest.mark.slow]) for name in OPTIMIZERS],
)
def by_optimizer(request):
    return trained_in_both(
        Case(
            request.param,
            branches,
            lambda K: {"optimizer": OPTIMIZERS[request.param](K), "loss": list(LOSSES)},
            X,
            [target for *_, target in LOSSES.values()],
        )
    )


@pytest.mark.first_rows(2)
@pytest.mark.parametrize("loss", LOSSES)
def test_an_optimizer_brings_a_loss_where_keras_does(by_optimizer, loss):
    ours, theirs = by_optimizer
    assert_close(ours.by_layer[loss], theirs.by_layer[loss])
    assert_close(ours.logs[f"{loss}_loss"], theirs.logs[f"{loss}_loss"])


# ------------------------------------------------------------------------------------------ everything else

X = reals(6)
WORDS = RANDOM.integers(1, 9, (SAMPLES, 5)) * (np.arange(5) < RANDOM.integers(1, 6, (SAMPLES, 1)))
IMAGES = reals(6, 6, 2)
WEIGHTS = factors()
CLASSES = {"p": reals(2), "q": ids(2, 1), "r": ids(3)}


def adam(K: Any) -> Any:
    return K.optimizers.Adam(0.01)


def sgd(K: Any) -> Any:
    return K.optimizers.SGD(0.05)


def two_into_three(K: Any) -> Any:
    """Returns a model with two inputs, a tower that both go through, and three outputs."""
    a, b = K.Input((6,), name="a"), K.Input((6,), name="b")
    first, second = K.layers.Dense(5, activation="tanh", name="first"), K.layers.Dense(4, name="second")
    joined = K.layers.Concatenate(name="joined")([second(first(a)), second(first(b))])
    return K.Model(
        [a, b],
        [
            K.layers.Dense(2, name="p")(joined),
            K.layers.Dense(1, activation="sigmoid", name="q")(joined),
            K.layers.Dense(3, activation="softmax", name="r")(joined),
        ],
    )


def two_into_three_by_name(K: Any) -> Any:
    """Returns the same with dicts of inputs and outputs."""
    model = two_into_three(K)
    return K.Model(dict(zip("ab", model.inputs, strict=True)), dict(zip("pqr", model.outputs, strict=True)))


def stack(*make: Callable[[Any], Any], inputs: tuple[int, ...] = (6,), dtype: str = "float32") -> Callable[[Any], Any]:
    """Returns the function that makes a Sequential model of what these make."""
    return lambda K: K.Sequential([K.Input(inputs, dtype=dtype), *(layer(K) for layer in make)])


def dense(units: int, activation: str | None = None, **options: Any) -> Callable[[Any], Any]:
    """Options that are functions take the library."""
    return lambda K: K.layers.Dense(
        units, activation=activation, **{n: one(K) if callable(one) else one for n, one in options.items()}
    )


def compiled(**arguments: Any) -> Callable[[Any], dict[str, Any]]:
    """Arguments that are functions take the library."""
    return lambda K: {name: one(K) if callable(one) else one for name, one in arguments.items()}


def distance(y_true: Any, y_pred: Any) -> Any:
    return jnp.sqrt(jnp.sum(jnp.square(y_true - y_pred), axis=-1))


def quartic(y_true: Any, y_pred: Any) -> Any:
    return jnp.mean((y_true - y_pred) ** 4, axis=-1)


def talkative(K: Any) -> Any:
    """Returns a layer that adds to the loss."""

    class Talkative(K.layers.Layer):
        def call(self, inputs):
            self.add_loss(0.1 * jnp.mean(jnp.square(inputs)))
            return inputs

    return Talkative()


def reading(K: Any) -> Any:
    """Returns a model of padded sentences, with one output per word."""
    words = K.Input((5,), dtype="int32", name="words")
    x = K.layers.Embedding(9, 4, mask_zero=True)(words)
    x = K.layers.LSTM(3, return_sequences=True)(x)
    return K.Model(words, K.layers.Dense(3, activation="softmax", name="tag")(x))


def tagging(K: Any) -> Any:
    """Returns the same without a memory."""
    words = K.Input((5,), dtype="int32", name="words")
    x = K.layers.Embedding(9, 4, mask_zero=True)(words)
    return K.Model(words, K.layers.Dense(3, activation="softmax", name="tag")(x))


def partly_frozen(K: Any) -> Any:
    """Returns a model whose first layers were frozen before compile; a normalisation among them."""
    layers = [K.layers.Dense(5, activation="relu"), K.layers.BatchNormalization(), K.layers.Dense(2)]
    model = K.Sequential([K.Input((6,)), *layers])
    for layer in layers[:2]:
        layer.trainable = False
    return model


def nested_frozen(K: Any) -> Any:
    """Returns a model around a frozen one."""
    inner = K.Sequential([K.Input((6,)), K.layers.Dense(5), K.layers.BatchNormalization()], name="inner")
    inner.trainable = False
    inputs = K.Input((6,))
    return K.Model(inputs, K.layers.Dense(2)(inner(inputs)))


TWO = [X, X[::-1].copy()]
THREE = list(CLASSES.values())
THREE_LOSSES = ["mse", "binary_crossentropy", "sparse_categorical_crossentropy"]
REGRESSION = stack(dense(2))
CLASSIFICATION = stack(dense(3, "softmax"))
SPARSE = {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}

CASES = [
    Case(
        "one loss for all outputs",
        two_into_three,
        compiled(optimizer=sgd, loss="mse"),
        TWO,
        [reals(2), reals(1), reals(3)],
    ),
    Case(
        "lists",
        two_into_three,
        compiled(
            optimizer=sgd,
            loss=THREE_LOSSES,
            loss_weights=[0.5, 2.0, 1.0],
            metrics=[["mae"], ["accuracy"], ["accuracy"]],
            weighted_metrics=[["mae"], [], ["accuracy"]],
        ),
        TWO,
        THREE,
        {"sample_weight": [factors(), factors(), factors()]},
    ),
    Case(
        "dicts",
        two_into_three_by_name,
        compiled(
            optimizer=sgd,
            loss=dict(zip(CLASSES, THREE_LOSSES, strict=True)),
            loss_weights={"p": 0.5, "r": 2.0, "q": 1.0},
            metrics=lambda K: {
                "r": ["accuracy", "sparse_categorical_crossentropy"],
                "p": ["mse", "mae", distance],
                "q": ["accuracy", K.metrics.AUC(name="auc"), K.metrics.Precision(name="precision")],
            },
        ),
        dict(zip(("a", "b"), TWO, strict=True)),
        CLASSES,
        {"sample_weight": {"p": factors(), "q": factors(), "r": factors()}},
        epochs=2,
    ),
    Case(
        "epochs of half the data",
        REGRESSION,
        compiled(optimizer=sgd, loss="mse"),
        X,
        reals(2),
        {"steps_per_epoch": 5},
        epochs=4,
    ),
    Case(
        "an output without loss",
        two_into_three,
        compiled(optimizer=sgd, loss=["mse", None, "sparse_categorical_crossentropy"]),
        TWO,
        THREE,
    ),
    Case(
        "sample weights",
        CLASSIFICATION,
        compiled(optimizer=sgd, **SPARSE, weighted_metrics=["accuracy", "sparse_categorical_crossentropy"]),
        X,
        ids(3),
        {"sample_weight": factors()},
    ),
    Case(
        "class weights, which are not for held-out data",
        CLASSIFICATION,
        compiled(optimizer=sgd, **SPARSE),
        X,
        ids(3),
        {"class_weight": {0: 0.5, 2: 3.0}, "validation_split": 0.3},
    ),
    Case(
        "class weights of one-hot targets, a loss with arguments",
        stack(dense(3)),
        compiled(
            optimizer=sgd,
            loss=lambda K: K.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
            metrics=lambda K: [K.metrics.CategoricalCrossentropy(from_logits=True, name="plain"), "accuracy"],
        ),
        X,
        one_hot(3),
        {"class_weight": {0: 0.5, 1: 1.0, 2: 3.0}},
    ),
    Case(
        "a loss of one's own",
        REGRESSION,
        compiled(optimizer=adam, loss=lambda K: quartic, metrics=lambda K: [distance, quartic]),
        X,
        reals(2),
        {"sample_weight": factors()},
    ),
    # Keras's compiled step on JAX hands the outputs to the metrics without their mask; its evaluate does not.
    Case("masks", tagging, compiled(optimizer=sgd, **SPARSE), WORDS, ids(3, 5), unequal=("accuracy",)),
    Case(
        "masks, weights per step",
        reading,
        compiled(optimizer=adam, **SPARSE, weighted_metrics=["accuracy"]),
        WORDS,
        ids(3, 5),
        {"sample_weight": factors(5)},
        unequal=("accuracy", "weighted_accuracy"),
    ),
    Case(
        "regularizers and constraints",
        stack(
            dense(5, "tanh", kernel_regularizer="l2", kernel_constraint=lambda K: K.constraints.MaxNorm(0.5)),
            dense(
                4,
                kernel_constraint="unit_norm",
                bias_constraint="non_neg",
                bias_regularizer=lambda K: K.regularizers.L1(0.1),
            ),
            dense(2, kernel_constraint=lambda K: K.constraints.MinMaxNorm(0.2, 0.4, rate=0.5)),
        ),
        compiled(optimizer=sgd, loss="mse", metrics=["mse"]),
        X,
        reals(2),
    ),
    Case(
        "an activity regularizer",
        stack(dense(5, "tanh", activity_regularizer=lambda K: K.regularizers.L2(0.1)), dense(2)),
        compiled(optimizer=sgd, loss="mse"),
        X,
        reals(2),
    ),
    Case(
        "a layer that adds to the loss",
        stack(dense(5, "tanh"), talkative, dense(2)),
        compiled(optimizer=sgd, loss="mse"),
        X,
        reals(2),
    ),
    Case(
        "running state",
        # Without a bias, whose gradient would be nothing but rounding.
        stack(dense(5, use_bias=False), lambda K: K.layers.BatchNormalization(momentum=0.8), dense(2)),
        compiled(optimizer=sgd, loss="mse"),
        X,
        reals(2),
        epochs=2,
    ),
    Case("frozen layers", partly_frozen, compiled(optimizer=sgd, loss="mse"), X, reals(2)),
    Case("a frozen model in a model", nested_frozen, compiled(optimizer=sgd, loss="mse"), X, reals(2)),
    Case(
        "held-out data",
        REGRESSION,
        compiled(optimizer=sgd, loss="mse", metrics=["mae"], weighted_metrics=["mse"]),
        X,
        reals(2),
        {"validation_split": 0.2, "sample_weight": factors()},
        epochs=2,
    ),
    Case(
        "convolutions",
        stack(
            lambda K: K.layers.Conv2D(3, 3, activation="relu"),
            lambda K: K.layers.MaxPooling2D(2),
            lambda K: K.layers.BatchNormalization(),
            lambda K: K.layers.Flatten(),
            dense(3, "softmax"),
            inputs=(6, 6, 2),
        ),
        compiled(optimizer=sgd, **SPARSE),
        IMAGES,
        ids(3),
    ),
]  # fmt: skip

# What changes only how training goes, so that nothing new can be measured afterwards.
TRAINED_ONLY = [
    Case(
        "held-out data with weights of their own",
        REGRESSION,
        compiled(optimizer=sgd, loss="mse", metrics=["mae"], weighted_metrics=["mae"]),
        X,
        reals(2),
        {"validation_data": (X[:30], reals(2)[:30], factors()[:30]), "validation_batch_size": 16},
    ),
    Case(
        "a learning rate that decays",
        REGRESSION,
        compiled(
            optimizer=lambda K: K.optimizers.SGD(K.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5), momentum=0.5),
            loss="mse",
        ),
        X,
        reals(2),
        epochs=2,
    ),
    Case(
        "accumulated gradients",
        REGRESSION,
        compiled(optimizer=lambda K: K.optimizers.Adam(0.05, gradient_accumulation_steps=3), loss="mse"),
        X,
        reals(2),
        epochs=2,
    ),
    Case(
        "averaged weights",
        REGRESSION,
        compiled(optimizer=lambda K: K.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8), loss="mse"),
        X,
        reals(2),
        epochs=2,
    ),
    Case(
        "fewer steps than there are data",
        REGRESSION,
        compiled(optimizer=sgd, loss="mse"),
        X,
        reals(2),
        {"steps_per_epoch": 4},
    ),
]  # fmt: skip


# What is measured of these is measured of others in the same way: only how they are trained is special.
MEASURED_AS_OTHERS = (
    "epochs of half the data",
    "class weights, which are not for held-out data",
    "frozen layers",
    "a frozen model in a model",
    "held-out data",
    "convolutions",
)


# One case at a time: pytest makes all the claims of one before it trains the next.
@pytest.fixture(scope="module")
def pair(request):
    return trained_in_both(request.param)


for_all = pytest.mark.parametrize("pair", CASES + TRAINED_ONLY, ids=str, indirect=True)


@pytest.mark.first_rows(1)
@for_all
def test_it_learns_the_weights_that_keras_learns(pair):
    ours, theirs = pair
    assert_close(ours.weights, theirs.weights)


@for_all
def test_its_logs_are_those_of_keras(pair):
    ours, theirs = pair
    equal = [name for name in ours.logs if name not in ours.case.unequal]
    assert set(ours.logs) == set(theirs.logs)
    assert_close([ours.logs[name] for name in equal], [theirs.logs[name] for name in equal])


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(
    "pair", where([(case,) for case in CASES], lambda case: case.name not in MEASURED_AS_OTHERS, str), indirect=True
)
def test_it_evaluates_to_the_numbers_of_keras(pair):
    ours = pair[0].evaluated()
    with genuine_keras():
        theirs = pair[1].evaluated()
    assert_close(ours, {name: theirs[name] for name in ours})


def test_metrics_of_training_do_not_count_masked_steps():
    model, tags = tagging(plait), ids(3, 5)
    model.compile(plait.optimizers.SGD(0.0), **SPARSE)
    logs = model.fit(WORDS, tags, batch_size=BATCH, verbose=0).history

    right = model.predict(WORDS).argmax(-1) == tags

    np.testing.assert_allclose(logs["accuracy"][0], right[WORDS != 0].mean(), rtol=1e-6)


def test_single_batches_are_those_of_keras():
    def numbers(library, weights=None):
        model = two_into_three(library)
        if weights is not None:
            model.set_weights(weights)
        start = model.get_weights()
        model.compile(sgd(library), THREE_LOSSES, metrics=[["mae"], ["accuracy"], ["accuracy"]])
        return start, [
            *(model.train_on_batch(TWO, THREE, sample_weight=[WEIGHTS] * 3, return_dict=True) for _ in range(2)),
            model.test_on_batch(TWO, THREE, return_dict=True),
            dict(enumerate(model.predict_on_batch(TWO))),
            dict(enumerate(model.get_weights())),
        ]

    start, ours = numbers(plait)
    with genuine_keras() as keras:
        _, theirs = numbers(keras, start)

    for one, other in zip(ours, theirs, strict=True):
        assert_close(one, {name: other[name] for name in one})
