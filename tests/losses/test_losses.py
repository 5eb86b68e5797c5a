"""Every loss against genuine Keras: values, reductions, weights, masks, gradients."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from plait import losses
from plait.core import registry
from tests.compiling import quickly
from tests.genuine import genuine_keras
from tests.rows import first_of_each, mostly

RANDOM = np.random.default_rng(0)
BATCH = 6


def probabilities(*shape):
    raw = RANDOM.uniform(0.05, 1.0, shape)
    return (raw / raw.sum(axis=-1, keepdims=True)).astype("float32")


def normal(*shape):
    return RANDOM.normal(size=shape).astype("float32")


def positive(*shape):
    return RANDOM.uniform(0.0, 3.0, shape).astype("float32")


def binary(*shape):
    return RANDOM.integers(0, 2, shape).astype("float32")


def one_hot(*shape):
    return np.eye(shape[-1], dtype="float32")[RANDOM.integers(0, shape[-1], shape[:-1])]


def ids(*shape, classes=4):
    return RANDOM.integers(0, classes, shape).astype("int32")


def unit(*shape):
    vectors = normal(*shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def sequences(*shape, classes=5):
    """Returns ids from 1 on, filled up with 0; some are repeated."""
    lengths = RANDOM.integers(1, shape[1] + 1, shape[0])
    return np.where(np.arange(shape[1]) < lengths[:, None], RANDOM.integers(1, classes, shape), 0).astype("int32")


FLAT, STEPS = (BATCH, 4), (BATCH, 3, 4)

# (class, arguments, y_true, y_pred)
CASES = [
    ("MeanSquaredError", {}, normal(*FLAT), normal(*FLAT)),
    ("MeanSquaredError", {}, normal(BATCH), normal(BATCH, 1)),
    ("MeanSquaredError", {}, normal(BATCH, 1), normal(BATCH)),
    ("MeanAbsoluteError", {}, normal(*STEPS), normal(*STEPS)),
    ("MeanAbsolutePercentageError", {}, positive(*FLAT), normal(*FLAT)),
    ("MeanSquaredLogarithmicError", {}, positive(*FLAT), normal(*FLAT)),
    ("Huber", {}, normal(*FLAT), 3 * normal(*FLAT)),
    ("Huber", {"delta": 0.3}, normal(*FLAT), normal(*FLAT)),
    ("LogCosh", {}, normal(*FLAT), normal(*FLAT)),
    ("CosineSimilarity", {}, normal(*FLAT), normal(*FLAT)),
    ("CosineSimilarity", {"axis": 1}, normal(*STEPS), normal(*STEPS)),
    ("Poisson", {}, positive(*FLAT), positive(*FLAT)),
    ("Hinge", {}, 2 * binary(*FLAT) - 1, normal(*FLAT)),
    ("Hinge", {}, binary(*FLAT), normal(*FLAT)),
    ("SquaredHinge", {}, binary(*FLAT), normal(*FLAT)),
    ("CategoricalHinge", {}, one_hot(*FLAT), normal(*FLAT)),
    ("KLDivergence", {}, probabilities(*FLAT), probabilities(*FLAT)),
    ("BinaryCrossentropy", {}, binary(*FLAT), RANDOM.uniform(0, 1, FLAT).astype("float32")),
    ("BinaryCrossentropy", {}, binary(BATCH), binary(BATCH, 1)),
    ("BinaryCrossentropy", {"from_logits": True}, binary(*STEPS), 20 * normal(*STEPS)),
    ("BinaryCrossentropy", {"label_smoothing": 0.2}, binary(*FLAT), probabilities(*FLAT)),
    ("BinaryCrossentropy", {"axis": 1}, binary(*STEPS), probabilities(*STEPS)),
    ("CategoricalCrossentropy", {}, one_hot(*FLAT), probabilities(*FLAT)),
    ("CategoricalCrossentropy", {}, one_hot(*FLAT), 5 * probabilities(*FLAT)),
    ("CategoricalCrossentropy", {}, one_hot(*FLAT), one_hot(*FLAT)),
    ("CategoricalCrossentropy", {"from_logits": True}, one_hot(*STEPS), 30 * normal(*STEPS)),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, one_hot(*FLAT), probabilities(*FLAT)),
    ("SparseCategoricalCrossentropy", {}, ids(BATCH), probabilities(*FLAT)),
    ("SparseCategoricalCrossentropy", {}, ids(BATCH, 1), 5 * probabilities(*FLAT)),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, ids(BATCH, 3), 30 * normal(*STEPS)),
    ("SparseCategoricalCrossentropy", {"ignore_class": 0}, ids(BATCH), probabilities(*FLAT)),
    (
        "SparseCategoricalCrossentropy",
        {"ignore_class": -1, "from_logits": True},
        ids(BATCH, 3) - 1,
        normal(*STEPS),
    ),
    ("BinaryFocalCrossentropy", {}, binary(*FLAT), RANDOM.uniform(0, 1, FLAT).astype("float32")),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.3}, binary(*STEPS), probabilities(*STEPS)),
    ("BinaryFocalCrossentropy", {"from_logits": True, "gamma": 0.5}, binary(*FLAT), normal(*FLAT)),
    ("BinaryFocalCrossentropy", {"label_smoothing": 0.2, "gamma": 0}, binary(BATCH), positive(BATCH, 1) / 3),
    ("BinaryFocalCrossentropy", {"axis": 1}, binary(*STEPS), probabilities(*STEPS)),
    ("CategoricalFocalCrossentropy", {}, one_hot(*FLAT), probabilities(*FLAT)),
    ("CategoricalFocalCrossentropy", {"alpha": [0.1, 0.2, 0.3, 0.4]}, one_hot(*STEPS), 3 * probabilities(*STEPS)),
    ("CategoricalFocalCrossentropy", {"from_logits": True, "gamma": 1.5}, one_hot(*STEPS), normal(*STEPS)),
    ("CategoricalFocalCrossentropy", {"label_smoothing": 0.1, "gamma": 0}, one_hot(*FLAT), probabilities(*FLAT)),
    ("CategoricalGeneralizedCrossEntropy", {}, ids(BATCH), probabilities(*FLAT)),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.1}, ids(BATCH, 3), probabilities(*STEPS)),
    ("Dice", {}, binary(*FLAT), probabilities(*FLAT)),
    ("Dice", {"axis": (1, 2)}, binary(*STEPS), probabilities(*STEPS)),
    ("Dice", {"axis": -1}, binary(*STEPS), probabilities(*STEPS)),
    ("Tversky", {}, binary(*STEPS), probabilities(*STEPS)),
    ("Tversky", {"alpha": 0.3, "beta": 0.8, "axis": 1}, binary(*FLAT), probabilities(*FLAT)),
    ("Circle", {}, ids(BATCH, classes=3), unit(*FLAT)),
    ("Circle", {"gamma": 4, "margin": 0.2}, np.array([0, 0, 1, 1, 1, 2], "int32"), unit(*FLAT)),
    ("Circle", {"gamma": 4, "remove_diagonal": False}, ids(BATCH, 1, classes=2), unit(*FLAT)),
    ("CTC", {}, np.array([[1, 1, 1], [2, 0, 0], [3, 4, 3]] * 2, "float32"), normal(BATCH, 6, 5)),
]
REDUCTIONS = ["sum_over_batch_size", "sum", "mean_with_sample_weight", "none"]
NAMES = [f"{name}-{arguments}-{y_true.shape}" for name, arguments, y_true, _ in CASES]
ROWS = first_of_each(CASES, lambda case: case[0], NAMES)
EXTRAS = ["plain", "weighted", "masked", "weighted and masked"]
ALWAYS = [("plain", "none"), ("weighted and masked", "mean_with_sample_weight")]


def per_sample_shape(name, arguments, y_true, y_pred):
    return np.shape(getattr(losses, name)(reduction="none", **arguments)(y_true, y_pred))


def genuine(name, arguments, y_true, y_pred, sample_weight=None, mask=None):
    with genuine_keras() as keras:
        from keras.src import backend

        y_pred = backend.convert_to_tensor(y_pred)
        if mask is not None:
            backend.set_keras_mask(y_pred, mask=backend.convert_to_tensor(mask))
        loss = getattr(keras.losses, name)(**arguments)
        return np.asarray(loss(y_true, y_pred, sample_weight=sample_weight))


@pytest.mark.parametrize(("extra", "reduction"), mostly(list(itertools.product(EXTRAS, REDUCTIONS)), ALWAYS))
@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), ROWS)
def test_a_loss_is_that_of_keras(name, arguments, y_true, y_pred, extra, reduction):
    case = name, arguments, y_true, y_pred
    random = np.random.default_rng(1)
    shape = per_sample_shape(*case) or (BATCH,)
    weight = random.integers(0, 4, shape).astype("float32") if "weighted" in extra else None
    mask = random.integers(0, 2, shape).astype(bool) if "masked" in extra else None
    arguments = {**arguments, "reduction": reduction}

    ours = getattr(losses, name)(**arguments)(y_true, y_pred, weight, mask)

    expected = genuine(name, arguments, y_true, y_pred, weight, mask)
    np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), ROWS)
def test_the_gradient_of_a_loss_is_that_of_keras(name, arguments, y_true, y_pred):

    def gradient(module):
        return quickly(jax.grad(lambda p: getattr(module, name)(**arguments)(y_true, p)))(y_pred)

    ours = gradient(losses)
    with genuine_keras() as keras:
        expected = gradient(keras.losses)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.first_rows(2)
@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), ROWS)
def test_a_loss_is_made_again_from_its_config(name, arguments, y_true, y_pred):
    loss = getattr(losses, name)(**arguments, reduction="sum", name="mine")

    again = losses.get(losses.serialize(loss))

    assert type(again) is type(loss)
    assert again.get_config() == loss.get_config()
    np.testing.assert_array_equal(again(y_true, y_pred), loss(y_true, y_pred))


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), ROWS)
def test_a_config_has_what_keras_writes_and_is_read_by_keras(name, arguments, y_true, y_pred):
    loss = getattr(losses, name)(**arguments)
    with genuine_keras() as keras:
        expected = getattr(keras.losses, name)(**arguments).get_config()
        read = keras.saving.deserialize_keras_object(losses.serialize(loss)).get_config()
    assert loss.get_config().items() >= expected.items()
    assert read == expected


@pytest.mark.parametrize("reduction", REDUCTIONS[:3])
@pytest.mark.parametrize("extra", EXTRAS)
@pytest.mark.parametrize("shape", [(4,), (4, 3)])
def test_rows_that_fill_up_a_batch_count_for_nothing(shape, extra, reduction):
    values = positive(*shape)
    weight = positive(*shape) if "weighted" in extra else None
    mask = np.arange(values.size).reshape(shape) % 3 > 0 if "masked" in extra else None
    rows = np.array([True] * 4 + [False] * 2)

    def filled(array, with_what):
        filling = np.full((2, *shape[1:]), with_what)
        return None if array is None else np.concatenate([array, filling.astype(array.dtype)])

    padded = losses.reduce(filled(values, np.nan), filled(weight, 1), filled(mask, True), reduction, rows)

    np.testing.assert_allclose(padded, losses.reduce(values, weight, mask, reduction), rtol=1e-6)


def test_a_mean_over_rows_alone_is_the_same_under_jit():
    rows = np.array([1.0, 1.0, 0.0], np.float32)
    reduced = jax.jit(lambda values, rows: losses.reduce(values, rows=rows))(np.array([1.0, 2.0, 9.0]), rows)
    assert reduced == 1.5


@pytest.mark.parametrize(("one", "other"), [("mean", "sum_over_batch_size"), (None, "none")])
def test_a_reduction_has_a_second_name(one, other):
    values = positive(3, 2)
    np.testing.assert_array_equal(losses.reduce(values, reduction=one), losses.reduce(values, reduction=other))


def test_what_is_masked_out_entirely_has_loss_zero():
    assert losses.MeanSquaredError()(normal(*FLAT), normal(*FLAT), mask=np.zeros(BATCH, bool)) == 0


def test_one_weight_per_row_weighs_all_steps_of_the_row():
    y_true, y_pred, weight = normal(*STEPS), normal(*STEPS), positive(BATCH)
    per_row = losses.MeanSquaredError()(y_true, y_pred, weight)
    per_step = losses.MeanSquaredError()(y_true, y_pred, np.repeat(weight[:, None], 3, axis=1))
    np.testing.assert_allclose(per_row, per_step, rtol=1e-6)


def test_targets_and_predictions_of_one_axis_are_samples_once_they_are_weighted():
    y_true, y_pred, weight = normal(BATCH), normal(BATCH), positive(BATCH)
    flat = losses.MeanSquaredError()(y_true, y_pred, weight)
    assert flat == losses.MeanSquaredError()(y_true[:, None], y_pred[:, None], weight)


def test_a_class_ruled_out_by_a_logit_of_minus_infinity_has_no_effect():
    logits = np.array([[0.0, 1.0, -np.inf]], np.float32)
    with_it = losses.sparse_categorical_crossentropy([0], logits, from_logits=True)
    np.testing.assert_allclose(with_it, losses.sparse_categorical_crossentropy([0], logits[:, :2], True))


@pytest.mark.parametrize(
    ("loss", "mixes"),
    [
        (losses.Dice(), True),
        (losses.Dice(axis=[0, 1]), True),
        (losses.Dice(axis=(1, 2)), False),
        (losses.Tversky(axis=0), True),
        (losses.Circle(), True),
        (losses.CTC(), False),
        (losses.MeanSquaredError(), False),
    ],
)
def test_a_loss_says_whether_it_compares_the_rows_of_a_batch(loss, mixes):
    assert loss.mixes_batch == mixes


def test_axes_may_be_a_list_as_in_a_config_from_a_file():
    y_true, y_pred = binary(*STEPS), probabilities(*STEPS)
    np.testing.assert_array_equal(losses.Dice(axis=[1, 2])(y_true, y_pred), losses.Dice(axis=(1, 2))(y_true, y_pred))


@pytest.mark.parametrize("remove_diagonal", [False, True])
def test_embeddings_may_be_compared_with_others_than_the_batch(remove_diagonal):
    labels, embeddings, others, other_labels = ids(BATCH), unit(BATCH, 3), unit(9, 3), ids(9)
    arguments = {"ref_labels": other_labels, "ref_embeddings": others, "remove_diagonal": remove_diagonal, "gamma": 5}
    with genuine_keras() as keras:
        expected = keras.losses.circle(labels, embeddings, **arguments)
    np.testing.assert_allclose(losses.circle(labels, embeddings, **arguments), expected, rtol=1e-5)


def test_masked_steps_are_beyond_the_end_of_the_outputs_of_ctc():
    labels, logits, lengths = sequences(BATCH, 2), normal(BATCH, 8, 5), np.array([8, 7, 6, 5, 4, 4])
    mask = np.arange(8) < lengths[:, None]
    with genuine_keras() as keras:
        expected = keras.ops.ctc_loss(labels, logits, np.sum(labels != 0, axis=1), lengths)
    np.testing.assert_allclose(losses.CTC(reduction=None)(labels, logits, mask=mask), expected, rtol=1e-5)


def test_what_keras_cannot_take_a_column_of_ids_is_taken_by_the_generalized_cross_entropy():
    labels, predictions = ids(BATCH), probabilities(*FLAT)
    column = losses.categorical_generalized_cross_entropy(labels[:, None], predictions, 0.5)
    np.testing.assert_array_equal(column, losses.categorical_generalized_cross_entropy(labels, predictions, 0.5))


def test_the_gradient_of_an_impossible_class_is_finite():
    loss = losses.CategoricalGeneralizedCrossEntropy()
    gradient = jax.grad(lambda logits: loss([1], jax.nn.softmax(logits)))(np.array([[0.0, -200.0]], np.float32))
    np.testing.assert_array_equal(gradient, 0)


def test_the_gradient_of_the_cosine_of_a_zero_vector_is_finite():
    gradient = jax.grad(lambda p: losses.cosine_similarity(np.ones(3, np.float32), p))(np.zeros(3, np.float32))
    assert np.all(np.isfinite(gradient))


def test_a_loss_is_computed_in_float32_from_half_precision_outputs():
    loss = losses.get("mse")(np.ones((2, 1)), jnp.full((2, 1), 1.5, jnp.bfloat16))
    assert (loss.dtype, float(loss)) == (jnp.float32, 0.25)


def test_class_ids_stay_exact_however_many_classes_there_are():
    big = 2**24 + 1
    loss = losses.SparseCategoricalCrossentropy(ignore_class=big)
    assert np.all(np.asarray(loss.counted(np.array([big - 1]), np.ones((1, 2)))))


class Cubic(losses.Loss):
    """A user's loss, as in the Keras guide."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, y_true, y_pred):
        return self.factor * jnp.mean(jnp.abs(y_true - y_pred) ** 3, axis=-1)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


