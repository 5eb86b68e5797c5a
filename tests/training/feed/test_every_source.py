"""The same data in any form train a model to the same weights, to the bit.

Rows of PyTorch, TensorFlow and Hugging Face need these packages; what stands in for them runs everywhere.
"""

import functools
import itertools

import h5py
import jax.numpy as jnp
import numpy as np
import pytest

from plait import Input, Model, data, layers, optimizers, utils
from tests.training.feed.data import BATCHES, Again, Numbered, X, Y, by_arrays, check_same, network, trained
from tests.training.feed.stand_ins import Half, LikeHuggingFace, LikePyTorch, LikeTensorFlow, Nowhere, Tensor

COLUMNS = {name: X[:, number] for number, name in enumerate("abcd")}
NAMED = [({"x": x}, {"y": y}) for x, y in BATCHES]


class Items(utils.PyDataset):
    def __len__(self):
        return len(BATCHES)

    def __getitem__(self, number):
        return BATCHES[number]


class OnlyArray:
    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


class OnlyDLPack:
    def __init__(self, array):
        self.array, self.shape = array, array.shape

    def __dlpack__(self, **arguments):
        return self.array.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


# A row whose library is not installed is left out.
library = pytest.importorskip


def mapped(folder):
    np.save(folder / "x.npy", X)
    return np.load(folder / "x.npy", mmap_mode="r")


def in_hdf5(folder):
    with h5py.File(folder / "data.h5", "w") as file:
        file["x"], file["y"] = X, Y
    file = h5py.File(folder / "data.h5")
    return file["x"], file["y"]


def tensors(**arguments):
    torch = library("torch")
    return torch.tensor(X, **arguments), torch.tensor(Y, **arguments)


def loader(rows=None, **arguments):
    torch = library("torch")
    rows = rows or torch.utils.data.TensorDataset(*tensors())
    return torch.utils.data.DataLoader(rows, batch_size=8, **arguments)


def slices(structure=(X, Y)):
    return library("tensorflow").data.Dataset.from_tensor_slices(structure).batch(8)


def from_generator(batches=BATCHES):
    tensorflow = library("tensorflow")
    described = [tensorflow.TensorSpec((None, 4)), tensorflow.TensorSpec((None, 1))]
    return tensorflow.data.Dataset.from_generator(lambda: iter(batches), output_signature=tuple(described))


def hugging_face(form=None):
    return library("datasets").Dataset.from_dict({"x": X, "y": Y[:, 0]}).with_format(form)


def rows_of_hugging_face(form):
    return Again([(rows["x"], rows["y"]) for rows in hugging_face(form).iter(8)])


def pairs(rows):
    return tuple(np.stack([row[name] for row in rows]) for name in "xy")


def examples_of_grain():
    return library("grain").MapDataset.source(list(zip(X, Y, strict=True)))


def loader_of_grain():
    grain = library("grain")
    one_pass = grain.samplers.SequentialSampler(len(X), grain.sharding.NoSharding())
    batched = [grain.transforms.Batch(8)]
    return grain.DataLoader(data_source=examples_of_grain(), sampler=one_pass, operations=batched)


