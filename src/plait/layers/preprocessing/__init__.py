"""Layers that prepare data: numbers brought to a scale, numbers and text made categories.

What works on numbers is computed in the compiled program, with the rest of the model. What works on text, and hashes,
is computed on the host: on arrays and lists, or as the first layers of a model. May import: what the layers may. Start
reading at `data_layer.py`.
"""

from plait.layers.preprocessing.category_encoding import CategoryEncoding as CategoryEncoding
from plait.layers.preprocessing.discretization import Discretization as Discretization
from plait.layers.preprocessing.hashed_crossing import HashedCrossing as HashedCrossing
from plait.layers.preprocessing.hashing import Hashing as Hashing
from plait.layers.preprocessing.integer_lookup import IntegerLookup as IntegerLookup
from plait.layers.preprocessing.normalization import Normalization as Normalization
from plait.layers.preprocessing.rescaling import Rescaling as Rescaling
from plait.layers.preprocessing.string_lookup import StringLookup as StringLookup
from plait.layers.preprocessing.text_vectorization import TextVectorization as TextVectorization