def test_a_loss_of_the_user_is_reduced_like_the_others():
    y_true, y_pred, weight = normal(*FLAT), normal(*FLAT), positive(BATCH)
    expected = np.mean(weight * np.mean(2 * np.abs(y_true - y_pred) ** 3, axis=-1))
    np.testing.assert_allclose(Cubic(2.0)(y_true, y_pred, weight), expected, rtol=1e-6)


def test_a_loss_is_made_again_from_its_name_or_its_config():
    config = losses.serialize(losses.Huber(delta=2.0))

    assert type(losses.deserialize("mse")) is losses.MeanSquaredError
    assert losses.deserialize(name=config).delta == 2.0
    assert losses.deserialize("cubed", {"cubed": Cubic(4.0)}).factor == 4.0
    with pytest.raises(ValueError, match="Unknown loss 'cubed'"):
        losses.deserialize("cubed")


def test_a_loss_of_the_user_is_named_by_its_class_and_made_again_from_its_config():
    loss = Cubic(3.0, reduction="sum")
    with registry.custom_object_scope({"Cubic": Cubic}):
        again = losses.get(losses.serialize(loss))
    assert again.get_config() == {"name": "cubic", "reduction": "sum", "factor": 3.0}


@pytest.mark.parametrize(
    ("identifier", "cls"),
    [
        ("mse", "MeanSquaredError"),
        ("MSE", "MeanSquaredError"),
        ("mean_squared_error", "MeanSquaredError"),
        ("MeanSquaredError", "MeanSquaredError"),
        ("bce", "BinaryCrossentropy"),
        ("KLD", "KLDivergence"),
        ("kullback_leibler_divergence", "KLDivergence"),
        ("logcosh", "LogCosh"),
        ("cosine", "CosineSimilarity"),
        ("cosine_proximity", "CosineSimilarity"),
        ("categorical_generalized_cross_entropy", "CategoricalGeneralizedCrossEntropy"),
        (losses.ctc, "CTC"),
        (losses.MSE, "MeanSquaredError"),
        ("huber", "Huber"),
        ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"),
        (losses.Hinge, "Hinge"),
        (losses.sparse_categorical_crossentropy, "SparseCategoricalCrossentropy"),
        ({"class_name": "Huber", "config": {"delta": 2.0}}, "Huber"),
        (lambda y_true, y_pred: y_pred, "FunctionLoss"),
    ],
)
def test_a_loss_is_found_by(identifier, cls):
    assert type(losses.get(identifier)).__name__ == cls


