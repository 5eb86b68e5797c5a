import sys

import pytest

import plait
from plait.optimizers import schedules

pytestmark = pytest.mark.usefixtures("installed")

STYLES = [
    ("import keras", "keras.layers.Dense", plait.layers.Dense),
    ("import keras", "keras.Model", plait.Model),
    ("import keras as k", "k.backend.mean", plait.backend.mean),
    ("import keras.layers", "keras.layers.Dense", plait.layers.Dense),
    ("import keras.layers as L", "L.Dense", plait.layers.Dense),
    ("from keras import layers, models", "layers.Dense, models.Model", (plait.layers.Dense, plait.Model)),
    ("from keras import Input, Model, Sequential", "Sequential", plait.Sequential),
    ("from keras import backend as K", "K.exp", plait.backend.exp),
    ("import keras.backend as K", "K.exp", plait.backend.exp),
    ("from keras.layers import *", "Dense, Input", (plait.layers.Dense, plait.Input)),
    ("from keras.models import *", "Model, Sequential", (plait.Model, plait.Sequential)),
    ("from keras import *", "layers.Dense", plait.layers.Dense),
    ("import tensorflow as tf", "tf.keras.layers.Dense", plait.layers.Dense),
    ("from tensorflow import keras", "keras.layers.Dense", plait.layers.Dense),
    ("import tensorflow.keras as keras", "keras.losses.mse", plait.losses.mse),
    ("import tensorflow.keras.backend as K", "K.exp", plait.backend.exp),
    ("from tensorflow.keras.layers import Dense", "Dense", plait.layers.Dense),
    ("from tensorflow.keras import layers as L", "L.Dense", plait.layers.Dense),
    ("from tensorflow.keras.models import Model", "Model", plait.Model),
    (
        "from tensorflow.keras.optimizers.schedules import ExponentialDecay",
        "ExponentialDecay",
        schedules.ExponentialDecay,
    ),
    ("from keras.engine import Model, InputSpec", "Model, InputSpec", (plait.Model, plait.InputSpec)),
    ("from keras.engine.topology import Layer, Input", "Layer, Input", (plait.Layer, plait.Input)),
    ("from keras.engine.training import Model", "Model", plait.Model),
    ("from keras.engine.base_layer import Layer", "Layer", plait.Layer),
    ("from keras.engine.input_layer import Input", "Input", plait.Input),
    ("from keras.engine.sequential import Sequential", "Sequential", plait.Sequential),
    ("from keras.engine.network import InputLayer, Layer", "Layer", plait.Layer),
    (
        "from keras.layers.normalization.batch_normalization import BatchNormalization",
        "BatchNormalization",
        plait.layers.BatchNormalization,
    ),
    ("from keras.models import Input", "Input", plait.Input),
    ("from keras.constraints import maxnorm", "maxnorm", plait.constraints.MaxNorm),
    (
        "from keras.constraints import nonneg, unitnorm",
        "nonneg, unitnorm",
        (plait.constraints.NonNeg, plait.constraints.UnitNorm),
    ),
    ("from keras import KerasTensor", "KerasTensor", plait.SymbolicTensor),
    (
        "from keras import Initializer, Regularizer",
        "Initializer, Regularizer",
        (plait.initializers.Initializer, plait.regularizers.Regularizer),
    ),
    ("import keras", "keras.Loss, keras.Metric", (plait.losses.Loss, plait.metrics.Metric)),
    ("import keras", "keras.Optimizer, keras.DTypePolicy", (plait.optimizers.Optimizer, plait.DTypePolicy)),
    ("from tensorflow.keras import mixed_precision", "mixed_precision.global_policy().name", "float32"),
    ("from keras.metrics import mean_squared_error", "mean_squared_error", plait.losses.mean_squared_error),
    ("from keras.layers.core import Dense", "Dense", plait.layers.Dense),
    ("from keras.layers.convolutional import Conv2D", "Conv2D", plait.layers.Conv2D),
    ("from keras.layers.convolutional_recurrent import ConvLSTM2D", "ConvLSTM2D", plait.layers.ConvLSTM2D),
    (
        "from tensorflow.keras.layers.experimental import preprocessing",
        "preprocessing.Rescaling",
        plait.layers.Rescaling,
    ),
    ("from tensorflow.keras.layers.experimental.preprocessing import Hashing", "Hashing", plait.layers.Hashing),
    ("from keras.layers.pooling import MaxPooling2D", "MaxPooling2D", plait.layers.MaxPooling2D),
    ("from keras.layers.recurrent import LSTM", "LSTM", plait.layers.LSTM),
    (
        "from keras.layers import CuDNNGRU, CuDNNLSTM",
        "CuDNNGRU, CuDNNLSTM",
        (plait.layers.CuDNNGRU, plait.layers.CuDNNLSTM),
    ),
    ("from keras.layers.cudnn_recurrent import CuDNNLSTM", "CuDNNLSTM", plait.layers.CuDNNLSTM),
    ("from keras.layers.embeddings import Embedding", "Embedding", plait.layers.Embedding),
    ("from keras.layers.local import LocallyConnected2D", "LocallyConnected2D", plait.layers.LocallyConnected2D),
    ("from keras.layers.merge import concatenate", "concatenate", plait.layers.concatenate),
    ("from keras.utils import np_utils", "np_utils.to_categorical", plait.utils.to_categorical),
    ("from keras.utils.np_utils import to_categorical", "to_categorical", plait.utils.to_categorical),
    ("from keras.utils import plot_model", "plot_model", plait.utils.plot_model),
    ("from keras.utils.vis_utils import model_to_dot", "model_to_dot", plait.utils.model_to_dot),
    ("import tensorflow as tf", "tf.keras.utils.plot_model", plait.utils.plot_model),
    ("from keras.utils.generic_utils import get_custom_objects", "get_custom_objects", plait.utils.get_custom_objects),
    ("from keras.preprocessing import sequence", "sequence.pad_sequences", plait.utils.pad_sequences),
    ("from keras.preprocessing.sequence import pad_sequences", "pad_sequences", plait.utils.pad_sequences),
    ("from keras.datasets import mnist", "mnist.load_data", plait.datasets.mnist.load_data),
    ("from keras import datasets", "datasets.cifar10.load_data", plait.datasets.cifar10.load_data),
    (
        "from keras.datasets.imdb import *",
        "load_data, get_word_index",
        (plait.datasets.imdb.load_data, plait.datasets.imdb.get_word_index),
    ),
    ("import tensorflow as tf", "tf.keras.datasets.reuters.load_data", plait.datasets.reuters.load_data),
    (
        "from tensorflow.keras.datasets import fashion_mnist",
        "fashion_mnist.load_data",
        plait.datasets.fashion_mnist.load_data,
    ),
    ("from keras.callbacks import EarlyStopping", "EarlyStopping", plait.callbacks.EarlyStopping),
    ("from keras import objectives", "objectives.mse", plait.losses.mse),
    ("from keras.saving import custom_object_scope", "custom_object_scope", plait.saving.custom_object_scope),
    ("from keras import tree", "tree.flatten, tree.map_structure", (plait.tree.flatten, plait.tree.map_structure)),
    ("from keras import Function, FloatDTypePolicy", "Function, FloatDTypePolicy", (plait.Function, plait.DTypePolicy)),
    ("from keras.models import load_model, save_model", "save_model", plait.saving.save_model),
    ("from keras.utils import Progbar, split_dataset", "Progbar", plait.utils.Progbar),
    ("from keras.utils.generic_utils import Progbar", "Progbar", plait.utils.Progbar),
    ("from keras.preprocessing.image import load_img, smart_resize", "smart_resize", plait.utils.smart_resize),
    ("from keras import dtype_policies", "dtype_policies.get", plait.dtype_policies.get),
    ("from keras.ops.nn import relu", "relu", plait.ops.relu),
    ("from keras.optimizers.legacy import Adam", "Adam", plait.optimizers.Adam),
    ("import keras", "keras.version()", plait.version()),
    ("from keras.wrappers import SKLearnClassifier", "SKLearnClassifier", plait.wrappers.SKLearnClassifier),
    ("import keras, tensorflow as tf", "tf.keras is keras", True),
    ("import keras, tensorflow as tf", "keras.__version__, tf.__version__", (plait.__version__,) * 2),
]


