"""The lecture's cells, run as scripts, print the lecture's tables and train."""

import re
from pathlib import Path

import pytest

from tests.cli.running import plait_run

GOLDEN = Path(__file__).parent.parent / "golden"
CELLS = re.findall(r"```python\n(.*?)```", (GOLDEN / "lecture_cells.md").read_text(), re.DOTALL)
TABLES = re.findall(r"```\n(.*?)```", (GOLDEN / "lecture_tables.md").read_text(), re.DOTALL)

IMPORTS, *EXAMPLES_1_TO_4, FIT_4, EXAMPLE_5, FIT_5 = CELLS

# What the lecture leaves to its reader, for the cells it marks "DO NOT RUN": data, `compile` and a metric.
QUESTIONS = """
import numpy as np
rng = np.random.default_rng(0)
text = rng.integers(0, text_vocabulary_size, (32, 10))
question = rng.integers(0, question_vocabulary_size, (32, 5))
answers = np.eye(answer_vocabulary_size)[rng.integers(0, answer_vocabulary_size, 32)]
model.compile(optimizer='rmsprop', loss='categorical_crossentropy', metrics=['acc'])
print('BEGIN')
"""
POSTS = """
import numpy as np
from keras import backend as K
rng = np.random.default_rng(0)
posts = rng.integers(0, vocabulary_size, (8, 200))
age_targets = rng.uniform(18, 80, (8, 6, 1))
income_targets = np.eye(num_income_groups)[rng.integers(0, num_income_groups, (8, 6))]
gender_targets = rng.integers(0, 2, (8, 6, 1))

def auc(y_true, y_pred):
    '''How often a positive of the batch is ranked above a negative of it.'''
    y_true, y_pred = K.flatten(K.cast(y_true, 'float32')), K.flatten(y_pred)
    pairs = K.expand_dims(y_true, 1) * K.expand_dims(1 - y_true, 0)
    above = K.cast(K.greater(K.expand_dims(y_pred, 1), K.expand_dims(y_pred, 0)), 'float32')
    return K.sum(pairs * above) / K.maximum(K.sum(pairs), 1.0)

print('BEGIN')
"""
LOSSES = """
print('END')
print(model.history.history.keys())
print(all(np.isfinite(values).all() for values in model.history.history.values()))
"""


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return plait_run(tmp_path_factory.mktemp("questions"), IMPORTS, *EXAMPLES_1_TO_4, QUESTIONS, FIT_4, LOSSES)


@pytest.fixture(scope="module")
def posts(tmp_path_factory):
    return plait_run(tmp_path_factory.mktemp("posts"), IMPORTS, EXAMPLE_5, POSTS, FIT_5, LOSSES)


def test_examples_1_to_4_print_their_seven_tables(questions):
    assert questions.stdout.partition("BEGIN")[0] == "".join(TABLES[:7])


def test_example_5_prints_its_table(posts):
    assert posts.stdout.partition("BEGIN")[0] == TABLES[7]


def test_two_inputs_are_fitted_from_a_list_and_from_a_dict(questions):
    progress, _, after = questions.stdout.partition("END")
    assert progress.count("Epoch 10/10") == 2
    assert after.split("\n")[1:3] == ["dict_keys(['loss', 'acc'])", "True"]


def test_three_outputs_are_fitted_with_a_loss_each_and_a_metric_of_ones_own(posts):
    progress, _, after = posts.stdout.partition("END")
    assert progress.count("Epoch 10/10") == 1
    assert after.split("\n")[1:3] == [
        "dict_keys(['loss', 'age_loss', 'income_loss', 'gender_loss', 'gender_auc'])",
        "True",
    ]


@pytest.mark.parametrize("example", ["questions", "posts"])
def test_nothing_is_said_on_the_side(example, request):
    finished = request.getfixturevalue(example)
    assert (finished.returncode, finished.stderr) == (0, "")
