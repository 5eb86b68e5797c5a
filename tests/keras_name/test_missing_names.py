import re

import pytest

pytestmark = pytest.mark.usefixtures("installed")

MISSING = [
    ("from keras.layers import Dens", ImportError, 'Plait has no keras.layers.Dens. Did you mean "Dense"?'),
    ("import keras; keras.layers.Dens", AttributeError, 'Plait has no keras.layers.Dens. Did you mean "Dense"?'),
    ("from tensorflow.keras.layers import Dens", ImportError, 'Plait has no keras.layers.Dens. Did you mean "Dense"?'),
    ("import keras.layres", ImportError, 'Plait has no keras.layres. Did you mean "layers"?'),
    ("import tensorflow.keras.layres", ImportError, 'Plait has no keras.layres. Did you mean "layers"?'),
    ("import keras.core", ImportError, "Plait has no keras.core."),
    ("from keras.layers import dense", ImportError, 'Plait has no keras.layers.dense. Did you mean "Dense"?'),
    ("from keras.datasets import minst", ImportError, 'Plait has no keras.datasets.minst. Did you mean "mnist"?'),
    ("import keras.datasets.cifar", ImportError, 'Plait has no keras.datasets.cifar. Did you mean "cifar10"?'),
    (
        "from keras.applications.vgg16 import VGG16",
        ImportError,
        "Plait has no keras.applications.\n  Called at <string>:1.\n  These models are their weights",
    ),
    (
        "import keras.backend as K; K.gradients",
        AttributeError,
        "Plait has no keras.backend.gradients.\n  Called at <string>:1.\n  Write the loss",
    ),
    ("import keras; keras.Variable(0.0)", AttributeError, "with self.add_weight(shape, initializer)"),
    ("from keras import StatelessScope", ImportError, "model.pure() and stateless_call compute from values"),
    ("import keras; keras.distribution", AttributeError, "jax.sharding"),
    ("import keras.export", ImportError, "model.export(path) writes"),
    ("from keras.saving import KerasFileEditor", ImportError, "`plait inspect file`"),
    ("from keras.backend import set_session", ImportError, "There is no session, and nothing to set up"),
    ("import keras.backend as K; K.set_learning_phase(0)", AttributeError, "model(x, training=True)"),
    ("import keras.backend as K; K.random_normal_variable((2, 3), 0, 1)", AttributeError, "K.random_normal(shape"),
    ("from keras.wrappers.scikit_learn import KerasClassifier", ImportError, "SKLearnClassifier or SKLearnRegressor"),
    ("import tensorflow as tf; tf.constant", AttributeError, "tensorflow.keras only: there is no tensorflow.constant."),
    ("import tensorflow.data", ImportError, "tensorflow.keras only: there is no tensorflow.data."),
    ("from tensorflow import Variable", ImportError, "tensorflow.keras only: there is no tensorflow.Variable."),
]


@pytest.mark.parametrize(("statement", "error", "words"), MISSING, ids=[statement for statement, _, _ in MISSING])
def test_a_name_that_plait_does_not_have_is_named(statement, error, words):
    with pytest.raises(error, match=re.escape(words)):
        exec(statement, {})


def test_imports_of_other_packages_are_left_alone():
    with pytest.raises(ModuleNotFoundError, match="No module named 'kerasnt'"):
        exec("import kerasnt", {})
