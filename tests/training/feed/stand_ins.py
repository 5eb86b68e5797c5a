"""What stands in for other libraries where they are not installed: what is asked of their tensors and data sets."""

import numpy as np
import pyarrow as pa

from tests.training.feed.data import BATCHES


class LikeTensorFlow:
    """A tf.data.Dataset of these batches, which does not know how many there are."""

    def __init__(self, batches=BATCHES):
        self.batches = batches

    def cardinality(self):
        return np.int64(-2)

    def as_numpy_iterator(self):
        return iter(self.batches)

    def __iter__(self):
        raise AssertionError("its own iterator gives tensors")


class LikePyTorch:
    """A DataLoader of these batches: it makes lists of the tuples in them."""

    __module__ = "torch.utils.data"

    def __init__(self, batches=BATCHES):
        self.batches = batches

    def __iter__(self):
        return map(lists, self.batches)


def lists(element):
    if isinstance(element, dict):
        return {name: lists(one) for name, one in element.items()}
    return [lists(one) for one in element] if isinstance(element, tuple) else element


class Tensor:
    """A torch.Tensor that takes part in a gradient, so that NumPy cannot have it unasked."""

    __module__ = "torch"
    dtype = "torch.float32"

    def __init__(self, array):
        self.array, self.shape = array, array.shape

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

    def __len__(self):
        return len(self.array)

    def __getitem__(self, rows):
        return Tensor(self.array[rows])

    def detach(self):
        return self

    def clone(self):
        return Tensor(self.array.copy())

    def is_floating_point(self):
        return True

    def float(self):
        return Tensor(self.array.astype(np.float32))

    def numpy(self, force=False):
        assert force
        return self.array


class Half(Tensor):
    """A tensor of bfloat16, which NumPy does not have."""

    dtype = "torch.bfloat16"

    def numpy(self, force=False):
        raise TypeError("Got unsupported ScalarType BFloat16")


class Nowhere(Tensor):
    """A tensor on the device "meta", which has no numbers."""

    def numpy(self, force=False):
        raise NotImplementedError("Cannot copy out of meta tensor; no data!")


class LikeHuggingFace:
    """A datasets.Dataset of these columns."""

    __module__ = "datasets.arrow_dataset"

    def __init__(self, columns, form=None):
        self.columns, self.form, self.column_names = columns, form, list(columns)

    def flatten_indices(self):
        return self

    def select_columns(self, names):
        return LikeHuggingFace({name: self.columns[name] for name in names}, self.form)

    def with_format(self, form):
        return LikeHuggingFace(self.columns, form)

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, rows):
        lists = {name: list(column[rows]) for name, column in self.columns.items()}
        if self.form == "arrow":
            return pa.table(lists)
        return {name: np.array(column) for name, column in lists.items()} if self.form == "numpy" else lists
