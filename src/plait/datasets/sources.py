"""Where the files of the data sets are: addresses, hashes, and the names in the cache, as in Keras 3.15."""

from __future__ import annotations

import os
import pathlib
from typing import NamedTuple

from plait.core import errors
from plait.files import download

_GOOGLE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"
_TORONTO = "https://www.cs.toronto.edu/~kriz"


class Source(NamedTuple):
    """A file on the network, and where it is kept.

    Args: origin: its URL.
          hash: SHA-256 or MD5 in hexadecimal; None where nobody published one for this address.
          name, folder: what it is called in the cache, and in which folder there.
    """

    origin: str
    hash: str | None
    name: str
    folder: str = "datasets"


_HASHES = {
    "boston_housing.npz": "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5",
    "california_housing.npz": "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f",
    "imdb.npz": "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    "imdb_word_index.json": "bfafd718b763782e994055a2d397834f",
    "mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    "reuters.npz": "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916",
    "reuters_word_index.json": "4d44cc38712099c9e383dc6e5f11a921",
}
_WITHOUT_HASH = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)

# By the name that a file has on the network.
SOURCES = {
    **{name: Source(f"{_GOOGLE}/{name}", hash, name) for name, hash in _HASHES.items()},
    **{name: Source(f"{_GOOGLE}/{name}", None, name, "datasets/fashion-mnist") for name in _WITHOUT_HASH},
    "cifar-10-python.tar.gz": Source(
        f"{_TORONTO}/cifar-10-python.tar.gz",
        "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
        "cifar-10-batches-py-target_archive",
    ),
    "cifar-100-python.tar.gz": Source(
        f"{_TORONTO}/cifar-100-python.tar.gz",
        "85cd44d02ba6437773c5bbd22e183051d648de2e7d6b014e1ef29b855ba677a7",
        "cifar-100-python-target_archive",
    ),
}


def fetched(file: str, path: str | os.PathLike[str] | None = None) -> str:
    """Returns the path of a file of SOURCES in the cache; fetched if it is not there, or another one is.

    Args:   path: what it is called there, in the place of the usual name.
    Errors: ValueError for a path with folders in it, or if the address has another file by now; OSError that says where
            to put the file if it cannot be fetched.
    """
    source = SOURCES[file]
    name = os.fspath(path) if path else source.name
    if name == ".." or pathlib.PurePath(name).name != name:
        raise ValueError(
            errors.explain(
                f"path is a name in the cache, without a folder, got {name!r}.",
                f"The cache is in {download.home()}; the environment variable KERAS_HOME may name another folder.",
            )
        )
    try:
        return download.get_file(name, source.origin, file_hash=source.hash, cache_subdir=source.folder)
    except OSError as error:
        if error.errno is not None:  # not of the network: a full disk, a folder that takes no files
            raise
        place = download.home() / source.folder / name
        raise OSError(
            errors.explain(
                str(error),
                "There is a file of that name in the cache, but it has another hash." if place.is_file() else None,
                f"Fetch it where there is a network, and put it at {place}.",
                "Or take one of the small sets that come with scikit-learn: sklearn.datasets.load_digits().",
            )
        ) from error
