"""ctc_decode: the labels and scores of genuine Keras, and of all alignments written out and added up."""

import functools
import itertools

import jax
import numpy as np
import pytest

from plait import ops
from plait.layers import Input
from tests.compiling import quickly
from tests.genuine import genuine_keras


def drawn(*shape):
    return np.random.default_rng(sum(shape)).normal(0, 2, shape).astype("float32")


def sure_of(*classes):
    """Returns logits that are largest for these classes, one per step."""
    return drawn(1, len(classes), 4) / 2 + 3 * np.eye(4, dtype="float32")[list(classes)][None]


PLAIN = drawn(3, 5, 5)
# Labels that go on, that come again after a blank, and that a blank stands between, whichever class the blank is.
RUNS = np.concatenate([sure_of(1, 1, 0, 1, 2, 2), sure_of(3, 3, 3, 2, 3, 1), sure_of(0, 3, 3, 0, 0, 3)])
FULL, SHORTER = [5, 5, 5], [3, 5, 1]
BEAM = {"strategy": "beam_search"}

CASES = [
    # inputs, sequence_lengths, arguments
    (PLAIN, FULL, {}),
    (PLAIN, SHORTER, {}),
    (PLAIN, [0, 9, 2], {}),
    (PLAIN, SHORTER, {"merge_repeated": False}),
    (PLAIN, SHORTER, {"mask_index": 3}),
    (PLAIN, SHORTER, {"mask_index": None}),
    (RUNS, [6, 6, 6], {}),
    (RUNS, [6, 5, 4], {"mask_index": 2}),
    (RUNS, [6, 5, 4], {"merge_repeated": False, "mask_index": 3}),
    (PLAIN.astype("float16"), FULL, {"top_paths": 3}),
    (PLAIN, SHORTER, {**BEAM, "top_paths": 3}),
    (PLAIN, [4, 9, 2], {**BEAM, "beam_width": 1, "merge_repeated": False}),
    (PLAIN, FULL, {**BEAM, "beam_width": 2, "top_paths": 2, "mask_index": None}),
    (PLAIN, SHORTER, {**BEAM, "beam_width": 20, "top_paths": 4, "mask_index": 3}),
    (PLAIN[:, :1], [1, 1, 1], {**BEAM, "beam_width": 8, "top_paths": 8}),
    (PLAIN.astype("float16"), FULL, {**BEAM, "beam_width": 5}),
    (RUNS, [6, 6, 6], {**BEAM, "beam_width": 10, "top_paths": 5}),
    (RUNS, [6, 5, 4], {**BEAM, "beam_width": 3, "top_paths": 3, "mask_index": 2}),
    (RUNS, [6, 5, 4], {**BEAM, "beam_width": 10, "top_paths": 10, "mask_index": 3}),
]
# Genuine Keras compiles for seconds: all rows are run by `make test-all`.
ALWAYS = (1, 6, 12, 17)
ROWS = [pytest.param(*case, marks=[] if n in ALWAYS else [pytest.mark.slow]) for n, case in enumerate(CASES)]


@pytest.mark.first_rows(1)
@pytest.mark.parametrize(("inputs", "lengths", "arguments"), ROWS)
def test_labels_and_scores_are_those_of_keras(inputs, lengths, arguments):
    lengths = np.array(lengths, "int32")
    labels, scores = ops.ctc_decode(inputs, lengths, **arguments)
    with genuine_keras() as keras:
        decode = quickly(functools.partial(keras.ops.ctc_decode, **arguments))
        their_labels, their_scores = decode(inputs, lengths)
    np.testing.assert_array_equal(labels, their_labels)
    np.testing.assert_allclose(scores, their_scores, rtol=1e-5, atol=1e-5)
    assert (labels.dtype, scores.dtype) == (their_labels.dtype, their_scores.dtype)


def readings(logits, blank):
    """Returns the log-probability of each sequence of labels, added up over all of its alignments."""
    steps, classes = logits.shape
    log_probs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    found = {}
    for alignment in itertools.product(range(classes), repeat=steps):
        labels = tuple(label for label, _ in itertools.groupby(alignment) if label != blank)
        found[labels] = np.logaddexp(found.get(labels, -np.inf), log_probs[np.arange(steps), alignment].sum())
    return found


@pytest.mark.first_rows(3)
@pytest.mark.parametrize("blank", [0, 1, 2])
@pytest.mark.parametrize("length", [0, 1, 4, 6])
def test_a_beam_that_holds_all_readings_finds_what_all_alignments_add_up_to(length, blank):
    logits = drawn(1, 6, 3)
    expected = readings(logits[0, :length].astype("float64"), blank)
    best = sorted(expected, key=expected.get, reverse=True)
    labels, scores = ops.ctc_decode(logits, np.array([length]), **BEAM, beam_width=130, top_paths=130, mask_index=blank)
    assert [tuple(int(one) for one in row[row >= 0]) for row in np.asarray(labels[:, 0])][: len(best)] == best
    np.testing.assert_allclose(scores[0, : len(best)], [expected[one] for one in best], rtol=1e-5)
    assert np.all(np.asarray(scores[0, len(best) :]) == -np.inf)


@pytest.mark.parametrize("strategy", ["greedy", "beam_search"])
def test_it_is_compiled_and_its_program_is_no_longer_for_more_steps(strategy):
    def decode(inputs, lengths):
        return ops.ctc_decode(inputs, lengths, strategy, beam_width=4, top_paths=2)

    def lines(steps):
        return jax.jit(decode).lower(drawn(2, steps, 5), np.array([3, steps])).as_text().count("\n")

    compiled, eager = (run(PLAIN, np.array(SHORTER)) for run in (jax.jit(decode), decode))
    np.testing.assert_array_equal(compiled[0], eager[0])
    np.testing.assert_allclose(compiled[1], eager[1], rtol=1e-6)
    assert lines(60) == lines(6)


@pytest.mark.parametrize(("strategy", "count"), [("greedy", 1), ("beam_search", 3)])
def test_on_symbolic_tensors_batch_and_steps_may_be_unknown(strategy, count):
    lengths = Input((), dtype="int32")
    labels, scores = ops.ctc_decode(Input((None, 5)), lengths, strategy=strategy, top_paths=3)
    assert [(t.shape, t.dtype) for t in (labels, scores)] == [
        ((count, None, None), "int32"),
        ((None, count), "float32"),
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"strategy": "beam_serach"}, "Unknown strategy of ctc_decode 'beam_serach'. Did you mean \"beam_search\""),
        ({"inputs": PLAIN[0]}, r"inputs of \(batch, steps, classes\).* shapes \(5, 5\) and \(3,\)"),
        ({"sequence_lengths": np.array([5, 5])}, r"one sequence length per example.* \(3, 5, 5\) and \(2,\)"),
        ({"mask_index": 5}, "one of the 5 classes for mask_index, got 5"),
        ({"mask_index": -1}, "one of the 5 classes for mask_index, got -1"),
        ({**BEAM, "beam_width": 0}, "positive integer for beam_width, got 0"),
        ({**BEAM, "top_paths": 1.5}, "positive integer for top_paths, got 1.5"),
        ({**BEAM, "beam_width": 2, "top_paths": 3}, "a beam_width of at least top_paths, got 2 and 3"),
    ],
)
def test_a_mistake_is_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        ops.ctc_decode(**{"inputs": PLAIN, "sequence_lengths": np.array(FULL), **arguments})