def test_every_name_that_keras_finds_a_loss_by_is_known():
    with genuine_keras():
        from keras.src.losses import ALL_OBJECTS_DICT

        theirs = set(ALL_OBJECTS_DICT)
    for name in theirs - {"Loss", "LossFunctionWrapper"}:
        assert losses.get(name) is not None


def test_every_public_name_of_keras_is_there():
    with genuine_keras() as keras:
        theirs = [name for name in dir(keras.losses) if not name.startswith("_")]
    assert [name for name in theirs if not hasattr(losses, name)] == []


def test_no_loss_is_no_loss():
    assert losses.get(None) is None


def test_a_function_may_return_one_number_for_the_batch():
    loss = losses.get(lambda y_true, y_pred: jnp.mean(jnp.abs(y_true - y_pred)))
    assert loss(np.zeros((2, 1)), np.full((2, 1), 3.0)) == 3.0


@pytest.mark.parametrize(
    ("y_true_shape", "y_pred_shape", "cls"),
    [
        ((None, 1), (None, 1), losses.BinaryCrossentropy),
        ((None,), (None, 1), losses.BinaryCrossentropy),
        ((None,), (None, 5), losses.SparseCategoricalCrossentropy),
        ((None, 1), (None, 5), losses.SparseCategoricalCrossentropy),
        ((None, 7), (None, 7, 5), losses.SparseCategoricalCrossentropy),
        ((None, 5), (None, 5), losses.CategoricalCrossentropy),
    ],
)
def test_crossentropy_means_by_the_shapes(y_true_shape, y_pred_shape, cls):
    assert losses.crossentropy_for(y_true_shape, y_pred_shape) is cls


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: losses.mse(np.zeros(3), np.zeros((3, 4))), r"needs y_true and y_pred of one shape, got \(3,\)"),
        (lambda: losses.mse(np.zeros(3), np.zeros((3, 4))), "sparse_categorical_ loss"),
        (lambda: losses.mse(np.zeros((3, 1)), np.zeros((3, 4))), "one shape"),
        (lambda: losses.mae(np.zeros((3, 2)), np.zeros((3, 4))), "never broadcast"),
        (lambda: losses.sparse_categorical_crossentropy(np.zeros((3, 4)), np.ones((3, 4))), "If y_true is one-hot"),
        (lambda: losses.get("msee"), "Unknown loss 'msee'. Did you mean \"mse\"?"),
        (lambda: losses.Huber(reduction="avg"), "Unknown reduction 'avg'"),
        (lambda: losses.Huber(delta=0), "Huber needs delta to be a number above 0, got 0"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=2), "label_smoothing to be a number from 0 to 1, got 2"),
        (lambda: losses.BinaryFocalCrossentropy(gamma=-1), "gamma to be a number of at least 0, got -1"),
        (lambda: losses.CategoricalFocalCrossentropy(alpha=[1, -1]), r"of numbers of at least 0, got \[1, -1\]"),
        (lambda: losses.CategoricalFocalCrossentropy([1.0])(np.ones((2, 4)), np.ones((2, 4))), "each of 4 classes"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(1.0), "q to be a number above 0 and below 1, got 1.0"),
        (lambda: losses.Tversky(alpha="half"), "alpha to be a number of at least 0, got 'half'"),
        (lambda: losses.ctc(np.ones((2, 3)), np.ones((2, 3))), r"\(batch, steps, classes\), got \(2, 3\) and \(2, 3\)"),
        (lambda: losses.circle(np.ones((2, 3)), np.ones((2, 3))), r"as its class, got shapes \(2, 3\) and \(2, 3\)"),
        (lambda: losses.Dice()(np.ones((2, 3)), np.ones((2, 3)), rows=np.ones(2)), '"dice" compares the rows'),
        (lambda: losses.Circle()(np.ones(2), np.ones((2, 3)), rows=np.ones(2)), '"circle" compares the rows'),
        (lambda: losses.reduce(np.zeros((3, 2)), np.zeros(4)), r"sample weight has shape \(4,\)"),
        (lambda: losses.reduce(np.zeros(3), mask=np.zeros((3, 2))), r"mask has shape \(3, 2\)"),
        (lambda: losses.reduce(1.0, rows=np.ones(3)), "one number for the whole batch"),
    ],
)
def test_an_error_says_what_is_wrong(act, words):
    with pytest.raises(ValueError, match=words) as raised:
        act()
    assert "test_losses.py" in str(raised.value)  # the caller's line, not one of ours


def test_what_can_be_no_loss_is_refused():
    with pytest.raises(TypeError, match="Expected the name of a loss"):
        losses.get(3)