@pytest.mark.parametrize(("statement", "expression", "expected"), STYLES, ids=[f"{s}: {e}" for s, e, _ in STYLES])
def test_an_import_written_for_keras_gives_plait(statement, expression, expected):
    names = {}

    exec(statement, names)

    assert eval(expression, names) == expected


@pytest.mark.parametrize(
    "module", ["activations", "callbacks", "constraints", "initializers", "losses", "metrics", "ops", "optimizers",
               "random", "regularizers", "saving", "utils", "config", "backend", "layers", "models", "tree",
               "dtype_policies", "wrappers"]
)  # fmt: skip
def test_a_star_import_gives_functions_and_classes_only(module):
    names = {}

    exec(f"from keras.{module} import *", names)

    del names["__builtins__"]
    assert names
    assert not [name for name in names if name.startswith("_") or name in ("Any", "annotations", "jnp")]


def test_what_is_listed_can_be_had():
    import keras

    assert "layers" in dir(keras)
    assert "Dense" in dir(keras.layers)
    assert [name for name in dir(keras.layers) if not hasattr(keras.layers, name)] == []


def test_no_module_of_plait_is_loaded_twice():
    import keras.layers.core  # noqa: F401

    copies = [name for name, module in sys.modules.items() if name.startswith("keras") and hasattr(module, "__file__")]
    assert copies == []