SLOW = pytest.mark.slow
# What fit is given: what is there as a whole as x and y, what gives batches alone.
SOURCES = {
    "NumPy": lambda folder: (X, Y),
    "NumPy, of float64": lambda folder: (X.astype(np.float64), Y.astype(np.float64)),
    "JAX": lambda folder: (jnp.asarray(X), jnp.asarray(Y)),
    "dicts of arrays": lambda folder: ({"x": X}, {"y": Y}),
    "tuples of arrays": lambda folder: ((X,), (Y,)),
    "only __array__": lambda folder: (OnlyArray(X), OnlyArray(Y)),
    "only __dlpack__": lambda folder: (OnlyDLPack(X), OnlyDLPack(Y)),
    "a memory map": lambda folder: (mapped(folder), Y),
    "HDF5": in_hdf5,
    "pandas": lambda folder: (library("pandas").DataFrame(COLUMNS), library("pandas").Series(Y[:, 0])),
    "polars": lambda folder: (library("polars").DataFrame(COLUMNS), library("polars").Series(Y[:, 0])),
    "pyarrow": lambda folder: (library("pyarrow").table(COLUMNS), library("pyarrow").array(Y[:, 0])),
    "like PyTorch's tensors": lambda folder: (Tensor(X), Tensor(Y)),
    "like PyTorch's, beside a memory map": lambda folder: (mapped(folder), Tensor(Y)),
    "PyTorch's tensors": lambda folder: tensors(),
    "PyTorch's, of float64": lambda folder: tensors(dtype=library("torch").float64),
    "PyTorch's, in a gradient": lambda folder: tensors(requires_grad=True),
    "PyTorch's, in a gradient, beside a memory map": lambda folder: (mapped(folder), tensors(requires_grad=True)[1]),
    "TensorFlow's tensors": lambda folder: tuple(map(library("tensorflow").constant, (X, Y))),
    "like a data set of Hugging Face's": lambda folder: (LikeHuggingFace({"x": X, "y": Y}),) * 2,
    "Hugging Face": lambda folder: (hugging_face(), hugging_face()),
    "Hugging Face, with NumPy": lambda folder: (hugging_face("numpy"), hugging_face("numpy")),
    "Hugging Face, with PyTorch": lambda folder: (hugging_face("torch"), hugging_face("torch")),
    "Hugging Face, by columns": lambda folder: (hugging_face("torch")["x"], hugging_face()["y"]),
    "an iterable": lambda folder: (Again(),),
    "an iterable of dicts": lambda folder: (Again(NAMED),),
    "an iterable of tuples in tuples": lambda folder: (Again([((x,), (y,)) for x, y in BATCHES]),),
    "an iterable of frames": lambda folder: (
        Again([(library("pandas").DataFrame(COLUMNS).iloc[n : n + 8], Y[n : n + 8]) for n in (0, 8, 16)]),
    ),
    "a generator": lambda folder: ((batch for batch in BATCHES * 2),),
    "an iterator": lambda folder: (iter(BATCHES * 2),),
    "items": lambda folder: (Numbered(),),
    "PyDataset": lambda folder: (Items(workers=0),),
    "PyDataset, by threads": lambda folder: (Items(workers=3),),
    "PyDataset, by processes": lambda folder: (Items(workers=2, use_multiprocessing=True),),
    "plait.data": lambda folder: (data.from_arrays(X, Y, batch_size=8),),
    "grain's map": lambda folder: (examples_of_grain().batch(8),),
    "grain's iterable": lambda folder: (examples_of_grain().batch(8).to_iter_dataset(),),
    "grain's iterator": lambda folder: (iter(examples_of_grain().batch(8).repeat(2)),),
    "grain's loader": lambda folder: (loader_of_grain(),),
    "like tf.data": lambda folder: (LikeTensorFlow(),),
    "like tf.data, of dicts": lambda folder: (LikeTensorFlow(NAMED),),
    "tf.data": lambda folder: (slices(),),
    "tf.data, of dicts": lambda folder: (slices(({"x": X}, {"y": Y})),),
    "tf.data, of unknown length": lambda folder: (from_generator(),),
    "tf.data, ahead": lambda folder: (slices().cache().prefetch(2),),
    "tf.data, without end": lambda folder: (slices().repeat(),),
    "like a loader of PyTorch's": lambda folder: (LikePyTorch(),),
    "like a loader of PyTorch's, of dicts": lambda folder: (LikePyTorch(NAMED),),
    "DataLoader": lambda folder: (loader(),),
    "DataLoader, of dicts": lambda folder: (
        loader([({"x": x}, {"y": y}) for x, y in zip(X, Y, strict=True)]),
    ),
    "DataLoader, by processes": lambda folder: (loader(num_workers=2, multiprocessing_context="spawn"),),
    "DataLoader, over Hugging Face": lambda folder: (loader(hugging_face("torch"), collate_fn=pairs),),
    "Hugging Face, batch by batch with NumPy": lambda folder: (rows_of_hugging_face("numpy"),),
    "Hugging Face, batch by batch with PyTorch": lambda folder: (rows_of_hugging_face("torch"),),
}  # fmt: skip
STEPS = dict.fromkeys(("a generator", "an iterator", "grain's iterator", "tf.data, without end"), 3)
ROWS = [pytest.param(name, marks=[SLOW] if "processes" in name else []) for name in SOURCES]


@functools.cache
def expected():
    return by_arrays()


@pytest.mark.parametrize("name", ROWS)
def test_data_from_anywhere_train_a_model_as_the_arrays_do(name, tmp_path):
    given = SOURCES[name](tmp_path)
    check_same(trained(*given, batch_size=8, steps_per_epoch=STEPS.get(name)), expected())


@pytest.mark.parametrize("name", ROWS)
def test_data_from_anywhere_are_predicted_in_their_order(name, tmp_path):
    model = network()
    predicted = model.predict(SOURCES[name](tmp_path)[0], batch_size=8, steps=STEPS.get(name), verbose=0)
    np.testing.assert_array_equal(predicted, model.predict(X, batch_size=8, verbose=0))


# ------------------------------------------------------------------------------------------ nested


