"""The data sets of `keras.datasets`: `load_data` of each fetches its files once, and returns arrays of NumPy's.

`sources.py` says where the files are; `npz.py`, `cifar.py` and `pickles.py` read them; `splits.py` and `words.py` make
of them what was asked for.

May import: everything below. Start reading at `mnist.py`, then `sources.py`.
"""

from typing import TYPE_CHECKING

from plait.core import lazy

if TYPE_CHECKING:
    from plait.datasets import boston_housing as boston_housing
    from plait.datasets import california_housing as california_housing
    from plait.datasets import cifar10 as cifar10
    from plait.datasets import cifar100 as cifar100
    from plait.datasets import fashion_mnist as fashion_mnist
    from plait.datasets import imdb as imdb
    from plait.datasets import mnist as mnist
    from plait.datasets import reuters as reuters
else:
    __getattr__, __all__ = lazy.exports(__name__, __file__)

    def __dir__():
        return list(__all__)