def nested(x, y):
    return {"left": (x[:, :1], x[:, 1:2]), "right": {"rest": x[:, 2:]}}, y


NESTED_BATCHES = [nested(x, y) for x, y in BATCHES]
NESTED_EXAMPLES = [nested(x[None], y[None]) for x, y in zip(X, Y, strict=True)]


def example(of):
    (left, right), y = of[0].values(), of[1]
    return {"left": (left[0][0], left[1][0]), "right": {"rest": right["rest"][0]}}, y[0]


NESTED = {
    "an iterable": lambda: Again(NESTED_BATCHES),
    "like a loader of PyTorch's": lambda: LikePyTorch(NESTED_BATCHES),
    "like tf.data": lambda: LikeTensorFlow(NESTED_BATCHES),
    "plait.data": lambda: data.from_arrays(*nested(X, Y), batch_size=8),
    "grain": lambda: library("grain").MapDataset.source(list(map(example, NESTED_EXAMPLES))).batch(8),
    "DataLoader": lambda: loader(list(map(example, NESTED_EXAMPLES))),
    "tf.data": lambda: slices(nested(X, Y)),
}


def nested_network():
    inputs = {"left": (Input((1,)), Input((1,))), "right": {"rest": Input((2,))}}
    joined = layers.concatenate([*inputs["left"], inputs["right"]["rest"]])
    model = Model(inputs, layers.Dense(1, name="y")(layers.Dense(3, "tanh", name="hidden")(joined)))
    model.compile(optimizers.Adam(0.05), "mse", metrics=["mae"])
    return model


@pytest.mark.parametrize("make", NESTED.values(), ids=NESTED)
def test_nested_structures_from_anywhere_train_as_the_arrays_do(make):
    check_same(trained(make(), model=nested_network()), trained(*nested(X, Y), model=nested_network(), batch_size=8))


# ------------------------------------------------------------------------------------------ what is peculiar to some


REFILLED = {
    "NumPy": np.zeros_like,
    "like PyTorch": lambda like: Tensor(np.zeros_like(like)),
    "PyTorch": lambda like: library("torch").zeros(like.shape),
}


@pytest.mark.parametrize("empty", REFILLED.values(), ids=REFILLED)
def test_a_generator_may_write_each_batch_into_the_same_array(empty):
    def refilling():
        x, y = empty(X[:8]), empty(Y[:8])
        for some in itertools.cycle([(X[:8], Y[:8]), (X[8:16], Y[8:16])]):
            for tensor, array in zip((x, y), some, strict=True):
                np.copyto(tensor if isinstance(tensor, np.ndarray) else tensor.numpy(force=True), array)
            yield x, y

    fresh = trained(itertools.cycle([(X[:8], Y[:8]), (X[8:16], Y[8:16])]), steps_per_epoch=10)
    check_same(trained(refilling(), steps_per_epoch=10), fresh)


# bfloat16 has eight bits: that is what the arrays are rounded to.
HALVES = {
    "like PyTorch": lambda rounded: Half(rounded),
    "PyTorch": lambda rounded: library("torch").tensor(rounded.astype(np.float32)).bfloat16(),
    "TensorFlow": lambda rounded: library("tensorflow").constant(rounded),
    "JAX": jnp.asarray,
}


@pytest.mark.parametrize("tensor", HALVES.values(), ids=HALVES)
def test_tensors_of_bfloat16_are_taken_as_they_are(tensor):
    rounded = X.astype(jnp.bfloat16)
    got = trained(tensor(rounded), Y, batch_size=8)
    check_same(got, trained(rounded.astype(np.float32), Y, batch_size=8))


IMPOSSIBLE = {
    "like PyTorch, nowhere": lambda: Nowhere(X),
    "nowhere": lambda: tensors(device="meta")[0],
    "sparse": lambda: tensors()[0].to_sparse(),
}


@pytest.mark.parametrize("make", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_tensor_that_cannot_become_an_array_is_refused(make):
    model = network()
    before = model.get_weights()
    with pytest.raises(TypeError, match='The input "x" is a tensor of PyTorch\'s that cannot become an array: '):
        model.fit(make(), Y, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


HOLES = {"a": [None, *X[1:, 0].tolist()], "b": X[:, 1].tolist(), "c": X[:, 2].tolist(), "d": X[:, 3].tolist()}


@pytest.mark.parametrize(
    "make", [LikeHuggingFace, lambda columns: library("datasets").Dataset.from_dict(columns)], ids=["like", "genuine"]
)
def test_a_data_set_of_hugging_face_with_missing_values_is_refused(make):
    with pytest.raises(ValueError, match='The column "a" of the dataset has 1 missing value'):
        network().predict(make(HOLES), verbose=0)
